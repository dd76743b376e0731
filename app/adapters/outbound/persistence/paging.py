"""What every clip repository means by "newest first", by a cursor and by "in any case"."""

import unicodedata
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from app.domain.audio import AudioClip
from app.domain.errors import InvalidOptions


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Position:
    """Where a clip stands in the order of clips; the id decides between clips of one moment."""

    created_at: datetime
    id: str

    @staticmethod
    def of(clip: AudioClip) -> "Position":
        return Position(created_at=clip.created_at, id=clip.id)

    def to_cursor(self) -> str:
        """This position as an opaque word that is safe in a URL."""
        return urlsafe_b64encode(f"{self.created_at.astimezone(UTC).isoformat()} {self.id}".encode()).decode()

    @staticmethod
    def from_cursor(cursor: str) -> "Position":
        """Raises `InvalidOptions` for anything that `to_cursor` did not make."""
        try:
            created_at, _, clip_id = urlsafe_b64decode(cursor).decode().partition(" ")
            position = Position(created_at=datetime.fromisoformat(created_at), id=clip_id)
        except ValueError as error:
            raise InvalidOptions("cursor", "is not one that a page gave") from error
        in_utc = position.created_at.utcoffset() == timedelta(0)
        if not (in_utc and position.id and position.to_cursor() == cursor):
            raise InvalidOptions("cursor", "is not one that a page gave")
        return position


def folded(text: str) -> str:
    """`text` without what a search overlooks: case, and whether an accent is a character of its own."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def require_page_limit(limit: int) -> None:
    """Raise `InvalidOptions` unless a page may hold `limit` clips."""
    if limit < 1:
        raise InvalidOptions("limit", f"must be at least 1, got {limit}")
