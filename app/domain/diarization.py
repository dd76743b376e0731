"""What a diarizer finds in one chunk, before anybody knows who is who on the whole clip."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.domain.timeline import TimeRange

LONGEST_SAMPLE_S = 10.0

_UNIT_TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalTurn:
    """A speaker of this chunk talks during `range` (clip time). Turns of two speakers may overlap."""

    local_speaker: int
    range: TimeRange


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VoiceSample:
    """How a speaker of this chunk sounds during `range` (at most 10 s, clip time).

    `embedding` is float32 (d,) of unit length; `model` names what made it: embeddings of different
    models are never compared.
    """

    local_speaker: int
    range: TimeRange
    embedding: npt.NDArray[np.float32]
    model: str

    def __post_init__(self) -> None:
        if self.embedding.ndim != 1 or not abs(float(np.linalg.norm(self.embedding)) - 1) < _UNIT_TOLERANCE:
            raise ValueError("a voice sample's embedding must be a finite vector of unit length")
        if self.range.duration > LONGEST_SAMPLE_S + _UNIT_TOLERANCE:
            raise ValueError(f"a voice sample is at most {LONGEST_SAMPLE_S} s long: {self.range}")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ChunkDiarization:
    """Turns and up to 16 voice samples per local speaker. Local numbers mean nothing outside the chunk.

    Turns may lie anywhere in the chunk's waveform; only what falls into its core counts. A speaker
    with turns but no sample is allowed: too short to be told from others by voice.
    """

    turns: tuple[LocalTurn, ...]
    samples: tuple[VoiceSample, ...]
