"""What the log of every job ledger does for those who read it."""

import asyncio
from contextlib import aclosing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.events import Cancelled, Done, Event, Progress, Queued, Segment, Started, fold
from app.domain.ports import JobLedger
from tests.contract.ledgers import LEDGERS, a_job, is_waiting, logged, opened_ledger
from tests.fixtures.transcripts import a_transcript


@pytest.fixture(params=LEDGERS)
async def ledger(request: pytest.FixtureRequest) -> JobLedger:
    """With one running job, whose log holds two events."""
    ledger = (await opened_ledger(request.param)).ledger
    await ledger.submit(a_job())
    await ledger.claim()
    return ledger


def at(done_s: float) -> Progress:
    return Progress(done_s=done_s, total_s=100.0)


async def test_events_are_numbered_from_one_without_gaps(ledger: JobLedger) -> None:
    await ledger.append("job-1", 1, [at(1), at(2)])
    await ledger.append("job-1", 1, [])
    await ledger.append("job-1", 1, [at(3)])
    await ledger.finish("job-1", 1, Cancelled())
    log = [(item.seq, item.event) async for item in ledger.events("job-1")]
    assert log == [
        (1, Queued()),
        (2, Started(attempt=1)),
        (3, at(1)),
        (4, at(2)),
        (5, at(3)),
        (6, Cancelled()),
    ]


@given(batches=st.lists(st.integers(0, 4), max_size=5), after=st.integers(-3, 25))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_a_reader_gets_exactly_what_comes_after_its_last_event(
    request: pytest.FixtureRequest, batches: list[int], after: int
) -> None:
    for kind in LEDGERS:
        ledger = (await opened_ledger(kind)).ledger
        await ledger.submit(a_job())
        await ledger.claim()
        early = asyncio.create_task(logged(ledger, after=after))
        await asyncio.sleep(0)
        written: list[Event] = [Queued(), Started(attempt=1)]
        for size in batches:
            batch = [at(len(written) + offset) for offset in range(size)]
            await ledger.append("job-1", 1, batch)
            written += batch
        await ledger.finish("job-1", 1, Cancelled())
        written.append(Cancelled())
        assert await asyncio.wait_for(early, timeout=5) == written[max(0, after) :]
        assert await logged(ledger, after=after) == written[max(0, after) :]


async def test_a_reader_sees_each_event_when_it_is_written(ledger: JobLedger) -> None:
    async with aclosing(ledger.events("job-1", after=2)) as log:
        for number in range(3, 6):
            reading = asyncio.create_task(anext(log))
            assert await is_waiting(reading)
            await ledger.append("job-1", 1, [at(number)])
            item = await asyncio.wait_for(reading, timeout=5)
            assert (item.seq, item.event) == (number, at(number))


async def test_many_readers_each_see_all_of_it(ledger: JobLedger) -> None:
    readers = [asyncio.create_task(logged(ledger)) for _ in range(50)]
    for second in range(20):
        await ledger.append("job-1", 1, [at(second)])
        await asyncio.sleep(0)
    await ledger.finish("job-1", 1, Cancelled())
    logs = await asyncio.wait_for(asyncio.gather(*readers), timeout=5)
    whole = [Queued(), Started(attempt=1), *(at(second) for second in range(20)), Cancelled()]
    assert all(log == whole for log in logs)


async def test_a_reader_that_leaves_disturbs_nobody(ledger: JobLedger) -> None:
    leaves, stays = asyncio.create_task(logged(ledger)), asyncio.create_task(logged(ledger))
    assert await is_waiting(leaves)
    leaves.cancel()
    async for _ in ledger.events("job-1"):
        break
    await ledger.append("job-1", 1, [at(1)])
    await ledger.finish("job-1", 1, Cancelled())
    assert await asyncio.wait_for(stays, timeout=5) == [Queued(), Started(attempt=1), at(1), Cancelled()]


async def test_a_slow_reader_holds_nobody_up(ledger: JobLedger) -> None:
    async with aclosing(ledger.events("job-1")) as slow:
        assert (await anext(slow)).event == Queued()
        await ledger.append("job-1", 1, [at(second) for second in range(1000)])
        await ledger.finish("job-1", 1, Cancelled())
        assert len(await logged(ledger)) == 1003
        assert [item.seq async for item in slow] == list(range(2, 1004))


async def test_readers_of_a_queued_job_end_when_it_is_cancelled(ledger: JobLedger) -> None:
    await ledger.submit(a_job("job-2", clip_id="clip-2"))
    reading = asyncio.create_task(logged(ledger, "job-2"))
    assert await is_waiting(reading)
    await ledger.cancel("job-2")
    assert await asyncio.wait_for(reading, timeout=5) == [Queued(), Cancelled()]


async def test_the_log_tells_the_transcript_that_is_kept(ledger: JobLedger) -> None:
    transcript = a_transcript()
    await ledger.append("job-1", 1, [Segment(segment=segment) for segment in transcript.segments])
    await ledger.finish("job-1", 1, Done(transcript=transcript))
    assert fold(await logged(ledger)) == transcript
