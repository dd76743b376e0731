"""Jobs and their logs in the memory of one process."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from app.domain.errors import Conflict, LeaseLost, NotFound
from app.domain.events import Cancelled, Done, Event, Failed, LoggedEvent, Outcome, Queued, Started
from app.domain.jobs import Job, JobState
from app.domain.ports import JobLedger, TranscriptRepository

_FINAL_STATE: dict[type[Outcome], JobState] = {
    Done: JobState.DONE,
    Failed: JobState.FAILED,
    Cancelled: JobState.CANCELLED,
}


@dataclass(slots=True, eq=False)
class _Record:
    """A job, its log, and who waits for what.

    `grown` is set and replaced whenever the log grows; `stop` is set once the running attempt
    should end or has ended.
    """

    job: Job
    log: list[LoggedEvent] = field(default_factory=list)
    grown: asyncio.Event = field(default_factory=asyncio.Event)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    readers: int = 0

    def write(self, job: Job, *events: Event) -> None:
        self.job = job
        for event in events:
            self.log.append(LoggedEvent(seq=len(self.log) + 1, event=event))
        self.grown.set()
        self.grown = asyncio.Event()


class MemoryJobLedger(JobLedger):
    """Keeps jobs for one process and one event loop. **Not durable**: they end with the process.

    The logs of the last `keep_finished` finished jobs can still be read, older ones are forgotten
    (`NotFound`), but never under a reader. Transcripts go to `transcripts`: `finish` lets whatever
    saving raises pass, and then the job still runs.
    """

    def __init__(self, transcripts: TranscriptRepository, *, keep_finished: int = 20) -> None:
        self._transcripts = transcripts
        self._keep_finished = keep_finished
        self._records: dict[str, _Record] = {}
        self._queue: asyncio.Queue[_Record] = asyncio.Queue()
        self._finished: dict[str, _Record] = {}

    async def submit(self, job: Job) -> Job:
        if not job.detached:
            for record in self._records.values():
                if _can_join(job, record):
                    return record.job
        if job.id in self._records:
            raise Conflict(f"there is already a job with id {job.id!r}")
        record = self._records[job.id] = _Record(job=job)
        record.write(job, Queued())
        self._queue.put_nowait(record)
        return job

    async def get(self, job_id: str) -> Job:
        return self._record(job_id).job

    async def unfinished(self) -> list[Job]:
        return [record.job for record in self._records.values() if not record.job.state.is_final]

    async def claim(self) -> Job:
        while True:
            record = await self._queue.get()
            if record.job.state is JobState.QUEUED:
                job = record.job.started()
                record.write(job, Started(attempt=job.attempt))
                return job

    async def append(self, job_id: str, attempt: int, events: Sequence[Event]) -> None:
        record = self._owned(job_id, attempt)
        record.write(record.job, *events)

    async def finish(self, job_id: str, attempt: int, outcome: Outcome) -> None:
        record = self._owned(job_id, attempt)
        if isinstance(outcome, Done):
            await self._transcripts.save(outcome.transcript)
            self._owned(job_id, attempt)
        self._end(record, outcome)

    async def events(self, job_id: str, after: int = 0) -> AsyncIterator[LoggedEvent]:
        record = self._record(job_id)
        record.readers += 1
        try:
            read = max(0, after)
            while True:
                while read < len(record.log):
                    read += 1
                    yield record.log[read - 1]
                if record.job.state.is_final:
                    return
                await record.grown.wait()
        finally:
            record.readers -= 1
            self._forget_oldest()

    async def cancel(self, job_id: str) -> None:
        record = self._record(job_id)
        if record.job.state is JobState.QUEUED:
            self._end(record, Cancelled())
        record.stop.set()

    async def until_cancelled(self, job_id: str, attempt: int) -> None:
        record = self._records.get(job_id)
        if record is not None and _owns(record, attempt):
            await record.stop.wait()

    async def forget_clip(self, clip_id: str) -> None:
        for record in [record for record in self._records.values() if record.job.clip_id == clip_id]:
            if not record.job.state.is_final:
                self._end(record, Cancelled())
            self._forget(record)

    def _record(self, job_id: str) -> _Record:
        if job_id not in self._records:
            raise NotFound("job", job_id)
        return self._records[job_id]

    def _owned(self, job_id: str, attempt: int) -> _Record:
        record = self._records.get(job_id)
        if record is None or not _owns(record, attempt):
            raise LeaseLost(job_id, attempt)
        return record

    def _end(self, record: _Record, outcome: Outcome) -> None:
        record.write(record.job.to(_FINAL_STATE[type(outcome)]), outcome)
        record.stop.set()
        self._finished[record.job.id] = record
        self._forget_oldest()

    def _forget_oldest(self) -> None:
        surplus = len(self._finished) - self._keep_finished
        unread = (record for record in self._finished.values() if not record.readers)
        for record in list(islice(unread, max(0, surplus))):
            self._forget(record)

    def _forget(self, record: _Record) -> None:
        self._records.pop(record.job.id, None)
        self._finished.pop(record.job.id, None)


def _owns(record: _Record, attempt: int) -> bool:
    return record.job.state is JobState.RUNNING and record.job.attempt == attempt


def _can_join(job: Job, record: _Record) -> bool:
    """Not a job that was told to stop: whoever joined it would be cancelled along with it."""
    alike = (record.job.clip_id, record.job.options) == (job.clip_id, job.options)
    return alike and not record.stop.is_set()
