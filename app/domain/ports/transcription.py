"""The conversation with a speech recognizer."""

from abc import abstractmethod
from enum import IntEnum
from typing import Protocol

from app.domain.engine import EngineInfo
from app.domain.options import TranscriptionOptions
from app.domain.transcript import TranscriptionText
from app.domain.windows import SpeechWindow


class Priority(IntEnum):
    """Lower goes first when windows of many requests wait."""

    LIVE = 0
    SHORT = 1
    FILE = 2


class TranscriptionPort(Protocol):
    """Turns windows of speech into words."""

    @abstractmethod
    def describe(self) -> EngineInfo:
        """Who the engine is and what it honours. Loads nothing."""

    def check(self) -> None:
        """Raise `EngineUnavailable` when a package or model is missing. Loads nothing."""
        return

    async def aclose(self) -> None:
        """Let go of models, threads and processes. A later call starts afresh."""
        return

    @abstractmethod
    async def transcribe(
        self, window: SpeechWindow, options: TranscriptionOptions, *, priority: Priority = Priority.FILE
    ) -> TranscriptionText:
        """The words of one window, in clip time (`window.on_clip` maps them), in order of start.

        The same window and options give the same words, whatever else is running. Cancelling the
        call gives up its place in the queue. Raises `EngineUnavailable` when the model cannot be
        had, `EngineBusy` when the queue is full, `EngineFailed` when the engine breaks.
        """
