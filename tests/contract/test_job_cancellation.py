"""What cancelling does in every job ledger."""

import asyncio

import pytest

from app.domain.errors import LeaseLost, NotFound
from app.domain.events import Cancelled, Done, Failed, Progress, Queued, Started
from app.domain.jobs import JobState
from app.domain.ports import JobLedger
from tests.contract.ledgers import LEDGERS, Bench, a_job, is_waiting, logged, opened_ledger
from tests.fixtures.transcripts import a_transcript


@pytest.fixture(params=LEDGERS)
async def bench(request: pytest.FixtureRequest) -> Bench:
    return await opened_ledger(request.param)


@pytest.fixture
def ledger(bench: Bench) -> JobLedger:
    return bench.ledger


async def test_a_queued_job_is_cancelled_at_once_and_never_claimed(ledger: JobLedger) -> None:
    await ledger.submit(a_job("job-1", detached=True))
    await ledger.submit(a_job("job-2", detached=True))
    await ledger.cancel("job-1")
    assert (await ledger.get("job-1")).state is JobState.CANCELLED
    assert await logged(ledger) == [Queued(), Cancelled()]
    assert (await ledger.claim()).id == "job-2"


async def test_the_owner_of_a_cancelled_job_hears_of_it_and_ends_it(ledger: JobLedger) -> None:
    await ledger.submit(a_job())
    await ledger.claim()
    told = asyncio.create_task(ledger.until_cancelled("job-1", 1))
    assert await is_waiting(told)
    await ledger.cancel("job-1")
    await asyncio.wait_for(told, timeout=5)
    assert (await ledger.get("job-1")).state is JobState.RUNNING
    await asyncio.wait_for(ledger.until_cancelled("job-1", 1), timeout=5)
    await ledger.finish("job-1", 1, Cancelled())
    assert (await ledger.get("job-1")).state is JobState.CANCELLED


async def test_a_job_that_is_done_before_it_hears_of_its_cancellation_stays_done(bench: Bench) -> None:
    await bench.ledger.submit(a_job())
    await bench.ledger.claim()
    await bench.ledger.cancel("job-1")
    await bench.ledger.finish("job-1", 1, Done(transcript=a_transcript()))
    assert (await bench.ledger.get("job-1")).state is JobState.DONE
    assert await bench.transcripts.get("clip-1") == a_transcript()


async def test_cancelling_again_or_too_late_changes_nothing(ledger: JobLedger) -> None:
    await ledger.submit(a_job())
    await ledger.claim()
    await ledger.cancel("job-1")
    await ledger.cancel("job-1")
    await ledger.finish("job-1", 1, Failed(error="E", message="m"))
    await ledger.cancel("job-1")
    assert await logged(ledger) == [Queued(), Started(attempt=1), Failed(error="E", message="m")]


async def test_an_attempt_that_lost_its_job_is_told_to_stop(ledger: JobLedger) -> None:
    await ledger.submit(a_job())
    await ledger.claim()
    told = asyncio.create_task(ledger.until_cancelled("job-1", 1))
    assert await is_waiting(told)
    await asyncio.wait_for(ledger.until_cancelled("job-1", 7), timeout=5)
    await ledger.finish("job-1", 1, Failed(error="E", message="m"))
    await asyncio.wait_for(told, timeout=5)


async def test_a_deleted_clip_takes_its_jobs_and_their_logs_along(ledger: JobLedger) -> None:
    for job_id in ("ended", "running", "queued"):
        await ledger.submit(a_job(job_id, detached=True))
    await ledger.submit(a_job("of another clip", clip_id="clip-2"))
    await ledger.claim()
    await ledger.finish("ended", 1, Failed(error="E", message="m"))
    await ledger.claim()
    await ledger.forget_clip("clip-1")
    for job_id in ("ended", "running", "queued"):
        with pytest.raises(NotFound):
            await ledger.get(job_id)
        with pytest.raises(NotFound):
            await logged(ledger, job_id)
    assert (await ledger.claim()).id == "of another clip"


async def test_those_who_work_on_a_deleted_clip_or_read_of_it_are_sent_away(ledger: JobLedger) -> None:
    await ledger.submit(a_job())
    await ledger.claim()
    told = asyncio.create_task(ledger.until_cancelled("job-1", 1))
    reading = asyncio.create_task(logged(ledger))
    assert await is_waiting(told)
    assert await is_waiting(reading)
    await ledger.forget_clip("clip-1")
    await asyncio.wait_for(told, timeout=5)
    assert (await asyncio.wait_for(reading, timeout=5))[-1] == Cancelled()
    with pytest.raises(LeaseLost):
        await ledger.append("job-1", 1, [Progress(done_s=1, total_s=2)])
    with pytest.raises(LeaseLost):
        await ledger.finish("job-1", 1, Cancelled())


async def test_a_clip_without_jobs_can_be_forgotten(ledger: JobLedger) -> None:
    await ledger.forget_clip("clip-1")
    await ledger.submit(a_job())
    assert (await ledger.claim()).id == "job-1"
