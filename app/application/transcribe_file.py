"""From a file to its transcript in one go, for callers who keep no clip ids."""

from collections.abc import AsyncIterator
from pathlib import Path

from app.application.closing import closing
from app.application.delete_audio import DeleteAudio
from app.application.follow_job import FollowJob
from app.application.store_audio import StoreAudio
from app.application.submit_job import SubmitJob
from app.domain.errors import JobCancelled, JobFailed
from app.domain.events import Cancelled, Done, Event, Failed
from app.domain.options import TranscriptionOptions


class TranscribeFile:
    """Stores a recording, submits a job for it and follows that to its end."""

    def __init__(
        self,
        *,
        store_audio: StoreAudio,
        submit_job: SubmitJob,
        follow_job: FollowJob,
        delete_audio: DeleteAudio,
    ) -> None:
        self._store_audio = store_audio
        self._submit_job = submit_job
        self._follow_job = follow_job
        self._delete_audio = delete_audio

    async def execute(
        self,
        filename: str,
        content: AsyncIterator[bytes] | Path,
        options: TranscriptionOptions,
        *,
        keep: bool = True,
    ) -> AsyncIterator[Event]:
        """The job's events; the last one, `Done`, carries the transcript.

        `keep` leaves the recording and its transcript in the stores, but only when all went well;
        otherwise nothing is left of either. Closing the iterator stops the work. Raises
        `InvalidAudio`, `InvalidOptions`, what made the job fail (`JobFailed` when only its name is
        known) and `JobCancelled`; whatever `content` raises passes through.
        """
        clip = await self._store_audio.execute(filename, content)
        done = False
        try:
            job = await self._submit_job.execute(clip.id, options)
            async with closing(self._follow_job.execute(job.id)) as events:
                async for logged in events:
                    match logged.event:
                        case Failed() as failed:
                            raise failed.cause or JobFailed(job.id, failed.error, failed.message)
                        case Cancelled():
                            raise JobCancelled(job.id)
                        case Done():
                            done = True
                    yield logged.event
        finally:
            if not (keep and done):
                await self._delete_audio.execute(clip.id)
