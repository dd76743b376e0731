"""Follows a job's event log, and stops attached jobs that nobody follows any more."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress

from app.application.closing import closing
from app.domain.errors import JobCancelled, JobFailed, NotFound
from app.domain.events import Done, Failed, LoggedEvent, Outcome
from app.domain.ports import JobLedger
from app.domain.transcript import Transcript

LINGER_S = 10.0
"""How long an attached job goes on after its last reader left: time enough to reconnect."""


class FollowJob:
    """Counts the readers of each job. One instance serves a whole process."""

    def __init__(self, *, ledger: JobLedger, linger_s: float = LINGER_S) -> None:
        self._ledger = ledger
        self._linger_s = linger_s
        self._readers: Counter[str] = Counter()
        self._leaving: dict[str, asyncio.Task[None]] = {}

    async def execute(self, job_id: str, *, after: int = 0) -> AsyncIterator[LoggedEvent]:
        """The log past `after`, then what comes, up to the outcome. Raises `NotFound`."""
        job = await self._ledger.get(job_id)
        self._readers[job_id] += 1
        if leaving := self._leaving.pop(job_id, None):
            leaving.cancel()
        ended = False
        try:
            async with closing(self._ledger.events(job_id, after)) as events:
                async for logged in events:
                    ended = isinstance(logged.event, Outcome)
                    yield logged
        finally:
            self._readers[job_id] -= 1
            if not self._readers[job_id]:
                del self._readers[job_id]
                if not ended and not job.detached:
                    self._cancel_unless_someone_returns(job_id)

    async def transcript(self, job_id: str) -> Transcript:
        """Wait for the job's transcript. Raises `JobFailed` or `JobCancelled` when there will be none."""
        async with closing(self.execute(job_id)) as events:
            async for logged in events:
                match logged.event:
                    case Done(transcript=transcript):
                        return transcript
                    case Failed(error=error, message=message, cause=cause):
                        raise JobFailed(job_id, error, message, cause)
                    case _:
                        pass
        raise JobCancelled(job_id)

    def _cancel_unless_someone_returns(self, job_id: str) -> None:
        async def leave() -> None:
            await asyncio.sleep(self._linger_s)
            del self._leaving[job_id]
            # A clip that was deleted meanwhile took its jobs along.
            with suppress(NotFound):
                await self._ledger.cancel(job_id)

        self._leaving[job_id] = asyncio.create_task(leave())
