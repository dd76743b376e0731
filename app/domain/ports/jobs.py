"""The conversation with whatever keeps jobs and their event logs."""

from abc import abstractmethod
from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from app.domain.events import Event, LoggedEvent, Outcome
from app.domain.jobs import Job


class JobLedger(Protocol):
    """Keeps jobs and their logs, hands jobs to workers, and lets readers follow.

    Each write is one fenced transaction: an attempt that no longer owns its job gets `LeaseLost`.
    """

    @abstractmethod
    async def submit(self, job: Job) -> Job:
        """Queue a job and log `Queued`.

        A job that is not detached joins one that is queued or running for the same clip with equal
        options: then that one is returned, and nothing is queued.
        """

    @abstractmethod
    async def get(self, job_id: str) -> Job:
        """Raises `NotFound`."""

    @abstractmethod
    async def unfinished(self) -> list[Job]:
        """All jobs that are queued or running, oldest first."""

    @abstractmethod
    async def claim(self) -> Job:
        """Wait for a queued job, oldest first; start its next attempt and log `Started`."""

    @abstractmethod
    async def append(self, job_id: str, attempt: int, events: Sequence[Event]) -> None:
        """Log events in order. Raises `LeaseLost`."""

    @abstractmethod
    async def finish(self, job_id: str, attempt: int, outcome: Outcome) -> None:
        """Log the last event, end the job, and keep the transcript of a `Done`, all or nothing.

        Raises `LeaseLost`.
        """

    @abstractmethod
    def events(self, job_id: str, after: int = 0) -> AsyncIterator[LoggedEvent]:
        """Replay the log past `after`, then follow it until the outcome. Raises `NotFound`."""

    @abstractmethod
    async def cancel(self, job_id: str) -> None:
        """End a queued job at once; ask the owner of a running one to stop. Raises `NotFound`."""

    @abstractmethod
    async def until_cancelled(self, job_id: str, attempt: int) -> None:
        """Return once the attempt should stop: it was cancelled, or no longer owns the job."""

    @abstractmethod
    async def forget_clip(self, clip_id: str) -> None:
        """Cancel the clip's jobs and drop their logs: a deleted clip leaves no words behind."""
