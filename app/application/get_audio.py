"""Look up a recording, or listen to it."""

from contextlib import AbstractAsyncContextManager
from pathlib import Path

from app.domain.audio import AudioClip
from app.domain.ports import AudioStore, ClipRepository


class GetAudio:
    """Finds a stored recording."""

    def __init__(self, *, clips: ClipRepository, audio_store: AudioStore) -> None:
        self._clips = clips
        self._audio_store = audio_store

    async def execute(self, clip_id: str) -> AudioClip:
        """Raises `NotFound`."""
        return await self._clips.get(clip_id)

    def content(self, clip_id: str) -> AbstractAsyncContextManager[Path]:
        """A local file with the recording as it came, good inside the `async with`. Raises `NotFound`."""
        return self._audio_store.local_path(clip_id)
