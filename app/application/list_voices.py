"""Tell whose voices are known."""

from app.domain.ports import VoiceRepository
from app.domain.voices import KnownVoice


class ListVoices:
    """Lists all known voices by name: they are as many as somebody took the trouble to enrol."""

    def __init__(self, *, voices: VoiceRepository) -> None:
        self._voices = voices

    async def execute(self) -> tuple[KnownVoice, ...]:
        return await self._voices.list()
