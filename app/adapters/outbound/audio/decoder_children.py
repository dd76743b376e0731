"""The processes in which recordings are decoded, started ahead where that spares somebody a wait."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from app.adapters.outbound.child import ChildProcess

_log = logging.getLogger(__name__)

_MODULE = "app.adapters.outbound.audio.decoding.child"
WAIT_S = 30.0
"""A child that nothing was asked of for so long goes, with its 40 MB."""
MOST_PROBED = 4

_File = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Waiting:
    child: ChildProcess
    end: asyncio.Task[None]


class DecoderChildren:
    """Gives out decoder processes; each sees one recording and nothing else.

    With `keep`, the process that probed a file stays a while to decode it too, and once something was
    decoded the next process is started ahead: to start one takes 0.15 s, most of it imports. Call
    `aclose` then. Not safe across event loops.
    """

    def __init__(self, *, keep: bool = False) -> None:
        self._keep = keep
        self._probed: dict[_File, _Waiting] = {}
        self._next: _Waiting | None = None
        self._starting: asyncio.Task[None] | None = None
        self._closed = False

    @asynccontextmanager
    async def to_probe(self, path: Path) -> AsyncIterator[ChildProcess]:
        """A child for a look at a file. It is killed if the block raises, and may be kept otherwise."""
        child = await self._fresh()
        try:
            yield child
        except BaseException:
            await child.kill()
            raise
        file = _file(path)
        keep = self._keep and not self._closed and len(self._probed) < MOST_PROBED
        if keep and file is not None and file not in self._probed:
            self._probed[file] = _Waiting(child=child, end=asyncio.create_task(self._end_probed(file)))
        else:
            await child.kill()

    @asynccontextmanager
    async def to_decode(self, path: Path) -> AsyncIterator[ChildProcess]:
        """A child for the sound of a file, killed when the block is left."""
        file = _file(path)
        known = _taken(self._probed.pop(file, None)) if file else None
        try:
            async with known or await self._fresh() as child:
                yield child
        finally:
            if self._keep and not self._closed and self._next is None and self._starting is None:
                self._starting = asyncio.create_task(self._start_ahead())

    async def aclose(self) -> None:
        """End those that wait; none is kept any more."""
        self._closed = True
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.gather(self._starting, return_exceptions=True)
        left = [*self._probed.values(), *([self._next] if self._next else [])]
        self._probed, self._next, self._starting = {}, None, None
        for waiting in left:
            waiting.end.cancel()
            await waiting.child.kill()

    async def _fresh(self) -> ChildProcess:
        if self._starting is not None:
            await asyncio.wait({self._starting})
        waiting, self._next = self._next, None
        return _taken(waiting) or await ChildProcess.start(_MODULE)

    async def _start_ahead(self) -> None:
        try:
            child = await ChildProcess.start(_MODULE, "ahead")
            self._next = _Waiting(child=child, end=asyncio.create_task(self._end_next()))
        except OSError as error:
            _log.warning("no decoder could be started ahead: %s", error)
        finally:
            self._starting = None

    async def _end_probed(self, file: _File) -> None:
        await asyncio.sleep(WAIT_S)
        await self._probed.pop(file).child.kill()

    async def _end_next(self) -> None:
        await asyncio.sleep(WAIT_S)
        waiting, self._next = self._next, None
        if waiting is not None:
            await waiting.child.kill()


def _taken(waiting: _Waiting | None) -> ChildProcess | None:
    if waiting is None:
        return None
    waiting.end.cancel()
    return waiting.child if waiting.child.alive else None


def _file(path: Path) -> _File | None:
    """Which file this is, and in which state; None when it is gone."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
