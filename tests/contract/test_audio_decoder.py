"""What every decoder must do, on recordings of every kind."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from app.domain.audio import SAMPLE_RATE_HZ
from app.domain.ports import AudioDecoder
from tests.contract.decoders import DECODERS, heard, loudness, pitch_hz
from tests.fixtures import sounds

Write = Callable[[Path], Path]


def same_on_all(channels: int, *, rate: int = SAMPLE_RATE_HZ) -> sounds.Sound:
    return np.repeat(sounds.tone(rate=rate), channels, axis=0)


GOOD: dict[str, tuple[Write, str]] = {
    "8 kHz mono": (lambda p: sounds.write_wav(p, sounds.tone(rate=8_000), rate=8_000), "audio/wav"),
    "16 kHz": (lambda p: sounds.write_wav(p, sounds.tone()), "audio/wav"),
    "48 kHz stereo": (
        lambda p: sounds.write_wav(p, sounds.tone(rate=48_000, channels=2), rate=48_000),
        "audio/wav",
    ),
    "192 kHz, 8 channels": (
        lambda p: sounds.write_wav(p, same_on_all(8, rate=192_000), rate=192_000),
        "audio/wav",
    ),
    "24 channels": (lambda p: sounds.write_wav(p, same_on_all(24)), "audio/wav"),
    "FLAC": (lambda p: sounds.write_flac(p, sounds.tone()), "audio/flac"),
    "MP3": (lambda p: sounds.write_mp3(p, sounds.tone()), "audio/mpeg"),
    "M4A": (lambda p: sounds.write_m4a(p, sounds.tone()), "audio/mp4"),
    "M4A, index last": (lambda p: sounds.write_m4a(p, sounds.tone(), index_first=False), "audio/mp4"),
    "Opus": (lambda p: sounds.write_opus(p, sounds.tone(rate=48_000)), "audio/ogg"),
    "AAC": (
        lambda p: sounds.encode(p, sounds.tone(), rate=16_000, codec="aac", format="adts"),
        "audio/aac",
    ),
    "AIFF": (
        lambda p: sounds.encode(p, sounds.tone(), rate=16_000, codec="pcm_s16be", format="aiff"),
        "audio/aiff",
    ),
    "AMR": (
        lambda p: sounds.encode(
            p, sounds.tone(rate=8_000), rate=8_000, codec="libopencore_amrnb", format="amr"
        ),
        "audio/amr",
    ),
    "WebM sound": (
        lambda p: sounds.encode(p, sounds.tone(rate=48_000), rate=48_000, codec="libopus", format="webm"),
        "audio/webm",
    ),
    "WebM from a browser, without a length": (
        lambda p: sounds.encode(
            p, sounds.tone(rate=48_000), rate=48_000, codec="libopus", format="webm", options={"live": "1"}
        ),
        "audio/webm",
    ),
    "WebM video": (lambda p: sounds.write_video(p, sound=sounds.tone(rate=48_000)), "video/webm"),
    "MP4 video": (
        lambda p: sounds.write_video(p, sound=sounds.tone(rate=48_000), format="mp4", codec="aac"),
        "video/mp4",
    ),
    "MKV video": (
        lambda p: sounds.write_video(p, sound=sounds.tone(rate=48_000), format="matroska", codec="flac"),
        "video/x-matroska",
    ),
}


@pytest.fixture(params=DECODERS)
def decoder(request: pytest.FixtureRequest) -> AudioDecoder:
    return DECODERS[request.param]()


@pytest.mark.parametrize("kind", GOOD)
async def test_any_kind_of_recording_is_heard(decoder: AudioDecoder, tmp_path: Path, kind: str) -> None:
    write, media_type = GOOD[kind]
    path = write(tmp_path / "upload")
    probe = await decoder.probe(path)
    assert probe.media_type == media_type
    assert probe.duration == pytest.approx(2.0, abs=0.15)
    sound = await heard(decoder, path)
    assert sound.shape[0] == 1
    assert sound.shape[1] / SAMPLE_RATE_HZ == pytest.approx(probe.duration, abs=0.1)
    assert pitch_hz(sound[0, 4_000:-4_000]) == pytest.approx(440, abs=2)


async def test_silence_is_a_recording_too(decoder: AudioDecoder, tmp_path: Path) -> None:
    path = sounds.write_wav(tmp_path / "silence", sounds.silence(7.0))
    assert (await decoder.probe(path)).duration == 7.0
    sound = await heard(decoder, path)
    assert sound.shape == (1, 7 * SAMPLE_RATE_HZ)
    assert not sound.any()


async def test_a_long_recording_is_as_long_as_its_header_says_and_not_read_to_its_end(
    decoder: AudioDecoder, tmp_path: Path
) -> None:
    path = sounds.write_wav(tmp_path / "long", sounds.silence(1_200.0, rate=8_000), rate=8_000)
    sounds.cut_off(path, keep=0.8)
    assert (await decoder.probe(path)).duration == 1_200.0


async def test_what_a_file_says_of_its_channels_and_rate_is_probed(
    decoder: AudioDecoder, tmp_path: Path
) -> None:
    path = sounds.write_wav(tmp_path / "upload", sounds.tone(rate=48_000, channels=6), rate=48_000)
    probe = await decoder.probe(path)
    assert (probe.channels, probe.sample_rate_hz) == (6, 48_000)


@pytest.mark.parametrize("channels", [2, 6, 8])
async def test_everybody_is_mixed_equally_loud(decoder: AudioDecoder, tmp_path: Path, channels: int) -> None:
    for speaker in range(channels):
        sound = sounds.silence(2.0, channels=channels)
        sound[speaker] = sounds.tone(2.0, level=0.8)[0]
        mixed = await heard(decoder, sounds.write_wav(tmp_path / "upload", sound))
        assert np.abs(mixed).max() == pytest.approx(0.8 / channels, rel=0.02)


async def test_a_loud_mix_does_not_clip(decoder: AudioDecoder, tmp_path: Path) -> None:
    sound = np.repeat(sounds.tone(2.0, level=0.99), 8, axis=0)
    mixed = await heard(decoder, sounds.write_wav(tmp_path / "upload", sound))
    assert np.abs(mixed[0] - sound[0]).max() < 0.001


async def test_split_keeps_the_channels_apart(decoder: AudioDecoder, tmp_path: Path) -> None:
    sound = sounds.tone(12.0, rate=48_000, channels=2)
    sound[1, : 6 * 48_000] = 0.0
    path = sounds.write_wav(tmp_path / "upload", sound, rate=48_000)
    left, right = await heard(decoder, path, "split")
    assert len(left) == len(right) == 12 * SAMPLE_RATE_HZ
    assert pitch_hz(left) == pytest.approx(440, abs=1)
    assert pitch_hz(right) == pytest.approx(880, abs=1)
    assert loudness(right[: 5 * SAMPLE_RATE_HZ]) < 1e-4


async def test_high_sounds_do_not_come_back_as_low_ones(decoder: AudioDecoder, tmp_path: Path) -> None:
    path = sounds.write_wav(tmp_path / "upload", sounds.tone(rate=48_000, hz=11_000), rate=48_000)
    assert loudness((await heard(decoder, path))[0, 1_000:-1_000]) < 1e-3


async def test_sound_that_starts_after_its_video_starts_late(decoder: AudioDecoder, tmp_path: Path) -> None:
    for container, codec in (("webm", "libopus"), ("mp4", "aac")):
        path = sounds.write_video(
            tmp_path / container,
            sound=sounds.tone(2.0, rate=48_000),
            sound_starts_at=1.0,
            duration=3.0,
            format=container,
            codec=codec,
        )
        sound = await heard(decoder, path)
        assert sound.shape[1] / SAMPLE_RATE_HZ == pytest.approx(3.0, abs=0.1)
        assert loudness(sound[0, :15_000]) < 1e-3
        assert loudness(sound[0, 17_000:]) > 0.3


async def test_a_recording_may_change_its_rate_and_channels_on_the_way(
    decoder: AudioDecoder, tmp_path: Path
) -> None:
    first = sounds.write_mp3(tmp_path / "1", sounds.tone(4.0, rate=48_000, channels=2), rate=48_000)
    second = sounds.write_mp3(tmp_path / "2", sounds.tone(4.0, hz=880.0), rate=16_000)
    joined = tmp_path / "upload"
    joined.write_bytes(first.read_bytes() + second.read_bytes())
    left, right = await heard(decoder, joined, "split")
    assert len(left) / SAMPLE_RATE_HZ == pytest.approx(8.0, abs=0.2)
    assert pitch_hz(left[:60_000]) == pytest.approx(440, abs=2)
    assert pitch_hz(left[-60_000:-4_000]) == pytest.approx(880, abs=2)
    assert not right[-50_000:].any()


async def test_a_file_name_is_only_a_name(decoder: AudioDecoder, tmp_path: Path) -> None:
    for name in ("concat:a|b.wav", "http:é %03d \n.wav", "-i", "data:,x"):
        path = sounds.write_wav(tmp_path / name, sounds.tone(1.0))
        assert (await decoder.probe(path)).duration == 1.0


async def test_of_several_sound_tracks_the_first_is_heard(decoder: AudioDecoder, tmp_path: Path) -> None:
    path = sounds.write_two_tracks(tmp_path / "upload", sounds.tone(), sounds.tone(hz=880.0))
    assert pitch_hz((await heard(decoder, path))[0]) == pytest.approx(440, abs=2)
