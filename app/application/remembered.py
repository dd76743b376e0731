"""Engines that look up first whether the work was done before.

So a run that was killed is simply run again: decoding and voice activity start from zero, what the
engines had finished is looked up. That holds up no run: where the storage cannot be used, the engine
does the work. Failures are not remembered.
"""

import logging
from collections.abc import Awaitable
from typing import TypeVar

from app.domain.audio import AudioChunk
from app.domain.diarization import ChunkDiarization
from app.domain.engine import EngineInfo
from app.domain.errors import NotFound, StorageFailed, StorageFull
from app.domain.finished_work import ChunkKey, WindowKey
from app.domain.options import TranscriptionOptions
from app.domain.ports import DiarizationPort, FinishedWork, Priority, TranscriptionPort
from app.domain.transcript import TranscriptionText
from app.domain.windows import SpeechWindow

_log = logging.getLogger(__name__)

Result = TypeVar("Result")


class RememberedTranscription(TranscriptionPort):
    """An engine whose words are kept in `finished`, and taken from there."""

    def __init__(self, engine: TranscriptionPort, finished: FinishedWork) -> None:
        self._engine = engine
        self._finished = finished

    def describe(self) -> EngineInfo:
        return self._engine.describe()

    def check(self) -> None:
        self._engine.check()

    async def load(self) -> None:
        await self._engine.load()

    async def aclose(self) -> None:
        await self._engine.aclose()

    async def transcribe(
        self, window: SpeechWindow, options: TranscriptionOptions, *, priority: Priority = Priority.FILE
    ) -> TranscriptionText:
        known = await _look_up(self._finished.text(WindowKey.of(window, options, self.describe())))
        if known is not None:
            return known
        text = await self._engine.transcribe(window, options, priority=priority)
        # Asked again who it is: the first use may have downloaded a model, and so settled its revision.
        await _keep(self._finished.keep_text(WindowKey.of(window, options, self.describe()), text))
        return text


class RememberedDiarization(DiarizationPort):
    """An engine whose turns and voice samples are kept in `finished`, and taken from there.

    What was found without a bound is not taken for what would be found within one: an engine that may
    not name a third speaker decides otherwise about the first two.
    """

    def __init__(self, engine: DiarizationPort, finished: FinishedWork) -> None:
        self._engine = engine
        self._finished = finished

    def describe(self) -> EngineInfo:
        return self._engine.describe()

    def check(self) -> None:
        self._engine.check()

    async def load(self) -> None:
        await self._engine.load()

    async def aclose(self) -> None:
        await self._engine.aclose()

    async def diarize(self, chunk: AudioChunk, *, max_speakers: int | None) -> ChunkDiarization:
        known = await _look_up(self._finished.chunk(ChunkKey.of(chunk, max_speakers, self.describe())))
        if known is not None:
            return known
        found = await self._engine.diarize(chunk, max_speakers=max_speakers)
        await _keep(self._finished.keep_chunk(ChunkKey.of(chunk, max_speakers, self.describe()), found))
        return found


async def _look_up(search: Awaitable[Result | None]) -> Result | None:
    try:
        return await search
    except StorageFailed as failure:
        _log.warning("finished work cannot be looked up: %s", failure)
        return None


async def _keep(keeping: Awaitable[None]) -> None:
    try:
        await keeping
    except NotFound:
        _log.debug("finished work was not kept: its clip is gone")
    except (StorageFull, StorageFailed) as failure:
        _log.warning("finished work cannot be kept: %s", failure)
