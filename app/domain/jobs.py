"""A job: one run of a transcription, and the states it may be in."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from app.domain.errors import IllegalTransition
from app.domain.options import TranscriptionOptions


class JobState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        return self in (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


_LEGAL = {
    JobState.QUEUED: {JobState.RUNNING, JobState.CANCELLED},
    JobState.RUNNING: {JobState.QUEUED, JobState.DONE, JobState.FAILED, JobState.CANCELLED},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """`attempt` counts starts from 1; 0 means never started. A detached job outlives its readers."""

    id: str
    clip_id: str
    options: TranscriptionOptions
    created_at: datetime
    state: JobState = JobState.QUEUED
    attempt: int = 0
    detached: bool = False

    def started(self) -> "Job":
        return replace(self.to(JobState.RUNNING), attempt=self.attempt + 1)

    def to(self, state: JobState) -> "Job":
        """This job in another state. Raises `IllegalTransition` when there is no such way."""
        if state not in _LEGAL.get(self.state, set()):
            raise IllegalTransition(self.id, self.state, state)
        return replace(self, state=state)
