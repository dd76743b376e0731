"""The conversation with whatever keeps known voices."""

from abc import abstractmethod
from typing import Protocol

from app.domain.voices import KnownVoice


class VoiceRepository(Protocol):
    """Keeps known voices by their names. They have no tie to clips, and outlive them."""

    @abstractmethod
    async def add(self, voice: KnownVoice) -> KnownVoice:
        """Keep a voice, durably, and return what is kept.

        Where its name is known (`name_key`), its voiceprints are pooled with those of that voice, which
        keeps its id, its spelling and its date. Of many at once none is lost.
        """

    @abstractmethod
    async def get(self, voice_id: str) -> KnownVoice:
        """Raises `NotFound`."""

    @abstractmethod
    async def list(self) -> tuple[KnownVoice, ...]:
        """All of them, in order of their names."""

    @abstractmethod
    async def delete(self, voice_id: str) -> None:
        """Forget a voice and all its voiceprints. Raises `NotFound`."""
