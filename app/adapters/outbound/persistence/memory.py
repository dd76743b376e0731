"""Repositories that forget everything when the process ends: for tests, one-off runs and the CLI."""

from dataclasses import dataclass, field

from app.adapters.outbound.persistence.paging import Position, folded, require_page_limit
from app.domain.audio import AudioClip
from app.domain.diarization import ChunkDiarization
from app.domain.errors import Conflict, NotFound
from app.domain.finished_work import ChunkKey, WindowKey
from app.domain.ports import ClipPage, ClipRepository, FinishedWork, TranscriptRepository
from app.domain.transcript import Transcript, TranscriptionText


@dataclass(slots=True)
class FinishedPieces:
    """What engines have made of one clip."""

    texts: dict[WindowKey, TranscriptionText] = field(default_factory=dict)
    chunks: dict[ChunkKey, ChunkDiarization] = field(default_factory=dict)


class MemoryClipRepository(ClipRepository):
    """Remembers clips in a dict, and beside them what the other repositories here keep of each."""

    def __init__(self) -> None:
        self._clips: dict[str, AudioClip] = {}
        self.transcripts: dict[str, Transcript] = {}
        self.finished: dict[str, FinishedPieces] = {}

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
        self.finished.pop(clip_id, None)


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
        self._clips.finished.pop(clip_id, None)


class MemoryFinishedWork(FinishedWork):
    """Keeps what engines made of the clips in `clips`; it goes when the clip or its transcript goes."""

    def __init__(self, clips: MemoryClipRepository) -> None:
        self._clips = clips

    async def text(self, key: WindowKey) -> TranscriptionText | None:
        return self._of(key.clip_id).texts.get(key)

    async def keep_text(self, key: WindowKey, text: TranscriptionText) -> None:
        self._kept(key.clip_id).texts[key] = text

    async def chunk(self, key: ChunkKey) -> ChunkDiarization | None:
        return self._of(key.clip_id).chunks.get(key)

    async def keep_chunk(self, key: ChunkKey, found: ChunkDiarization) -> None:
        chunks = self._kept(key.clip_id).chunks
        chunks.pop(key, None)  # what is kept again comes last
        chunks[key] = found

    async def chunks(self, clip_id: str) -> list[ChunkKey]:
        return list(self._of(clip_id).chunks)

    def _of(self, clip_id: str) -> FinishedPieces:
        return self._clips.finished.get(clip_id, FinishedPieces())

    def _kept(self, clip_id: str) -> FinishedPieces:
        if clip_id not in self._clips:
            raise NotFound("clip", clip_id)
        return self._clips.finished.setdefault(clip_id, FinishedPieces())
