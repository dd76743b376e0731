"""Take in a recording."""

import asyncio
import re
import unicodedata
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

from app.domain.audio import AudioClip
from app.domain.errors import NotFound
from app.domain.ports import AudioDecoder, AudioStore, ClipRepository, Clock, StoredAudio

MAX_FILENAME_LENGTH = 255
"""What file systems allow."""


class StoreAudio:
    """Keeps a recording and what can be told about it without decoding it.

    `max_size_bytes` None means no limit.
    """

    def __init__(
        self,
        *,
        audio_store: AudioStore,
        clips: ClipRepository,
        decoder: AudioDecoder,
        clock: Clock,
        max_size_bytes: int | None = None,
    ) -> None:
        self._audio_store = audio_store
        self._clips = clips
        self._decoder = decoder
        self._clock = clock
        self._max_size_bytes = max_size_bytes

    async def execute(self, filename: str, content: AsyncIterator[bytes] | Path) -> AudioClip:
        """Store `content`, as it comes or from a local file, under a new id: all of it or nothing.

        `filename` is for people and never becomes a path. Raises `InvalidAudio` for what cannot be
        opened as audio and `AudioTooLarge` past a limit; whatever `content` raises passes through.
        """
        clip_id = self._clock.new_id()
        stored = await self._audio_store.put(clip_id, content, max_size_bytes=self._max_size_bytes)
        try:
            clip = await self._described(clip_id, filename, stored)
            await self._remember(clip)
        except BaseException:  # a caller that gives up (cancellation) leaves nothing behind either
            await self._audio_store.delete(clip_id)
            raise
        return clip

    async def _remember(self, clip: AudioClip) -> None:
        try:
            await self._clips.add(clip)
        except asyncio.CancelledError:
            # It may have been remembered all the same.
            with suppress(NotFound):
                await self._clips.delete(clip.id)
            raise

    async def _described(self, clip_id: str, filename: str, stored: StoredAudio) -> AudioClip:
        async with self._audio_store.local_path(clip_id) as path:
            probe = await self._decoder.probe(path)
        return AudioClip(
            id=clip_id,
            filename=clean_filename(filename),
            size_bytes=stored.size_bytes,
            duration=probe.duration,
            sha256=stored.sha256,
            media_type=probe.media_type,
            created_at=self._clock.now(),
        )


def clean_filename(filename: str) -> str:
    """The last part of a client's file name as one printable line, "recording" if nothing is left.

    One that is too long keeps its end, where the extension is.
    """
    base = re.split(r"[/\\]", filename)[-1]
    printable = "".join(c for c in base if unicodedata.category(c) not in ("Cc", "Cs", "Zl", "Zp"))
    name = printable.strip()[-MAX_FILENAME_LENGTH:].strip()
    return name if name.strip(".") else "recording"
