"""The conversation with a speaker diarizer."""

from abc import abstractmethod
from typing import Protocol

from app.domain.audio import AudioChunk
from app.domain.diarization import ChunkDiarization
from app.domain.engine import EngineInfo


class DiarizationPort(Protocol):
    """Tells the speakers of one chunk apart."""

    @abstractmethod
    def describe(self) -> EngineInfo:
        """Who the engine is; `model` names its embeddings. Loads nothing."""

    def check(self) -> None:
        """Raise `EngineUnavailable` when a package or model is missing. Loads nothing."""
        return

    async def aclose(self) -> None:
        """Let go of models, threads and processes. A later call starts afresh."""
        return

    @abstractmethod
    async def diarize(self, chunk: AudioChunk, *, max_speakers: int | None) -> ChunkDiarization:
        """Who speaks when in the chunk, by local numbers, in clip time.

        `max_speakers` is an upper bound for this chunk. Knows nothing of other chunks: the same
        chunk gives the same answer. Raises `EngineUnavailable` or `EngineFailed`.
        """
