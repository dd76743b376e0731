"""Recordings and the sound in them."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from app.domain.timeline import TimeRange

SAMPLE_RATE_HZ = 16_000
"""What every engine here listens at; the decoder resamples to it once."""

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioClip:
    """A stored recording: its identity and what is known about it. `duration` is in seconds.

    `sha256` is None where a recording is read in place: to read all of it first would delay its words.
    """

    id: str
    filename: str
    size_bytes: int
    duration: float
    sha256: str | None
    media_type: str
    created_at: datetime

    def __post_init__(self) -> None:
        if not self.id:
            raise ValueError("a clip needs an id")
        if self.size_bytes <= 0 or self.duration < 0:
            raise ValueError(f"clip {self.id}: {self.size_bytes} bytes, {self.duration} s")
        if self.created_at.tzinfo is None:
            raise ValueError(f"clip {self.id}: created_at needs a time zone")


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioProbe:
    """What a look at a recording's packets tells, before any of it is decoded for real."""

    duration: float
    media_type: str
    channels: int
    sample_rate_hz: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Waveform:
    """Mono sound: float32 samples of shape (n,) within -1..1, beginning `start_s` into the clip."""

    samples: Samples
    start_s: float
    sample_rate_hz: int = SAMPLE_RATE_HZ

    def __post_init__(self) -> None:
        if self.samples.ndim != 1 or self.samples.dtype != np.float32:
            raise ValueError(f"samples must be float32 (n,), got {self.samples.dtype} {self.samples.shape}")

    @property
    def end_s(self) -> float:
        return self.start_s + len(self.samples) / self.sample_rate_hz

    def cut(self, part: TimeRange) -> Samples:
        """The samples of `part` of the clip (a view); what lies outside this waveform is left out."""
        first = round((part.start - self.start_s) * self.sample_rate_hz)
        last = round((part.end - self.start_s) * self.sample_rate_hz)
        return self.samples[max(0, first) : max(0, last)]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AudioChunk:
    """A stretch of a clip for diarization: a core that counts, and sound around it for context.

    `index` counts chunks from 0; consecutive cores touch. `speech` are the ranges inside the
    waveform where somebody speaks, sorted and disjoint, in clip time.
    """

    clip_id: str
    index: int
    core: TimeRange
    waveform: Waveform
    speech: tuple[TimeRange, ...]


class AudioBuffer:
    """The stretch of one channel that somebody still needs, filled at the end and dropped at the start."""

    def __init__(self) -> None:
        self._samples: Samples = np.zeros(0, np.float32)
        self._first = 0

    @property
    def end_s(self) -> float:
        return (self._first + len(self._samples)) / SAMPLE_RATE_HZ

    @property
    def held_s(self) -> float:
        """How many seconds are held."""
        return len(self._samples) / SAMPLE_RATE_HZ

    def append(self, block: Waveform) -> None:
        """Take the block that follows what came before."""
        if round(block.start_s * SAMPLE_RATE_HZ) != self._first + len(self._samples):
            raise ValueError(f"block at {block.start_s} s does not follow {self.end_s} s")
        self._samples = np.concatenate([self._samples, block.samples])

    def drop_before(self, time_s: float) -> None:
        """Forget everything before `time_s`."""
        count = min(max(0, round(time_s * SAMPLE_RATE_HZ) - self._first), len(self._samples))
        self._samples = self._samples[count:].copy()
        self._first += count

    def cut(self, part: TimeRange) -> Samples:
        """A copy of the samples of `part`, which must still be held; its end is clamped to what came."""
        first = round(part.start * SAMPLE_RATE_HZ) - self._first
        if first < 0:
            raise ValueError(f"{part.start} s was dropped already")
        return self._samples[first : round(part.end * SAMPLE_RATE_HZ) - self._first].copy()
