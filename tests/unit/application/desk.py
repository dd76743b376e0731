"""A desk where jobs are submitted, run and followed, around one clip and a played run."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from app.adapters.outbound.clock import SystemClock
from app.adapters.outbound.jobs.memory import MemoryJobLedger
from app.adapters.outbound.persistence.memory import MemoryClipRepository, MemoryTranscriptRepository
from app.application.follow_job import FollowJob
from app.application.run_job import RunJob
from app.application.submit_job import SubmitJob
from app.domain.audio import AudioClip
from app.domain.events import Event, Progress
from app.domain.options import TranscriptionOptions
from app.domain.transcript import SpeakerSegment, Transcript, Word
from tests.unit.application.stage import OracleTranscriber

OPTIONS = TranscriptionOptions()
HELLO = Word(word="hello", start=0.0, end=1.0)
SEGMENT = SpeakerSegment(
    id="s", audio_clip_id="clip", start=0.0, end=1.0, speaker_label=None, text="hello", words=(HELLO,)
)
TRANSCRIPT = Transcript(clip_id="clip", language="en", duration=2.0, segments=(SEGMENT,))


class PlayedRun:
    """Stands in for TranscribeAudio: plays events, or breaks, once its gate is open."""

    def __init__(self, *events: Event, failure: Exception | None = None) -> None:
        self.events = events
        self.failure = failure
        self.gate = asyncio.Event()
        self.gate.set()
        self.started = 0
        self.ended = 0

    async def execute(self, clip_id: str, options: TranscriptionOptions) -> AsyncIterator[Event]:
        self.started += 1
        try:
            yield Progress(done_s=0.0, total_s=2.0)
            await self.gate.wait()
            for event in self.events:
                yield event
            if self.failure is not None:
                raise self.failure
        finally:
            self.ended += 1


class Desk:
    """The use cases around one clip, and a worker that runs whatever is submitted."""

    def __init__(self, played: PlayedRun, *, linger_s: float = 10.0) -> None:
        self.clips = MemoryClipRepository()
        self.transcripts = MemoryTranscriptRepository(self.clips)
        self.ledger = MemoryJobLedger(self.transcripts)
        self.submit = SubmitJob(
            clips=self.clips, ledger=self.ledger, transcription=OracleTranscriber([]), clock=SystemClock()
        )
        self.follow = FollowJob(ledger=self.ledger, linger_s=linger_s)
        self.run_job = RunJob(ledger=self.ledger, transcribe_audio=played)  # type: ignore[arg-type]

    async def __aenter__(self) -> "Desk":
        await self.clips.add(
            AudioClip(
                id="clip",
                filename="a.wav",
                size_bytes=1,
                duration=2.0,
                sha256="0",
                media_type="audio/wav",
                created_at=datetime(2026, 1, 1, tzinfo=UTC),
            )
        )
        self._worker = asyncio.create_task(self._work())
        return self

    async def _work(self) -> None:
        while True:
            await self.run_job.execute()

    async def __aexit__(self, *_: object) -> None:
        self._worker.cancel()
        await asyncio.gather(self._worker, return_exceptions=True)
