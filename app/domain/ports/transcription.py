"""The conversation with a speech recognizer."""

from abc import abstractmethod
from enum import IntEnum
from typing import Protocol

from app.domain.options import TranscriptionOptions
from app.domain.ports.engine import EnginePort
from app.domain.transcript import TranscriptionText
from app.domain.windows import SpeechWindow


class Priority(IntEnum):
    """Lower goes first when windows of many requests wait."""

    LIVE = 0
    SHORT = 1
    FILE = 2


class TranscriptionPort(EnginePort, Protocol):
    """Turns windows of speech into words."""

    @abstractmethod
    async def transcribe(
        self, window: SpeechWindow, options: TranscriptionOptions, *, priority: Priority = Priority.FILE
    ) -> TranscriptionText:
        """The words of one window, in clip time (`window.on_clip` maps them), in order of start.

        The same window and options give the same words, whatever else is running. Cancelling the
        call gives up its place in the queue. Raises `EngineUnavailable` when the model cannot be
        had, `EngineBusy` when the queue is full, `EngineFailed` when the engine breaks.
        """
