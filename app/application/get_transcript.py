"""Look up what was said on a clip."""

from app.domain.ports import TranscriptRepository
from app.domain.transcript import Transcript


class GetTranscript:
    """Finds the latest transcript of a clip."""

    def __init__(self, *, transcripts: TranscriptRepository) -> None:
        self._transcripts = transcripts

    async def execute(self, clip_id: str) -> Transcript:
        """Raises `NotFound` when the clip has no transcript, or there is no such clip."""
        return await self._transcripts.get(clip_id)
