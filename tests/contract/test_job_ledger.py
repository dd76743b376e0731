"""What every job ledger does: queueing, claiming, fencing. Logs and cancelling have suites of their own."""

import asyncio
from dataclasses import replace

import pytest

from app.domain.errors import Conflict, LeaseLost, NotFound
from app.domain.events import Cancelled, Done, Failed, Progress, Queued, Started
from app.domain.jobs import JobState
from app.domain.options import TranscriptionOptions
from app.domain.ports import JobLedger
from tests.contract.ledgers import LEDGERS, Bench, a_job, is_waiting, logged, opened_ledger
from tests.fixtures.transcripts import a_transcript


@pytest.fixture(params=LEDGERS)
async def bench(request: pytest.FixtureRequest) -> Bench:
    return await opened_ledger(request.param)


@pytest.fixture
def ledger(bench: Bench) -> JobLedger:
    return bench.ledger


async def test_a_submitted_job_is_queued_and_can_be_read(ledger: JobLedger) -> None:
    assert await ledger.submit(a_job()) == a_job()
    assert await ledger.get("job-1") == a_job()


async def test_jobs_are_claimed_oldest_first_and_start_their_first_attempt(ledger: JobLedger) -> None:
    for job_id in ("job-1", "job-2", "job-3"):
        await ledger.submit(a_job(job_id, detached=True))
    claimed = [await ledger.claim() for _ in range(3)]
    assert [job.id for job in claimed] == ["job-1", "job-2", "job-3"]
    assert {(job.state, job.attempt) for job in claimed} == {(JobState.RUNNING, 1)}
    assert await ledger.get("job-1") == claimed[0]


async def test_workers_wait_for_jobs_and_each_job_goes_to_one(ledger: JobLedger) -> None:
    workers = [asyncio.create_task(ledger.claim()) for _ in range(3)]
    assert await is_waiting(workers[0])
    await ledger.submit(a_job("job-1", detached=True))
    await ledger.submit(a_job("job-2", detached=True))
    done, waiting = await asyncio.wait(workers, timeout=0.1)
    assert {worker.result().id for worker in done} == {"job-1", "job-2"}
    (idle,) = waiting
    idle.cancel()


async def test_a_worker_that_gives_up_waiting_takes_no_job_along(ledger: JobLedger) -> None:
    gone, stays = asyncio.create_task(ledger.claim()), asyncio.create_task(ledger.claim())
    assert await is_waiting(gone)
    gone.cancel()
    await ledger.submit(a_job())
    assert (await asyncio.wait_for(stays, timeout=5)).id == "job-1"


async def test_equal_requests_share_one_job_while_it_is_queued_or_running(ledger: JobLedger) -> None:
    await ledger.submit(a_job("job-1"))
    assert (await ledger.submit(a_job("job-2"))).id == "job-1"
    running = await ledger.claim()
    assert await ledger.submit(a_job("job-3")) == running
    assert await is_waiting(asyncio.create_task(ledger.claim()))
    for absent in ("job-2", "job-3"):
        with pytest.raises(NotFound):
            await ledger.get(absent)


async def test_a_request_joins_a_detached_job_too(ledger: JobLedger) -> None:
    await ledger.submit(a_job("job-1", detached=True))
    assert (await ledger.submit(a_job("job-2"))).id == "job-1"


async def test_equal_requests_that_come_at_once_share_one_job(ledger: JobLedger) -> None:
    jobs = await asyncio.gather(*(ledger.submit(a_job(f"job-{number}")) for number in range(20)))
    assert len({job.id for job in jobs}) == 1


@pytest.mark.parametrize(
    "other",
    [
        a_job("job-2", clip_id="clip-2"),
        replace(a_job("job-2"), options=TranscriptionOptions(language="de")),
        a_job("job-2", detached=True),
    ],
    ids=["another clip", "other options", "a detached job"],
)
async def test_what_is_not_the_same_request_is_a_job_of_its_own(ledger: JobLedger, other: object) -> None:
    await ledger.submit(a_job("job-1"))
    assert await ledger.submit(other) == other
    assert [(await ledger.claim()).id for _ in range(2)] == ["job-1", "job-2"]


@pytest.mark.parametrize(
    "outcome", [Done(transcript=a_transcript()), Failed(error="E", message="m"), Cancelled()]
)
async def test_nobody_joins_a_job_that_has_ended(
    ledger: JobLedger, outcome: Done | Failed | Cancelled
) -> None:
    await ledger.submit(a_job("job-1"))
    await ledger.claim()
    await ledger.finish("job-1", 1, outcome)
    assert (await ledger.submit(a_job("job-2"))).id == "job-2"


