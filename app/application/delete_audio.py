"""Forget a recording and everything made of it."""

from app.domain.ports import AudioStore, ClipRepository, JobLedger


class DeleteAudio:
    """Deletes a clip, its transcript, its jobs with their logs, and its sound."""

    def __init__(self, *, clips: ClipRepository, audio_store: AudioStore, ledger: JobLedger) -> None:
        self._clips = clips
        self._audio_store = audio_store
        self._ledger = ledger

    async def execute(self, clip_id: str) -> None:
        """Raises `NotFound`."""
        # The clip first: should the second step fail, what is left is a file nobody can reach,
        # which a later start of the service removes, rather than a clip that nobody can play.
        await self._clips.delete(clip_id)
        await self._ledger.forget_clip(clip_id)
        await self._audio_store.delete(clip_id)
