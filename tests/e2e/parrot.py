"""An engine whose every move a test decides."""

import asyncio

from app.domain.engine import EngineInfo
from app.domain.options import TranscriptionOptions
from app.domain.ports import Priority, TranscriptionPort
from app.domain.transcript import TranscriptionText, Word
from app.domain.windows import SpeechWindow


class Parrot(TranscriptionPort):
    """Says "squawk" at the start of each window, once its gate is open, or breaks if it has a failure."""

    def __init__(self, failure: Exception | None = None, gate: asyncio.Event | None = None) -> None:
        self.failure = failure
        self.gate = gate or asyncio.Event()
        if gate is None:
            self.gate.set()
        self.begun = asyncio.Event()
        self.windows = 0
        self.closed = False

    def describe(self) -> EngineInfo:
        return EngineInfo(name="parrot", model="grey")

    async def transcribe(
        self, window: SpeechWindow, options: TranscriptionOptions, *, priority: Priority = Priority.FILE
    ) -> TranscriptionText:
        self.windows += 1
        self.begun.set()
        await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        word = Word(word="squawk", start=window.range.start, end=window.range.start + 0.3)
        return TranscriptionText(words=(word,), language="en")

    async def aclose(self) -> None:
        self.closed = True
