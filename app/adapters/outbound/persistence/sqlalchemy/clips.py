"""Clips as rows."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, delete, insert, literal, select, tuple_
from sqlalchemy.exc import IntegrityError

from app.adapters.outbound.persistence.paging import Position, folded, require_page_limit
from app.adapters.outbound.persistence.sqlalchemy.database import Database
from app.adapters.outbound.persistence.sqlalchemy.tables import clips
from app.domain.audio import AudioClip
from app.domain.errors import Conflict, NotFound
from app.domain.ports import ClipPage, ClipRepository


class SqlClipRepository(ClipRepository):
    """Remembers clips in `database`; deleting one takes its transcript along."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, clip: AudioClip) -> None:
        row = {
            "id": clip.id,
            "filename": clip.filename,
            "filename_folded": folded(clip.filename),
            "size_bytes": clip.size_bytes,
            "duration": clip.duration,
            "sha256": clip.sha256,
            "media_type": clip.media_type,
            "created_at": clip.created_at.astimezone(UTC),
        }
        try:
            await self._database.write(insert(clips).values(row))
        except IntegrityError as error:
            raise Conflict(f"there is already a clip with id {clip.id!r}") from error

    async def get(self, clip_id: str) -> AudioClip:
        rows = await self._database.read(select(clips).where(clips.c.id == clip_id))
        if not rows:
            raise NotFound("clip", clip_id)
        return _clip(rows[0])

    async def search(self, text: str = "", *, limit: int = 50, cursor: str | None = None) -> ClipPage:
        require_page_limit(limit)
        query = select(clips).order_by(clips.c.created_at.desc(), clips.c.id.desc()).limit(limit + 1)
        if text:
            query = query.where(clips.c.filename_folded.contains(folded(text), autoescape=True))
        if cursor is not None:
            last_seen = Position.from_cursor(cursor)
            key = tuple_(literal(last_seen.created_at), literal(last_seen.id))
            query = query.where(tuple_(clips.c.created_at, clips.c.id) < key)
        rows = await self._database.read(query)
        items = tuple(_clip(row) for row in rows[:limit])
        more = len(rows) > limit
        return ClipPage(items=items, next_cursor=Position.of(items[-1]).to_cursor() if more else None)

    async def delete(self, clip_id: str) -> None:
        if await self._database.write(delete(clips).where(clips.c.id == clip_id)) == 0:
            raise NotFound("clip", clip_id)


def _clip(row: Row[Any]) -> AudioClip:
    return AudioClip(
        id=row.id,
        filename=row.filename,
        size_bytes=row.size_bytes,
        duration=row.duration,
        sha256=row.sha256,
        media_type=row.media_type,
        created_at=_in_utc(row.created_at),
    )


def _in_utc(moment: datetime) -> datetime:
    """SQLite keeps no time zones."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
