from datetime import UTC, datetime

import pytest

from app.domain.errors import IllegalTransition
from app.domain.jobs import Job, JobState
from app.domain.options import TranscriptionOptions

JOB = Job(id="j", clip_id="c", options=TranscriptionOptions(), created_at=datetime(2026, 1, 1, tzinfo=UTC))


def test_a_job_counts_its_attempts() -> None:
    again = JOB.started().to(JobState.QUEUED).started()
    assert (again.state, again.attempt) == (JobState.RUNNING, 2)


@pytest.mark.parametrize("end", [JobState.DONE, JobState.FAILED, JobState.CANCELLED])
def test_nothing_follows_an_end(end: JobState) -> None:
    ended = JOB.started().to(end)
    assert ended.state.is_final
    for state in JobState:
        with pytest.raises(IllegalTransition):
            ended.to(state)


def test_a_job_that_never_ran_cannot_be_done() -> None:
    with pytest.raises(IllegalTransition, match="from queued to done"):
        JOB.to(JobState.DONE)
