"""Finished work as rows, a window or a chunk each."""

import hashlib
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from app.adapters.outbound.persistence.sqlalchemy.database import Database
from app.adapters.outbound.persistence.sqlalchemy.finished_work_document import (
    Unreadable,
    decode_chunk,
    decode_chunk_key,
    decode_text,
    encode_chunk,
    encode_key,
    encode_text,
)
from app.adapters.outbound.persistence.sqlalchemy.tables import clips, finished_work
from app.domain.diarization import ChunkDiarization
from app.domain.errors import NotFound
from app.domain.finished_work import ChunkKey, WindowKey
from app.domain.ports import FinishedWork
from app.domain.transcript import TranscriptionText

_log = logging.getLogger(__name__)

_Result = TypeVar("_Result")
_Stored = TypeVar("_Stored")
_WINDOW, _CHUNK = "transcription", "diarization"


class SqlFinishedWork(FinishedWork):
    """Keeps finished work in `database`: about 4 kB for a window, 1 kB for each voice sample of a chunk.

    What cannot be read any more is logged and counts as absent; the next run does it again.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def text(self, key: WindowKey) -> TranscriptionText | None:
        return await self._find(key, decode_text)

    async def keep_text(self, key: WindowKey, text: TranscriptionText) -> None:
        await self._keep(key, _WINDOW, encode_text(text))

    async def chunk(self, key: ChunkKey) -> ChunkDiarization | None:
        return await self._find(key, decode_chunk)

    async def keep_chunk(self, key: ChunkKey, found: ChunkDiarization) -> None:
        await self._keep(key, _CHUNK, encode_chunk(found))

    async def chunks(self, clip_id: str) -> list[ChunkKey]:
        query = (
            select(finished_work.c.key)
            .where(finished_work.c.clip_id == clip_id, finished_work.c.stage == _CHUNK)
            .order_by(finished_work.c.created_at, finished_work.c.id)
        )
        rows = await self._database.read(query)
        keys = (_read(clip_id, lambda text: decode_chunk_key(clip_id, text), row.key) for row in rows)
        return [key for key in keys if key is not None]

    async def _find(self, key: WindowKey | ChunkKey, decode: Callable[[bytes], _Result]) -> _Result | None:
        query = select(finished_work.c.content).where(
            finished_work.c.clip_id == key.clip_id, finished_work.c.id == _id(encode_key(key))
        )
        rows = await self._database.read(query)
        return _read(key.clip_id, decode, rows[0].content) if rows else None

    async def _keep(self, key: WindowKey | ChunkKey, stage: str, content: bytes) -> None:
        text = encode_key(key)
        row = {
            "clip_id": key.clip_id,
            "id": _id(text),
            "stage": stage,
            "created_at": datetime.now(UTC),
            "key": text,
            "content": content,
        }
        try:
            await self._database.write(
                # Locks the clip's row, so that two who keep the same at once follow each other.
                select(clips.c.id).where(clips.c.id == key.clip_id).with_for_update(),
                delete(finished_work).where(
                    finished_work.c.clip_id == key.clip_id, finished_work.c.id == row["id"]
                ),
                insert(finished_work).values(row),
            )
        except IntegrityError as error:
            raise NotFound("clip", key.clip_id) from error


def _read(clip_id: str, decode: Callable[[_Stored], _Result], stored: _Stored) -> _Result | None:
    try:
        return decode(stored)
    except Unreadable as problem:
        _log.warning("finished work on clip %s cannot be used: %s", clip_id, problem)
        return None


def _id(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
