"""Recordings that stay where they are, for the command line and the library."""

import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from app.adapters.outbound.audio.file_store import FileAudioStore
from app.adapters.outbound.audio.intake import in_thread, require_content, require_not_larger, size_of
from app.domain.errors import Conflict, NotFound
from app.domain.ports.audio import AudioStore, StoredAudio


class InPlaceAudioStore(AudioStore):
    """Refers to the caller's files and copies nothing; remembers them as long as it lives.

    Recordings that come as bytes go to a private temporary folder, which `close` removes. A file
    that the caller moves away is `NotFound` from then on.
    """

    def __init__(self) -> None:
        self._paths: dict[str, Path] = {}
        self._folder: Path | None = None

    async def put(
        self, clip_id: str, content: AsyncIterator[bytes] | Path, *, max_size_bytes: int | None = None
    ) -> StoredAudio:
        if clip_id in self._paths:
            raise Conflict(f"there is already a recording for clip {clip_id}")
        if not isinstance(content, Path):
            self._folder = self._folder or Path(tempfile.mkdtemp(prefix="diarist-"))
            return await FileAudioStore(self._folder).put(clip_id, content, max_size_bytes=max_size_bytes)
        size_bytes = await in_thread(size_of, content)
        require_not_larger(size_bytes, max_size_bytes)
        require_content(size_bytes)
        self._paths[clip_id] = await in_thread(content.resolve)
        return StoredAudio(size_bytes=size_bytes, sha256=None)

    def local_path(self, clip_id: str) -> AbstractAsyncContextManager[Path]:
        if clip_id in self._paths or self._folder is None:
            return self._in_place(clip_id)
        return FileAudioStore(self._folder).local_path(clip_id)

    @asynccontextmanager
    async def _in_place(self, clip_id: str) -> AsyncIterator[Path]:
        path = self._paths.get(clip_id)
        if path is None or not await in_thread(path.is_file):
            raise NotFound("clip", clip_id)
        yield path

    async def delete(self, clip_id: str) -> None:
        """Forget a recording. The caller's own file stays."""
        if self._paths.pop(clip_id, None) is None and self._folder is not None:
            await FileAudioStore(self._folder).delete(clip_id)

    def close(self) -> None:
        """Remove the temporary folder and with it what came as bytes. What comes next gets a new one."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
