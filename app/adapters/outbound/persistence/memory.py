"""Repositories that forget everything when the process ends: for tests, one-off runs and the CLI."""

from app.adapters.outbound.persistence.paging import Position, folded, require_page_limit
from app.domain.audio import AudioClip
from app.domain.errors import Conflict, NotFound
from app.domain.ports import ClipPage, ClipRepository, TranscriptRepository
from app.domain.transcript import Transcript


class MemoryClipRepository(ClipRepository):
    """Remembers clips in a dict, and beside them what `MemoryTranscriptRepository` keeps of each."""

    def __init__(self) -> None:
        self._clips: dict[str, AudioClip] = {}
        self.transcripts: dict[str, Transcript] = {}

    def __contains__(self, clip_id: str) -> bool:
        return clip_id in self._clips

    async def add(self, clip: AudioClip) -> None:
        if clip.id in self._clips:
            raise Conflict(f"there is already a clip with id {clip.id!r}")
        self._clips[clip.id] = clip

    async def get(self, clip_id: str) -> AudioClip:
        if clip_id not in self._clips:
            raise NotFound("clip", clip_id)
        return self._clips[clip_id]

    async def search(self, text: str = "", *, limit: int = 50, cursor: str | None = None) -> ClipPage:
        require_page_limit(limit)
        found = [clip for clip in self._clips.values() if folded(text) in folded(clip.filename)]
        if cursor is not None:
            last_seen = Position.from_cursor(cursor)
            found = [clip for clip in found if Position.of(clip) < last_seen]
        found.sort(key=Position.of, reverse=True)
        return ClipPage(
            items=tuple(found[:limit]),
            next_cursor=Position.of(found[limit - 1]).to_cursor() if len(found) > limit else None,
        )

    async def delete(self, clip_id: str) -> None:
        if clip_id not in self._clips:
            raise NotFound("clip", clip_id)
        del self._clips[clip_id]
        self.transcripts.pop(clip_id, None)


class MemoryTranscriptRepository(TranscriptRepository):
    """Keeps the transcripts of the clips in `clips`; they go when their clip goes."""

    def __init__(self, clips: MemoryClipRepository) -> None:
        self._clips = clips

    async def save(self, transcript: Transcript) -> None:
        if transcript.clip_id not in self._clips:
            raise NotFound("clip", transcript.clip_id)
        self._clips.transcripts[transcript.clip_id] = transcript

    async def get(self, clip_id: str) -> Transcript:
        if clip_id not in self._clips.transcripts:
            raise NotFound("transcript", clip_id)
        return self._clips.transcripts[clip_id]

    async def delete(self, clip_id: str) -> None:
        if clip_id not in self._clips.transcripts:
            raise NotFound("transcript", clip_id)
        del self._clips.transcripts[clip_id]
