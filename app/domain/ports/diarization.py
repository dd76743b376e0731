"""The conversation with a speaker diarizer."""

from abc import abstractmethod
from typing import Protocol

from app.domain.audio import AudioChunk
from app.domain.diarization import ChunkDiarization
from app.domain.ports.engine import EnginePort


class DiarizationPort(EnginePort, Protocol):
    """Tells the speakers of one chunk apart. The `model` that it describes names its embeddings."""

    @abstractmethod
    async def diarize(self, chunk: AudioChunk, *, max_speakers: int | None) -> ChunkDiarization:
        """Who speaks when in the chunk, by local numbers, in clip time.

        `max_speakers` is an upper bound for this chunk. Knows nothing of other chunks: the same
        chunk gives the same answer. Raises `EngineUnavailable` or `EngineFailed`.
        """
