"""Ends everything that is queued or running, so that those who wait for it hear of the end."""

from contextlib import suppress

from app.application.closing import closing
from app.domain.errors import NotFound
from app.domain.ports import JobLedger


class StopJobs:
    """For the moment before the workers leave: afterwards nobody could end a job."""

    def __init__(self, *, ledger: JobLedger) -> None:
        self._ledger = ledger

    async def execute(self) -> None:
        """Cancel all unfinished jobs, and return once each has ended and let go of what it held."""
        jobs = await self._ledger.unfinished()
        for job in jobs:
            with suppress(NotFound):
                await self._ledger.cancel(job.id)
        for job in jobs:
            with suppress(NotFound):
                async with closing(self._ledger.events(job.id)) as events:
                    async for _ in events:
                        pass
