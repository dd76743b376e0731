"""Queues a transcription, or joins one that is running."""

from app.domain.errors import EngineBusy
from app.domain.jobs import Job, JobState
from app.domain.options import TranscriptionOptions
from app.domain.ports import ClipRepository, Clock, JobLedger, TranscriptionPort

RETRY_AFTER_S = 30.0
"""What somebody is told who finds the queue full: about as long as a recording of some minutes takes."""


class SubmitJob:
    """Refuses at once what could never run, so that nobody waits in a queue for a refusal.

    `max_queued` jobs may wait for those that somebody waits for to be taken too; None sets no limit.
    """

    def __init__(
        self,
        *,
        clips: ClipRepository,
        ledger: JobLedger,
        transcription: TranscriptionPort,
        clock: Clock,
        max_queued: int | None = None,
    ) -> None:
        self._clips = clips
        self._ledger = ledger
        self._transcription = transcription
        self._clock = clock
        self._max_queued = max_queued

    async def execute(self, clip_id: str, options: TranscriptionOptions, *, detached: bool = False) -> Job:
        """The job to follow. An attached one joins an equal one that is queued or running.

        Raises `NotFound` without the clip, `InvalidOptions` for what the engine does not honour, and
        `EngineBusy` for an attached job that would be the next of too many.
        """
        await self._clips.get(clip_id)
        engine = self._transcription.describe()
        options.require_supported_by(engine)
        if not detached and await self._is_full(clip_id, options):
            raise EngineBusy(engine.name, RETRY_AFTER_S)
        job = Job(
            id=self._clock.new_id(),
            clip_id=clip_id,
            options=options,
            created_at=self._clock.now(),
            detached=detached,
        )
        return await self._ledger.submit(job)

    async def _is_full(self, clip_id: str, options: TranscriptionOptions) -> bool:
        """Whether there is no room in the queue, and no job to join either."""
        if self._max_queued is None:
            return False
        jobs = await self._ledger.unfinished()
        if any(job.clip_id == clip_id and job.options == options for job in jobs):
            return False
        return sum(job.state is JobState.QUEUED for job in jobs) >= self._max_queued
