"""Known voices for Python callers."""

import os
from pathlib import Path

from app.application.enrol_voice import Enrolment
from app.application.use_cases import VoiceUseCases
from app.domain.voices import KnownVoice
from app.infrastructure.background_loop import BackgroundLoop


class AsyncVoices:
    """The voices that transcripts name."""

    def __init__(self, use_cases: VoiceUseCases) -> None:
        self._use_cases = use_cases

    async def add(
        self,
        name: str,
        path: str | os.PathLike[str],
        *,
        start: float | None = None,
        end: float | None = None,
    ) -> Enrolment:
        """Learn who `name` is from a file, or from `start` to `end` of it: at most 120 s. It is not kept.

        Raises `InvalidOptions`, `InvalidAudio` where it is not one person who speaks, or not for 2 s,
        `Conflict` where the name is known for quite another voice, and `EngineUnavailable`.
        """
        return await self._use_cases.enrol_voice.execute(name, Path(path), start=start, end=end)

    async def list(self) -> tuple[KnownVoice, ...]:
        """All known voices, by name."""
        return await self._use_cases.list_voices.execute()

    async def delete(self, voice_id: str) -> None:
        """Forget a voice and all that was learnt of it. Raises `NotFound`."""
        await self._use_cases.delete_voice.execute(voice_id)


class Voices:
    """`AsyncVoices` for programs without an event loop."""

    def __init__(self, voices: AsyncVoices, loop: BackgroundLoop) -> None:
        self._voices = voices
        self._loop = loop

    def add(
        self,
        name: str,
        path: str | os.PathLike[str],
        *,
        start: float | None = None,
        end: float | None = None,
    ) -> Enrolment:
        return self._loop.wait_for(self._voices.add(name, path, start=start, end=end))

    def list(self) -> tuple[KnownVoice, ...]:
        return self._loop.wait_for(self._voices.list())

    def delete(self, voice_id: str) -> None:
        self._loop.wait_for(self._voices.delete(voice_id))
