"""Every place where clips and transcripts are kept, opened for one test."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from app.adapters.outbound.persistence.memory import (
    MemoryClipRepository,
    MemoryFinishedWork,
    MemoryTranscriptRepository,
)
from app.adapters.outbound.persistence.sqlalchemy import (
    Database,
    SqlClipRepository,
    SqlFinishedWork,
    SqlTranscriptRepository,
)
from app.domain.ports import ClipRepository, FinishedWork, TranscriptRepository

STORES = ("memory", "sqlite")


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    clips: ClipRepository
    transcripts: TranscriptRepository
    finished_work: FinishedWork


@asynccontextmanager
async def opened_store(kind: str, folder: Path) -> AsyncIterator[Store]:
    if kind == "memory":
        clips = MemoryClipRepository()
        yield Store(
            clips=clips,
            transcripts=MemoryTranscriptRepository(clips),
            finished_work=MemoryFinishedWork(clips),
        )
    else:
        async with opened_database(folder / "diarist.db") as database:
            yield Store(
                clips=SqlClipRepository(database),
                transcripts=SqlTranscriptRepository(database),
                finished_work=SqlFinishedWork(database),
            )


@asynccontextmanager
async def opened_database(path: Path) -> AsyncIterator[Database]:
    database = Database.in_file(path)
    await database.migrate()
    try:
        yield database
    finally:
        await database.close()
