from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.adapters.outbound.persistence.memory import MemoryClipRepository, MemoryTranscriptRepository
from app.domain.audio import AudioClip
from app.domain.transcript import SpeakerSegment, Transcript
from tests.fakes import FolderAudioStore


@pytest.fixture
def clips() -> MemoryClipRepository:
    return MemoryClipRepository()


@pytest.fixture
def transcripts(clips: MemoryClipRepository) -> MemoryTranscriptRepository:
    return MemoryTranscriptRepository(clips)


@pytest.fixture
def audio_store(tmp_path: Path) -> FolderAudioStore:
    folder = tmp_path / "store"
    folder.mkdir()
    return FolderAudioStore(folder)


@pytest.fixture
def clip() -> AudioClip:
    return AudioClip(
        id="clip",
        filename="interview.wav",
        size_bytes=5,
        duration=12.5,
        sha256="ab",
        media_type="audio/wav",
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


@pytest.fixture
def transcript() -> Transcript:
    said = SpeakerSegment(
        id="s1", audio_clip_id="clip", start=0.0, end=1.0, speaker_label="SPEAKER_00", text="Hello.", words=()
    )
    return Transcript(clip_id="clip", language="en", duration=12.5, segments=(said,))
