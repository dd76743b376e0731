"""The conversation with a voice activity detector."""

from abc import abstractmethod
from typing import Protocol

from app.domain.audio import Waveform
from app.domain.ports.engine import EnginePort
from app.domain.voice import VoiceActivity


class VoiceListener(Protocol):
    """Hears one channel of one recording from start to end, block by block."""

    @abstractmethod
    async def hear(self, block: Waveform) -> VoiceActivity:
        """Probabilities of all frames that this block completes.

        Blocks must follow each other without gaps; the answer does not depend on how the sound was
        cut into blocks. A part of a frame at the end waits for the next block.
        """


class VoiceActivityPort(EnginePort, Protocol):
    """Tells speech from everything else."""

    @abstractmethod
    def listen(self) -> VoiceListener:
        """A fresh listener, for one channel of one recording."""
