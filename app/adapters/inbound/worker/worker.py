"""A worker inside this process."""

import asyncio
import logging
from types import TracebackType
from typing import Self

from app.application.run_job import RunJob

_log = logging.getLogger(__name__)


class Worker:
    """Runs up to `at_once` jobs side by side inside `async with`; leaving stops those that run."""

    def __init__(self, run_job: RunJob, *, at_once: int) -> None:
        self._run_job = run_job
        self._at_once = at_once
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._work()) for _ in range(self._at_once)]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _work(self) -> None:
        while True:
            try:
                await self._run_job.execute()
            except Exception:  # noqa: BLE001 - one broken job must not end the worker
                _log.exception("a job could not be run")
