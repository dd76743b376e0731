"""The conversations with whatever keeps recordings and with whatever decodes them."""

from abc import abstractmethod
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from app.domain.audio import AudioProbe, Waveform
from app.domain.options import ChannelMode


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAudio:
    """What was learnt while a recording was written."""

    size_bytes: int
    sha256: str | None


class AudioStore(Protocol):
    """Keeps the bytes of recordings, as they came."""

    @abstractmethod
    async def put(
        self, clip_id: str, content: AsyncIterator[bytes] | Path, *, max_size_bytes: int | None = None
    ) -> StoredAudio:
        """Keep a recording under a new id: all of it, durably, or nothing.

        A `Path` is a local file of the caller's. Raises `AudioTooLarge` as soon as more than
        `max_size_bytes` have come, `InvalidAudio` when nothing came, `Conflict` when the id is taken.
        Whatever `content` raises passes through, and nothing is kept.
        """

    @abstractmethod
    def local_path(self, clip_id: str) -> AbstractAsyncContextManager[Path]:
        """A local file with the recording, good inside the `async with`. Raises `NotFound`."""

    @abstractmethod
    async def delete(self, clip_id: str) -> None:
        """Forget a recording. Deleting one that is not there is no error."""


class AudioDecoder(Protocol):
    """Turns a recording of any kind into mono float32 at 16 kHz. Treats every file as hostile."""

    @abstractmethod
    async def probe(self, path: Path) -> AudioProbe:
        """What the file holds. Raises `InvalidAudio` (or `AudioTooLarge`) when it cannot be used."""

    @abstractmethod
    def blocks(self, path: Path, *, channels: ChannelMode = "mix") -> AsyncIterator[tuple[Waveform, ...]]:
        """The sound in consecutive blocks of at most 10 s, without gaps, from second 0.

        Each block is a tuple with one waveform per channel, a single mixed one for "mix". Closing
        the iterator stops the work. Raises `InvalidAudio` when nothing can be decoded,
        `AudioTooLarge` when decoding passes a limit, and, after the last good block,
        `AudioTruncated` when the recording ends before it should.
        """

    async def aclose(self) -> None:
        """Let go of what it holds; nothing is asked of it afterwards."""
        return