async def test_nobody_joins_a_job_that_was_told_to_stop(ledger: JobLedger) -> None:
    await ledger.submit(a_job("job-1"))
    await ledger.claim()
    await ledger.cancel("job-1")
    assert (await ledger.submit(a_job("job-2"))).id == "job-2"


async def test_an_id_that_is_taken_is_a_conflict(ledger: JobLedger) -> None:
    await ledger.submit(a_job(detached=True))
    with pytest.raises(Conflict):
        await ledger.submit(a_job(detached=True))


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Done(transcript=a_transcript()), JobState.DONE),
        (Failed(error="EngineFailed", message="broke"), JobState.FAILED),
        (Cancelled(), JobState.CANCELLED),
    ],
)
async def test_an_outcome_ends_the_job(
    ledger: JobLedger, outcome: Done | Failed | Cancelled, state: JobState
) -> None:
    await ledger.submit(a_job())
    await ledger.claim()
    await ledger.finish("job-1", 1, outcome)
    assert (await ledger.get("job-1")).state is state
    assert await logged(ledger) == [Queued(), Started(attempt=1), outcome]


async def test_the_transcript_is_kept_before_anybody_reads_done(bench: Bench) -> None:
    await bench.ledger.submit(a_job())
    await bench.ledger.claim()

    async def transcript_at_done() -> object:
        async for item in bench.ledger.events("job-1"):
            if isinstance(item.event, Done):
                return await bench.transcripts.get("clip-1")
        return None

    reading = asyncio.create_task(transcript_at_done())
    assert await is_waiting(reading)
    await bench.ledger.finish("job-1", 1, Done(transcript=a_transcript()))
    assert await reading == a_transcript()


async def test_a_clip_that_was_deleted_meanwhile_leaves_the_job_running(bench: Bench) -> None:
    await bench.ledger.submit(a_job())
    await bench.ledger.claim()
    await bench.clips.delete("clip-1")
    with pytest.raises(NotFound):
        await bench.ledger.finish("job-1", 1, Done(transcript=a_transcript()))
    assert (await bench.ledger.get("job-1")).state is JobState.RUNNING
    failed = Failed(error="NotFound", message="the clip is gone")
    await bench.ledger.finish("job-1", 1, failed)
    assert await logged(bench.ledger) == [Queued(), Started(attempt=1), failed]


@pytest.mark.parametrize("attempt", [0, 2])
async def test_an_attempt_that_does_not_own_the_job_cannot_write(bench: Bench, attempt: int) -> None:
    await bench.ledger.submit(a_job())
    await bench.ledger.claim()
    with pytest.raises(LeaseLost):
        await bench.ledger.append("job-1", attempt, [Progress(done_s=1, total_s=2)])
    with pytest.raises(LeaseLost):
        await bench.ledger.finish("job-1", attempt, Done(transcript=a_transcript()))
    with pytest.raises(NotFound):
        await bench.transcripts.get("clip-1")
    assert (await bench.ledger.get("job-1")).state is JobState.RUNNING


async def test_nothing_is_written_before_a_job_starts_or_after_it_ended(ledger: JobLedger) -> None:
    await ledger.submit(a_job())
    with pytest.raises(LeaseLost):
        await ledger.append("job-1", 0, [Progress(done_s=1, total_s=2)])
    await ledger.claim()
    await ledger.finish("job-1", 1, Cancelled())
    with pytest.raises(LeaseLost):
        await ledger.append("job-1", 1, [Progress(done_s=1, total_s=2)])
    with pytest.raises(LeaseLost):
        await ledger.finish("job-1", 1, Done(transcript=a_transcript()))
    assert await logged(ledger) == [Queued(), Started(attempt=1), Cancelled()]


async def test_an_unknown_job_is_not_found(ledger: JobLedger) -> None:
    with pytest.raises(NotFound) as caught:
        await ledger.get("nobody")
    assert (caught.value.kind, caught.value.id) == ("job", "nobody")
    with pytest.raises(NotFound):
        await ledger.cancel("nobody")
    with pytest.raises(NotFound):
        await logged(ledger, "nobody")
    with pytest.raises(LeaseLost):
        await ledger.append("nobody", 1, [Progress(done_s=1, total_s=2)])
