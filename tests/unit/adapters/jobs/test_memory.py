"""What the memory ledger forgets, and when."""

import asyncio
from contextlib import aclosing

import pytest

from app.adapters.outbound.jobs.memory import MemoryJobLedger
from app.adapters.outbound.persistence.memory import MemoryClipRepository, MemoryTranscriptRepository
from app.domain.errors import LeaseLost, NotFound, StorageFull
from app.domain.events import Cancelled, Done, Failed, Queued, Started
from app.domain.jobs import JobState
from app.domain.ports import JobLedger
from app.domain.transcript import Transcript
from tests.contract.ledgers import a_job, logged
from tests.fixtures.transcripts import a_transcript


class FullTranscripts(MemoryTranscriptRepository):
    async def save(self, transcript: Transcript) -> None:
        raise StorageFull("the disk is full")


class SlowTranscripts(MemoryTranscriptRepository):
    """Saves only when it is told to."""

    def __init__(self) -> None:
        super().__init__(MemoryClipRepository())
        self.may_save = asyncio.Event()

    async def save(self, transcript: Transcript) -> None:
        await self.may_save.wait()


@pytest.fixture
def ledger() -> MemoryJobLedger:
    return MemoryJobLedger(MemoryTranscriptRepository(MemoryClipRepository()), keep_finished=2)


async def run_to_the_end(ledger: JobLedger, *job_ids: str) -> None:
    for job_id in job_ids:
        await ledger.submit(a_job(job_id, detached=True))
        await ledger.claim()
        await ledger.finish(job_id, 1, Failed(error="E", message="m"))


async def known(ledger: JobLedger, *job_ids: str) -> list[str]:
    found = []
    for job_id in job_ids:
        try:
            found.append((await ledger.get(job_id)).id)
        except NotFound:
            continue
    return found


async def test_the_oldest_finished_jobs_are_forgotten(ledger: MemoryJobLedger) -> None:
    await run_to_the_end(ledger, "a", "b", "c", "d")
    assert await known(ledger, "a", "b", "c", "d") == ["c", "d"]
    with pytest.raises(NotFound):
        await logged(ledger, "a")
    with pytest.raises(LeaseLost):
        await ledger.finish("a", 1, Cancelled())
    await asyncio.wait_for(ledger.until_cancelled("a", 1), timeout=5)


async def test_jobs_that_have_not_ended_are_never_forgotten(ledger: MemoryJobLedger) -> None:
    await ledger.submit(a_job("running", detached=True))
    await ledger.claim()
    await run_to_the_end(ledger, "a", "b", "c")
    await ledger.submit(a_job("queued", detached=True))
    assert await known(ledger, "running", "queued", "a") == ["running", "queued"]


async def test_a_job_is_kept_for_its_reader_and_forgotten_when_that_one_leaves(
    ledger: MemoryJobLedger,
) -> None:
    await ledger.submit(a_job("read"))
    await ledger.claim()
    async with aclosing(ledger.events("read")) as log:
        assert (await anext(log)).event == Queued()
        await ledger.finish("read", 1, Cancelled())
        await run_to_the_end(ledger, "a", "b", "c")
        assert await known(ledger, "read", "a", "b", "c") == ["read", "c"]
        assert [item.event async for item in log] == [Started(attempt=1), Cancelled()]
    await run_to_the_end(ledger, "d")
    assert await known(ledger, "read", "c", "d") == ["c", "d"]


async def test_a_transcript_that_cannot_be_kept_leaves_the_job_running() -> None:
    ledger = MemoryJobLedger(FullTranscripts(MemoryClipRepository()))
    await ledger.submit(a_job())
    await ledger.claim()
    with pytest.raises(StorageFull):
        await ledger.finish("job-1", 1, Done(transcript=a_transcript()))
    assert (await ledger.get("job-1")).state is JobState.RUNNING


async def test_a_job_that_ended_while_its_transcript_was_saved_does_not_end_twice() -> None:
    transcripts = SlowTranscripts()
    ledger = MemoryJobLedger(transcripts)
    await ledger.submit(a_job())
    await ledger.claim()
    finishing = asyncio.create_task(ledger.finish("job-1", 1, Done(transcript=a_transcript())))
    await asyncio.sleep(0)
    await ledger.finish("job-1", 1, Failed(error="E", message="m"))
    transcripts.may_save.set()
    with pytest.raises(LeaseLost):
        await finishing
    assert await logged(ledger) == [Queued(), Started(attempt=1), Failed(error="E", message="m")]
