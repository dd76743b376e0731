"""Forget what was said on a clip."""

from app.domain.ports import TranscriptRepository


class DeleteTranscript:
    """Deletes the transcript of a clip; the recording stays."""

    def __init__(self, *, transcripts: TranscriptRepository) -> None:
        self._transcripts = transcripts

    async def execute(self, clip_id: str) -> None:
        """Raises `NotFound` when the clip has no transcript, or there is no such clip."""
        await self._transcripts.delete(clip_id)
