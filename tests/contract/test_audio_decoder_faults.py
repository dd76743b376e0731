"""What every decoder must do with recordings that are broken, or are none."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from app.domain.audio import SAMPLE_RATE_HZ
from app.domain.errors import AudioTruncated, InvalidAudio
from app.domain.ports import AudioDecoder
from tests.contract.decoders import DECODERS, heard, pitch_hz
from tests.fixtures import matroska, sounds

Write = Callable[[Path], Path]


BAD: dict[str, tuple[Write, str]] = {
    "empty": (sounds.write_nothing, "empty"),
    "text": (sounds.write_text, "no recording"),
    "noise": (sounds.write_noise_bytes, "no recording"),
    "header only": (lambda p: sounds.write_wav(p, sounds.silence(0.0)), "no sound"),
    "silent film": (lambda p: sounds.write_video(p, sound=None), "no sound track"),
    "MP4 without its index": (
        lambda p: sounds.cut_off(sounds.write_m4a(p, sounds.tone(), index_first=False), keep=0.9),
        "cut off",
    ),
    "playlist": (lambda p: sounds.write_hls_playlist(p, "http://127.0.0.1:9/1.ts"), "no recording"),
    "unknown codec": (sounds.write_unknown_codec, "cannot be decoded"),
    "missing": (lambda p: p, "cannot be read"),
}

TRUNCATED: dict[str, Write] = {
    "WAV": lambda p: sounds.write_wav(p, sounds.tone(10.0)),
    "FLAC": lambda p: sounds.write_flac(p, sounds.tone(10.0)),
    "MP3": lambda p: sounds.write_mp3(p, sounds.tone(10.0)),
    "M4A": lambda p: sounds.write_m4a(p, sounds.tone(10.0)),
    "WebM": lambda p: sounds.write_video(p, sound=sounds.tone(10.0, rate=48_000), duration=10.0),
}


@pytest.fixture(params=DECODERS)
def decoder(request: pytest.FixtureRequest) -> AudioDecoder:
    return DECODERS[request.param]()


@pytest.mark.parametrize("kind", BAD)
async def test_what_holds_no_sound_is_refused_with_a_reason(
    decoder: AudioDecoder, tmp_path: Path, kind: str
) -> None:
    write, reason = BAD[kind]
    path = write(tmp_path / "upload.wav")
    with pytest.raises(InvalidAudio, match=reason):
        await decoder.probe(path)
    with pytest.raises(InvalidAudio, match=reason):
        await heard(decoder, path)


async def test_numbers_that_are_no_sound_become_some(decoder: AudioDecoder, tmp_path: Path) -> None:
    wild = np.array([np.nan, np.inf, -np.inf, 1e30, -7.0] * 3_200 + [0.25] * 16_000, np.float32)
    sound = await heard(decoder, sounds.write_float_wav(tmp_path / "upload", wild))
    assert np.isfinite(sound).all()
    assert np.abs(sound).max() <= 1.0
    assert sound[0, 20_000:].tolist() == [0.25] * (sound.shape[1] - 20_000)


@pytest.mark.parametrize("kind", TRUNCATED)
async def test_a_recording_that_was_cut_off_gives_what_is_left_and_says_so(
    decoder: AudioDecoder, tmp_path: Path, kind: str
) -> None:
    path = sounds.cut_off(TRUNCATED[kind](tmp_path / "upload"), keep=0.5)
    assert 4 < (await decoder.probe(path)).duration < 6
    with pytest.raises(AudioTruncated) as truncated:
        await heard(decoder, path)
    assert 4 < truncated.value.decoded_s < 6
    assert float(truncated.value.__notes__[0]) == pytest.approx(truncated.value.decoded_s, abs=0.05)
    assert truncated.value.expected_s == pytest.approx(10.0, abs=0.2)


@pytest.mark.parametrize("kind", TRUNCATED)
async def test_a_whole_recording_is_not_called_truncated(
    decoder: AudioDecoder, tmp_path: Path, kind: str
) -> None:
    sound = await heard(decoder, TRUNCATED[kind](tmp_path / "upload"))
    assert sound.shape[1] / SAMPLE_RATE_HZ == pytest.approx(10.0, abs=0.1)


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 0x7FFFFFFF])
async def test_a_wav_from_a_pipe_does_not_know_its_size_and_is_whole(
    decoder: AudioDecoder, tmp_path: Path, size: int
) -> None:
    path = sounds.write_wav(tmp_path / "upload", sounds.tone(3.0))
    content = path.read_bytes()
    path.write_bytes(content[:40] + size.to_bytes(4, "little") + content[44:])
    assert (await heard(decoder, path)).shape == (1, 3 * SAMPLE_RATE_HZ)


@pytest.mark.parametrize("write", [sounds.write_flac, sounds.write_m4a], ids=["FLAC", "M4A"])
async def test_damage_in_the_middle_becomes_silence_and_later_times_stay_right(
    decoder: AudioDecoder, tmp_path: Path, write: Callable[[Path, sounds.Sound], Path]
) -> None:
    sound = np.concatenate([sounds.tone(30.0), sounds.tone(30.0, hz=880.0)], axis=1)
    path = sounds.damage(write(tmp_path / "upload", sound), start=0.2, end=0.3)
    blocks = []
    with pytest.raises(AudioTruncated, match="damaged"):
        async for (block,) in decoder.blocks(path):
            blocks.append(block.samples)
    decoded = np.concatenate(blocks)
    assert len(decoded) / SAMPLE_RATE_HZ == pytest.approx(60.0, abs=0.1)
    before, after = decoded[29 * SAMPLE_RATE_HZ :][:15_500], decoded[30 * SAMPLE_RATE_HZ + 500 :][:15_500]
    assert pitch_hz(before) == pytest.approx(440, abs=2)
    assert pitch_hz(after) == pytest.approx(880, abs=2)


async def test_time_stamps_that_go_backwards_do_not_make_a_recording_shorter_than_nothing(
    decoder: AudioDecoder, tmp_path: Path
) -> None:
    starts_ms = [20_000 - 500 * number for number in range(40)]
    path = matroska.write_blocks(tmp_path / "upload", starts_ms)
    assert (await decoder.probe(path)).duration >= 0.02
    assert (await heard(decoder, path)).shape[1] == pytest.approx(40 * 0.02 * SAMPLE_RATE_HZ, rel=0.05)


@pytest.mark.parametrize("tag", ["9" * 400 + ":00:00", "0:0:nan", "0:0:inf", "0:0:1e999", "-5:0:0"])
async def test_a_length_that_cannot_be_is_not_believed(
    decoder: AudioDecoder, tmp_path: Path, tag: str
) -> None:
    path = matroska.write_blocks(tmp_path / "upload", range(0, 2_000, 20), duration_tag=tag)
    assert (await decoder.probe(path)).duration == pytest.approx(2.0)
    assert (await heard(decoder, path)).shape == (1, 2 * SAMPLE_RATE_HZ)


@pytest.mark.parametrize(
    ("channels", "rate_hz", "reason"),
    [
        (100, 16_000, "100 channels"),
        (65, 16_000, "65 channels"),
        (1, 3, "3 samples a second"),
        (1, 999, "999 samples a second"),
        (1, 768_001, "768001 samples a second"),
        (1, 2_147_483_647, "2147483647 samples a second"),
    ],
)
async def test_what_nobody_could_have_recorded_is_refused_from_the_start(
    decoder: AudioDecoder, tmp_path: Path, channels: int, rate_hz: int, reason: str
) -> None:
    path = sounds.write_wav(tmp_path / "upload", np.full((channels, 4_000), 0.5), rate=16_000)
    content = bytearray(path.read_bytes())
    bytes_per_s = min(rate_hz * channels * 2, 0xFFFF_FFFF)
    content[24:32] = rate_hz.to_bytes(4, "little") + bytes_per_s.to_bytes(4, "little")
    path.write_bytes(content)
    with pytest.raises(InvalidAudio, match=reason):
        await decoder.probe(path)
    with pytest.raises(InvalidAudio, match=reason):
        await heard(decoder, path)


@pytest.mark.parametrize(("channels", "rate_hz"), [(64, 16_000), (1, 1_000), (1, 768_000)])
async def test_what_is_just_possible_is_heard(
    decoder: AudioDecoder, tmp_path: Path, channels: int, rate_hz: int
) -> None:
    sound = np.full((channels, 2 * rate_hz), 0.5)
    path = sounds.write_wav(tmp_path / "upload", sound, rate=rate_hz)
    assert (await decoder.probe(path)).duration == 2.0
    assert (await heard(decoder, path)).shape == (1, 2 * SAMPLE_RATE_HZ)


async def test_sound_too_short_to_hear_is_no_sound(decoder: AudioDecoder, tmp_path: Path) -> None:
    path = sounds.write_wav(tmp_path / "upload", np.full((1, 1), 0.5), rate=8_000)
    with pytest.raises(InvalidAudio, match="no sound"):
        await heard(decoder, path)
