"""Every job ledger, opened for one test, with a clip to work on."""

import asyncio
from dataclasses import dataclass

from app.adapters.outbound.jobs.memory import MemoryJobLedger
from app.adapters.outbound.persistence.memory import MemoryClipRepository, MemoryTranscriptRepository
from app.domain.events import Event
from app.domain.jobs import Job
from app.domain.options import TranscriptionOptions
from app.domain.ports import ClipRepository, JobLedger, TranscriptRepository
from tests.fixtures.transcripts import NOON, a_clip

LEDGERS = ("memory",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    clips: ClipRepository
    transcripts: TranscriptRepository
    ledger: JobLedger


async def opened_ledger(kind: str) -> Bench:
    clips = MemoryClipRepository()
    transcripts = MemoryTranscriptRepository(clips)
    ledger = {"memory": MemoryJobLedger}[kind](transcripts)
    await clips.add(a_clip("clip-1"))
    await clips.add(a_clip("clip-2"))
    return Bench(clips=clips, transcripts=transcripts, ledger=ledger)


def a_job(id: str = "job-1", *, clip_id: str = "clip-1", detached: bool = False) -> Job:
    options = TranscriptionOptions(language="en", hotwords=("Diarist",))
    return Job(id=id, clip_id=clip_id, options=options, created_at=NOON, detached=detached)


async def logged(ledger: JobLedger, job_id: str = "job-1", *, after: int = 0) -> list[Event]:
    """The events of a job that has ended, or will."""
    return [item.event async for item in ledger.events(job_id, after)]


async def is_waiting(task: "asyncio.Task[object]") -> bool:
    done, _ = await asyncio.wait({task}, timeout=0.02)
    return not done
