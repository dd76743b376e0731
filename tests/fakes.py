"""Stand-ins for the ports that no shipped adapter plays simply enough for tests."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.domain.audio import AudioProbe, Waveform
from app.domain.errors import AudioTooLarge, Conflict, InvalidAudio, NotFound
from app.domain.options import ChannelMode
from app.domain.ports import AudioDecoder, AudioStore, Clock, StoredAudio


class FakeClock(Clock):
    """Starts at noon; each look is a second later than the one before. Ids are id-1, id-2, …"""

    def __init__(self) -> None:
        self._now = datetime(2026, 1, 1, 12, tzinfo=UTC)
        self._ids = 0

    def now(self) -> datetime:
        self._now += timedelta(seconds=1)
        return self._now

    def new_id(self) -> str:
        self._ids += 1
        return f"id-{self._ids}"


class FolderAudioStore(AudioStore):
    """Keeps each recording as a file named by its id."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def kept(self) -> set[str]:
        return {path.name for path in self._folder.iterdir()}

    async def put(
        self, clip_id: str, content: AsyncIterator[bytes] | Path, *, max_size_bytes: int | None = None
    ) -> StoredAudio:
        if clip_id in self.kept:
            raise Conflict(f"{clip_id} is taken")
        data = _read(content) if isinstance(content, Path) else b"".join([part async for part in content])
        if not data:
            raise InvalidAudio("the recording is empty")
        if max_size_bytes is not None and len(data) > max_size_bytes:
            raise AudioTooLarge(f"more than {max_size_bytes} bytes")
        (self._folder / clip_id).write_bytes(data)
        return StoredAudio(size_bytes=len(data), sha256=hashlib.sha256(data).hexdigest())

    @asynccontextmanager
    async def local_path(self, clip_id: str) -> AsyncIterator[Path]:
        if clip_id not in self.kept:
            raise NotFound("clip", clip_id)
        yield self._folder / clip_id

    async def delete(self, clip_id: str) -> None:
        (self._folder / clip_id).unlink(missing_ok=True)


def _read(path: Path) -> bytes:
    return path.read_bytes()


class FakeDecoder(AudioDecoder):
    """Finds the same in every file: `probed` (an error is raised) and `sound`, block by block."""

    def __init__(
        self,
        probed: AudioProbe | Exception | None = None,
        sound: tuple[tuple[Waveform, ...], ...] = (),
    ) -> None:
        self._probed = probed or AudioProbe(
            duration=12.5, media_type="audio/wav", channels=1, sample_rate_hz=44_100
        )
        self._sound = sound

    async def probe(self, path: Path) -> AudioProbe:
        if isinstance(self._probed, Exception):
            raise self._probed
        return self._probed

    async def blocks(
        self, path: Path, *, channels: ChannelMode = "mix"
    ) -> AsyncIterator[tuple[Waveform, ...]]:
        for block in self._sound:
            yield block
