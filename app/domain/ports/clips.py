"""The conversation with whatever remembers which recordings there are."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Protocol

from app.domain.audio import AudioClip


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipPage:
    """Some clips, newest first, and the cursor that fetches the next ones, None at the end."""

    items: tuple[AudioClip, ...]
    next_cursor: str | None


class ClipRepository(Protocol):
    """Remembers clips. Their sound is elsewhere, in an `AudioStore`."""

    @abstractmethod
    async def add(self, clip: AudioClip) -> None:
        """Remember a new clip, durably. Raises `Conflict` when its id is taken."""

    @abstractmethod
    async def get(self, clip_id: str) -> AudioClip:
        """Raises `NotFound`."""

    @abstractmethod
    async def search(self, text: str = "", *, limit: int = 50, cursor: str | None = None) -> ClipPage:
        """Clips whose file name holds `text` in any case (as text, no wildcards), newest first.

        `cursor` comes from the page before; raises `InvalidOptions` when it does not.
        """

    @abstractmethod
    async def delete(self, clip_id: str) -> None:
        """Forget a clip and its transcripts in one step. Raises `NotFound`."""
