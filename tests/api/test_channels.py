"""Stereo recordings whose channels are to be speakers, sent over a real connection."""

from pathlib import Path

import numpy as np
import pytest

from tests.api.service import Service, lines_of
from tests.fixtures import sounds

SCRIPT = ["good", "morning.", "hello", "there."]


def two_tones(duration: float = 2.0, *, rate: int = 16_000) -> sounds.Sound:
    return sounds.tone(duration, rate=rate, channels=2)


def one_tone(duration: float = 2.0, *, rate: int = 16_000, gain: float = 0.5) -> sounds.Sound:
    """The same on both channels, the right one quieter, a sample late, and with a little noise."""
    left = sounds.tone(duration, rate=rate)[0]
    noise = 0.002 * np.random.default_rng(2).standard_normal(len(left))
    return np.stack([left, gain * np.roll(left, 1) + noise])


WRITERS = [
    ("wav", lambda path, sound: sounds.write_wav(path, sound)),
    ("flac", lambda path, sound: sounds.write_flac(path, sound)),
    ("mp3", lambda path, sound: sounds.write_mp3(path, sound)),
]


async def split(service: Service, path: Path) -> dict:  # type: ignore[type-arg]  # JSON
    clip_id = await service.store(path)
    response = await service.client.post(f"/api/transcribe/{clip_id}?channels=split")
    assert response.status_code == 200, response.text
    answer: dict = response.json()  # type: ignore[type-arg]
    return answer


@pytest.mark.parametrize(("kind", "write"), WRITERS)
async def test_each_channel_is_a_speaker(service: Service, tmp_path: Path, kind: str, write) -> None:  # type: ignore[no-untyped-def]
    transcript = await split(service, write(tmp_path / f"call.{kind}", two_tones()))
    assert transcript["warnings"] == []
    assert transcript["speakers"] == ["SPEAKER_00", "SPEAKER_01"]
    for label in transcript["speakers"]:
        own = [s for s in transcript["segments"] if s["speaker_label"] == label]
        words = [word for segment in own for word in segment["words"]]
        assert [word["word"] for word in words] == SCRIPT
        assert {word["speaker_confidence"] for word in words} == {1.0}
        assert {word["runner_up"] for word in words} == {None}
        assert {word["overlap"] for word in words} == {True}


@pytest.mark.parametrize(("kind", "write"), WRITERS)
async def test_two_channels_of_one_sound_are_told_apart_by_voice(
    service: Service,
    tmp_path: Path,
    kind: str,
    write,  # type: ignore[no-untyped-def]
) -> None:
    transcript = await split(service, write(tmp_path / f"copy.{kind}", one_tone()))
    assert [warning["code"] for warning in transcript["warnings"]] == ["dual_mono"]
    assert [(s["speaker_label"], s["text"]) for s in transcript["segments"]] == [
        ("SPEAKER_00", "good morning."),
        ("SPEAKER_01", "hello there."),
    ]
    assert service.engine.calls == 1


async def test_a_channel_that_is_silent_is_nobody(service: Service, tmp_path: Path) -> None:
    sound = np.concatenate([sounds.silence(), sounds.tone()])
    transcript = await split(service, sounds.write_wav(tmp_path / "half.wav", sound))
    assert transcript["speakers"] == ["SPEAKER_01"]
    assert transcript["warnings"] == []


async def test_words_in_a_stream_say_how_sure_their_speaker_is(service: Service, clip_id: str) -> None:
    live = lines_of((await service.client.get(f"/api/transcribe/{clip_id}/stream")).text)
    stored = lines_of((await service.client.get(f"/api/transcription/{clip_id}/stream")).text)
    for events in (live, stored):
        words = [word for event in events if event["type"] == "segment" for word in event["words"]]
        assert [word["word"] for word in words] == SCRIPT
        assert all(0.5 < word["speaker_confidence"] <= 1 for word in words)
        assert {word["speaker_label"] for word in words} == {"SPEAKER_00", "SPEAKER_01"}
        for word in words:
            assert word["runner_up"] in {None, "SPEAKER_00", "SPEAKER_01"} - {word["speaker_label"]}
