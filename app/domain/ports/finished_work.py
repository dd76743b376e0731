"""The conversation with whatever keeps what engines have made of a clip."""

from abc import abstractmethod
from typing import Protocol

from app.domain.diarization import ChunkDiarization
from app.domain.finished_work import ChunkKey, WindowKey
from app.domain.transcript import TranscriptionText


class FinishedWork(Protocol):
    """Keeps results of engines until their clip, or its transcript, is deleted.

    What is kept under a key takes the place of what was there. What cannot be read any more counts
    as never kept. Everything raises `StorageFailed` where the storage cannot be used.
    """

    @abstractmethod
    async def text(self, key: WindowKey) -> TranscriptionText | None:
        """The words of a window, to the last bit; None when they are not here."""

    @abstractmethod
    async def keep_text(self, key: WindowKey, text: TranscriptionText) -> None:
        """Keep the words of a window, durably. Raises `NotFound` without the clip, and `StorageFull`."""

    @abstractmethod
    async def chunk(self, key: ChunkKey) -> ChunkDiarization | None:
        """Who speaks in a chunk, to the last bit; None when that is not here."""

    @abstractmethod
    async def keep_chunk(self, key: ChunkKey, found: ChunkDiarization) -> None:
        """Keep who speaks in a chunk, durably. Raises `NotFound` without the clip, and `StorageFull`."""

    @abstractmethod
    async def chunks(self, clip_id: str) -> list[ChunkKey]:
        """The keys of a clip's chunks, in the order in which they were kept; empty without the clip."""
