"""Forget somebody's voice."""

from app.domain.ports import VoiceRepository


class DeleteVoice:
    """Deletes a known voice with all that was learnt of it. Transcripts that are stored keep the name."""

    def __init__(self, *, voices: VoiceRepository) -> None:
        self._voices = voices

    async def execute(self, voice_id: str) -> None:
        """Raises `NotFound`."""
        await self._voices.delete(voice_id)
