"""Recordings as plain files: `<root>/<clip id>/audio`."""

import errno
import fcntl
import logging
import os
import re
import shutil
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import BinaryIO, ParamSpec, TypeVar

from app.adapters.outbound.audio.intake import Tally, in_thread, parts_of
from app.domain.errors import Conflict, NotFound, StorageFailed, StorageFull
from app.domain.ports import AudioStore, ClipRepository, StoredAudio

UNKNOWN_FOR_S = 24 * 3600.0
"""A recording that no clip knows of may be one whose upload is not through, until it is this old."""

_log = logging.getLogger(__name__)
_CLIP_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_INCOMING = ".incoming"
"""No clip id begins with a dot."""

_PAGE = 500

_P = ParamSpec("_P")
_T = TypeVar("_T")


class FileAudioStore(AudioStore):
    """Keeps recordings under `root`, each in a folder of its own, named by the clip's id.

    A recording is written in `.incoming`, synced, and renamed into its place, so that it is there
    as a whole or not at all, whatever happens. Call `discard_incomplete` and `warn_of_unknown` when
    the service starts. Raises `StorageFull` when the disk is, and `StorageFailed` when it fails otherwise.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    async def put(
        self, clip_id: str, content: AsyncIterator[bytes] | Path, *, max_size_bytes: int | None = None
    ) -> StoredAudio:
        if not _CLIP_ID.fullmatch(clip_id):
            raise ValueError(f"not a clip id: {clip_id!r}")
        tally = Tally(max_size_bytes)
        incoming = _Incoming(self._root)
        try:
            await self._in_thread(incoming.create)
            async for part in parts_of(content) if isinstance(content, Path) else content:
                await self._in_thread(incoming.write, part, tally)
            stored = tally.result()
            await self._in_thread(incoming.publish, clip_id)
        except BaseException:
            await self._in_thread(incoming.discard)
            raise
        return stored

    def local_path(self, clip_id: str) -> AbstractAsyncContextManager[Path]:
        return self._local_path(clip_id)

    @asynccontextmanager
    async def _local_path(self, clip_id: str) -> AsyncIterator[Path]:
        path = self._root / clip_id / "audio"
        if not _CLIP_ID.fullmatch(clip_id) or not await self._in_thread(path.is_file):
            raise NotFound("clip", clip_id)
        yield path

    async def delete(self, clip_id: str) -> None:
        if _CLIP_ID.fullmatch(clip_id):
            await self._in_thread(self._delete, clip_id)

    def discard_incomplete(self) -> None:
        """Remove what a crash left half written; what another process is writing stays. Blocking."""
        if not (self._root / _INCOMING).is_dir():
            return
        with _locked(self._root / _INCOMING, fcntl.LOCK_EX):
            for place in (self._root / _INCOMING).glob("*"):
                if not _is_being_written(place / "audio"):
                    shutil.rmtree(place, ignore_errors=True)

    async def warn_of_unknown(self, clips: ClipRepository) -> None:
        """Log which recordings `clips` does not know of: a crash between two steps left them.

        Nothing is removed: they may also be all that is left when an older database was put back.
        Looks at those older than `UNKNOWN_FOR_S` only, because an upload is stored before its clip is.
        """
        # The recordings first: whatever comes meanwhile is not among them.
        unknown = await self._in_thread(self._old_recordings)
        cursor, more = None, bool(unknown)
        while more:
            page = await clips.search(limit=_PAGE, cursor=cursor)
            unknown -= {clip.id for clip in page.items}
            cursor, more = page.next_cursor, page.next_cursor is not None
        for clip_id in sorted(unknown):
            _log.warning("no clip knows of the recording in %s; remove it by hand", self._root / clip_id)

    def _old_recordings(self) -> set[str]:
        """The ids of all recordings, and of nothing else that may be in the folder, that are not new."""
        places = self._root.iterdir() if self._root.is_dir() else ()
        return {place.name for place in places if _is_old_recording(place)}

    def _delete(self, clip_id: str) -> None:
        if not (self._root / clip_id).exists():
            return
        doomed = _new_place(self._root)
        doomed.parent.mkdir(exist_ok=True, mode=0o700)
        with _locked(doomed.parent, fcntl.LOCK_SH):
            # Renamed first: a crash in the middle leaves no half of a recording under the clip's id.
            try:
                (self._root / clip_id).rename(doomed)
            except FileNotFoundError:
                return
            _sync(self._root)
            shutil.rmtree(doomed)

    async def _in_thread(self, call: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        try:
            return await in_thread(call, *args, **kwargs)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise StorageFull(f"no space is left in {self._root}") from error
            raise StorageFailed(f"recordings cannot be kept in {self._root}: {error.strerror}") from error


class _Incoming:
    """A recording that is being written. Its file is locked, so that others see that it is alive."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._place = _new_place(root)
        self._file: BinaryIO | None = None

    def create(self) -> None:
        _make_durably(self._root)
        self._place.parent.mkdir(exist_ok=True, mode=0o700)
        # Nobody may clean up between the making of the file and its lock.
        with _locked(self._place.parent, fcntl.LOCK_SH):
            self._place.mkdir(mode=0o700)
            self._file = (self._place / "audio").open("xb")
            fcntl.flock(self._file, fcntl.LOCK_EX)

    def write(self, part: bytes, tally: Tally) -> None:
        tally.add(part)
        self._opened.write(part)

    def publish(self, clip_id: str) -> None:
        """Make it durable, then visible. Raises `Conflict` when the id is taken."""
        self._opened.flush()
        os.fsync(self._opened.fileno())
        _sync(self._place)
        final = self._root / clip_id
        try:
            self._place.rename(final)
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
                raise Conflict(f"there is already a recording for clip {clip_id}") from error
            raise
        self._place = final
        _sync(self._root)
        self._opened.close()

    def discard(self) -> None:
        if self._file is not None:
            # Closing writes what is buffered; on a full disk that fails too, and does not matter.
            try:
                self._file.close()
            except OSError:
                os.truncate(self._place / "audio", 0)
        shutil.rmtree(self._place, ignore_errors=True)

    @property
    def _opened(self) -> BinaryIO:
        if self._file is None:
            raise ValueError("not created yet")
        return self._file


def _new_place(root: Path) -> Path:
    return root / _INCOMING / uuid.uuid4().hex


def _is_old_recording(place: Path) -> bool:
    try:
        return (
            _CLIP_ID.fullmatch(place.name) is not None
            and not place.is_symlink()
            and [path.name for path in place.iterdir()] == ["audio"]
            and (place / "audio").is_file()
            # Unlike its mtime it says when it came here, be it from a backup.
            and time.time() - (place / "audio").stat().st_ctime > UNKNOWN_FOR_S
        )
    except OSError:  # gone meanwhile, no folder, or none of ours
        return False


def _is_being_written(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False


def _make_durably(folder: Path) -> None:
    if not folder.is_dir():
        _make_durably(folder.parent)
        folder.mkdir(exist_ok=True)
        _sync(folder.parent)


def _sync(folder: Path) -> None:
    """A rename is durable once its folder is."""
    with _opened(folder) as descriptor:
        os.fsync(descriptor)


@contextmanager
def _locked(folder: Path, kind: int) -> Iterator[None]:
    with _opened(folder) as descriptor:
        fcntl.flock(descriptor, kind)
        yield


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
