"""Queues a transcription, or joins one that is running."""

from app.domain.jobs import Job
from app.domain.options import TranscriptionOptions
from app.domain.ports import ClipRepository, Clock, JobLedger, TranscriptionPort


class SubmitJob:
    """Refuses at once what could never run, so that nobody waits in a queue for a refusal."""

    def __init__(
        self, *, clips: ClipRepository, ledger: JobLedger, transcription: TranscriptionPort, clock: Clock
    ) -> None:
        self._clips = clips
        self._ledger = ledger
        self._transcription = transcription
        self._clock = clock

    async def execute(self, clip_id: str, options: TranscriptionOptions, *, detached: bool = False) -> Job:
        """The job to follow. An attached one joins an equal one that is queued or running.

        Raises `NotFound` without the clip, `InvalidOptions` for what the engine does not honour.
        """
        await self._clips.get(clip_id)
        options.require_supported_by(self._transcription.describe())
        job = Job(
            id=self._clock.new_id(),
            clip_id=clip_id,
            options=options,
            created_at=self._clock.now(),
            detached=detached,
        )
        return await self._ledger.submit(job)
