"""Known voices as rows: one per name, and one per voiceprint that was ever added to it."""

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

import numpy as np
from sqlalchemy import Executable, Insert, Row, Select, delete, insert, literal, select
from sqlalchemy.exc import IntegrityError

from app.adapters.outbound.persistence.sqlalchemy.database import Database
from app.adapters.outbound.persistence.sqlalchemy.tables import voiceprints, voices
from app.domain.errors import NotFound
from app.domain.ports import VoiceRepository
from app.domain.voices import KnownVoice, Voiceprint, name_key, pooled

_FLOATS = np.dtype("<f4")


class SqlVoiceRepository(VoiceRepository):
    """Keeps known voices in `database`. Voiceprints are pooled when they are read: writers only add rows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, voice: KnownVoice) -> KnownVoice:
        key = name_key(voice.name)
        prints = [_added_to(key, heard) for heard in voice.prints]
        try:
            await self._database.write(_unless_known(voice, key), *prints)
        except IntegrityError:
            # Somebody else's first one of this name came in between: now it is known.
            await self._database.write(_unless_known(voice, key), *prints)
        (kept,) = _voices(await self._database.read(_rows().where(voices.c.name_key == key)))
        return kept

    async def get(self, voice_id: str) -> KnownVoice:
        found = _voices(await self._database.read(_rows().where(voices.c.id == voice_id)))
        if not found:
            raise NotFound("voice", voice_id)
        return found[0]

    async def list(self) -> tuple[KnownVoice, ...]:
        return tuple(_voices(await self._database.read(_rows())))

    async def delete(self, voice_id: str) -> None:
        if await self._database.write(delete(voices).where(voices.c.id == voice_id)) == 0:
            raise NotFound("voice", voice_id)


def _unless_known(voice: KnownVoice, key: str) -> Executable:
    columns = {
        voices.c.id: voice.id,
        voices.c.name: voice.name,
        voices.c.name_key: key,
        voices.c.created_at: voice.created_at.astimezone(UTC),
    }
    row = select(*(literal(value, type_=column.type) for column, value in columns.items()))
    known = select(voices.c.id).where(voices.c.name_key == key).exists()
    return insert(voices).from_select([column.name for column in columns], row.where(~known))


def _added_to(key: str, heard: Voiceprint) -> Insert:
    columns = {
        voiceprints.c.model: heard.model,
        voiceprints.c.seconds: heard.seconds,
        voiceprints.c.embedding: heard.embedding.astype(_FLOATS).tobytes(),
    }
    row = select(voices.c.id, *(literal(value, type_=column.type) for column, value in columns.items()))
    names = ["voice_id", *(column.name for column in columns)]
    return insert(voiceprints).from_select(names, row.where(voices.c.name_key == key))


def _rows() -> Select[Any]:
    return (
        select(voices, voiceprints.c.model, voiceprints.c.seconds, voiceprints.c.embedding)
        .join(voiceprints, voiceprints.c.voice_id == voices.c.id, isouter=True)
        .order_by(voices.c.name_key, voiceprints.c.id)
    )


def _voices(rows: Iterable[Row[Any]]) -> list[KnownVoice]:
    by_voice = groupby(rows, key=lambda row: (row.id, row.name, row.created_at))
    return [
        KnownVoice(
            id=voice_id,
            name=name,
            prints=pooled(_print(row) for row in its_rows if row.model is not None),
            created_at=_in_utc(created_at),
        )
        for (voice_id, name, created_at), its_rows in by_voice
    ]


def _print(row: Row[Any]) -> Voiceprint:
    embedding = np.frombuffer(row.embedding, _FLOATS).astype(np.float32)
    return Voiceprint(model=row.model, embedding=embedding, seconds=row.seconds)


def _in_utc(moment: datetime) -> datetime:
    """SQLite keeps no time zones."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
