"""Taking in the bytes of a recording: counted, hashed and bounded while they come."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

from app.domain.errors import AudioTooLarge, InvalidAudio
from app.domain.ports.audio import StoredAudio

_PART_BYTES = 1 << 20

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Tally:
    """Size and hash of the parts so far. `add` raises `AudioTooLarge`, `result` `InvalidAudio` for none."""

    def __init__(self, max_size_bytes: int | None) -> None:
        self._max_size_bytes = max_size_bytes
        self._size_bytes = 0
        self._hash = hashlib.sha256()

    def add(self, part: bytes) -> None:
        self._size_bytes += len(part)
        require_not_larger(self._size_bytes, self._max_size_bytes)
        self._hash.update(part)

    def result(self) -> StoredAudio:
        require_content(self._size_bytes)
        return StoredAudio(size_bytes=self._size_bytes, sha256=self._hash.hexdigest())


def require_not_larger(size_bytes: int, max_size_bytes: int | None) -> None:
    """Raise `AudioTooLarge` past the limit; None is no limit."""
    if max_size_bytes is not None and size_bytes > max_size_bytes:
        raise AudioTooLarge(f"the file is larger than the limit of {max_size_bytes} bytes (MAX_UPLOAD_SIZE)")


def require_content(size_bytes: int) -> None:
    """Raise `InvalidAudio` for an empty file."""
    if not size_bytes:
        raise InvalidAudio("the file is empty")


def size_of(path: Path) -> int:
    """The size of a local file that can be read. Blocks. Raises `InvalidAudio` when it is none or cannot."""
    try:
        if not path.is_file():
            raise InvalidAudio(f"{path} is not a file")
        with path.open("rb") as file:
            return os.fstat(file.fileno()).st_size
    except OSError as error:
        raise InvalidAudio(f"{path} cannot be read: {error.strerror}") from error


async def parts_of(path: Path) -> AsyncIterator[bytes]:
    """A local file, part by part. Raises `InvalidAudio` when it is none, or cannot be read."""
    try:
        # A pipe or a device would never end.
        if not await in_thread(path.is_file):
            raise InvalidAudio(f"{path} is not a file")
        file = await in_thread(path.open, "rb")
        try:
            while part := await in_thread(file.read, _PART_BYTES):
                yield part
        finally:
            file.close()
    except OSError as error:
        raise InvalidAudio(f"{path} cannot be read: {error.strerror}") from error


async def in_thread(call: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """Like `asyncio.to_thread`, but a cancellation waits until the call is through.

    So nobody cleans up a file that a thread is still writing.
    """
    running = asyncio.ensure_future(asyncio.to_thread(call, *args, **kwargs))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise
