"""The conversation with whatever keeps transcripts."""

from abc import abstractmethod
from typing import Protocol

from app.domain.transcript import Transcript


class TranscriptRepository(Protocol):
    """Keeps the latest transcript of each clip."""

    @abstractmethod
    async def save(self, transcript: Transcript) -> None:
        """Keep it in place of the clip's earlier one, durably. Raises `NotFound` without the clip."""

    @abstractmethod
    async def get(self, clip_id: str) -> Transcript:
        """Equal to what was saved, floats included. Raises `NotFound`."""

    @abstractmethod
    async def delete(self, clip_id: str) -> None:
        """Raises `NotFound`."""
