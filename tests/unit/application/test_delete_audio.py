from collections.abc import AsyncIterator

import pytest

from app.adapters.outbound.jobs.memory import MemoryJobLedger
from app.adapters.outbound.persistence.memory import MemoryClipRepository, MemoryTranscriptRepository
from app.application.delete_audio import DeleteAudio
from app.domain.audio import AudioClip
from app.domain.errors import NotFound
from app.domain.transcript import Transcript
from tests.fakes import FolderAudioStore


async def _sound() -> AsyncIterator[bytes]:
    yield b"RIFF"


class ForgettingLedger(MemoryJobLedger):
    """Notes the clips it was told to forget."""

    def __init__(self, transcripts: MemoryTranscriptRepository) -> None:
        super().__init__(transcripts)
        self.forgotten: list[str] = []

    async def forget_clip(self, clip_id: str) -> None:
        self.forgotten.append(clip_id)


@pytest.fixture
def ledger(transcripts: MemoryTranscriptRepository) -> ForgettingLedger:
    return ForgettingLedger(transcripts)


@pytest.fixture
def delete_audio(
    clips: MemoryClipRepository, audio_store: FolderAudioStore, ledger: ForgettingLedger
) -> DeleteAudio:
    return DeleteAudio(clips=clips, audio_store=audio_store, ledger=ledger)


async def test_a_clip_goes_with_its_transcript_its_jobs_and_its_sound(
    delete_audio: DeleteAudio,
    ledger: ForgettingLedger,
    clips: MemoryClipRepository,
    transcripts: MemoryTranscriptRepository,
    audio_store: FolderAudioStore,
    clip: AudioClip,
    transcript: Transcript,
) -> None:
    await audio_store.put(clip.id, _sound())
    await clips.add(clip)
    await transcripts.save(transcript)
    await delete_audio.execute(clip.id)
    assert audio_store.kept == set()
    with pytest.raises(NotFound):
        await clips.get(clip.id)
    with pytest.raises(NotFound):
        await transcripts.get(clip.id)
    assert ledger.forgotten == [clip.id]


async def test_deleting_an_unknown_clip_is_refused(
    delete_audio: DeleteAudio, ledger: ForgettingLedger
) -> None:
    with pytest.raises(NotFound):
        await delete_audio.execute("nothing")
    assert ledger.forgotten == []
