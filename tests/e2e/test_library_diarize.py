"""Speakers told apart anew by `open_diarist`, on what it kept."""

from pathlib import Path

import pytest

from app.domain.errors import InvalidOptions, NotFound
from app.infrastructure.settings import Settings
from app.library import open_diarist, open_diarist_async
from tests.e2e.scene import Scene


def test_a_kept_transcript_gets_other_speakers_later(settings: Settings, scene: Scene, talk: Path) -> None:
    with open_diarist(settings, data_dir=scene.cwd / "data") as diarist:
        first = diarist.transcribe(talk)
    assert first.speakers == ("SPEAKER_00", "SPEAKER_01")
    talk.unlink()
    with open_diarist(settings, data_dir=scene.cwd / "data") as diarist:
        assert diarist.diarize(first.clip_id, num_speakers=1).speakers == ("SPEAKER_00",)
        assert diarist.diarize(first.clip_id, threshold=0.5) != first
        assert diarist.diarize(first.clip_id) == first
        with pytest.raises(InvalidOptions, match="min_speakers"):
            diarist.diarize(first.clip_id, min_speakers=3, max_speakers=2)


async def test_nothing_is_kept_for_later_without_a_folder(settings: Settings, talk: Path) -> None:
    async with open_diarist_async(settings) as diarist:
        transcript = await diarist.transcribe(talk)
        with pytest.raises(NotFound):
            await diarist.diarize(transcript.clip_id)
    with pytest.raises(RuntimeError, match="opening"):
        await diarist.diarize(transcript.clip_id)
