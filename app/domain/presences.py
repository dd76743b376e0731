"""Who is in a chunk: its local speakers, when they talk in its core, and how they sound."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from app.domain.diarization import ChunkDiarization, VoiceSample
from app.domain.timeline import TimeRange
from app.domain.voice_likeness import Flags, VoiceSums

TALK_AT_ONCE_S = 0.5
"""Two who talk at once for longer than this are two people; less may be where a change was misjudged."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Presence:
    """One local speaker of one chunk: the turns in its core, sorted, and what was heard of the voice.

    `heard` are the ranges of the voice samples, in order, `seconds` (n,) how much of the voice is in
    each, `voices` (n, d) their embeddings times those: none of who was too brief.
    """

    turns: tuple[TimeRange, ...]
    heard: tuple[TimeRange, ...]
    seconds: npt.NDArray[np.float32]
    voices: npt.NDArray[np.float32]
    model: str

    def told(self) -> Flags:
        """Which samples lie in turns, and not outside the core only (n,)."""
        return np.array([any(part.overlap(turn) > 0 for turn in self.turns) for part in self.heard], bool)

    def thinned(self) -> "Presence":
        """The same with half as many samples: every two neighbours are one."""
        firsts = range(0, len(self.heard), 2)
        return Presence(
            turns=self.turns,
            heard=tuple(_both(self.heard[first : first + 2]) for first in firsts),
            seconds=np.add.reduceat(self.seconds, firsts),
            voices=np.add.reduceat(self.voices, firsts, axis=0),
            model=self.model,
        )


def presences(chunk: ChunkDiarization, core: TimeRange) -> list[Presence]:
    """Who has turns in the core, in order of their first one, whatever their local numbers are."""
    turns: dict[int, list[TimeRange]] = {}
    samples: dict[int, list[VoiceSample]] = {}
    for turn in chunk.turns:
        inside = turn.range.clamp(core)
        if inside is not None:
            turns.setdefault(turn.local_speaker, []).append(inside)
    for sample in chunk.samples:
        samples.setdefault(sample.local_speaker, []).append(sample)
    found = [_presence(ranges, samples.get(speaker, [])) for speaker, ranges in turns.items()]
    return sorted(found, key=lambda presence: presence.turns)


def voices_of(present: Sequence[Presence], least: float | None) -> VoiceSums:
    """The voice of each presence."""
    return VoiceSums.of(
        [(one.voices.sum(axis=0), float(one.seconds.sum()), one.model) for one in present], least
    )


def samples_of(present: Sequence[Presence], least: float | None) -> VoiceSums:
    """Each single voice sample, presence by presence."""
    return VoiceSums.of(
        [
            (voice, float(seconds), one.model)
            for one in present
            for voice, seconds in zip(one.voices, one.seconds, strict=True)
        ],
        least,
    )


def at_once(present: Sequence[Presence]) -> Flags:
    """Which of a chunk's presences talk at the same time, so that they are two people for sure (m, m)."""
    together = np.zeros((len(present), len(present)), bool)
    for (i, one), (j, other) in combinations(enumerate(present), 2):
        both_s = sum(mine.overlap(theirs) for mine in one.turns for theirs in other.turns)
        together[i, j] = together[j, i] = both_s > TALK_AT_ONCE_S
    return together


def _presence(turns: list[TimeRange], samples: list[VoiceSample]) -> Presence:
    samples = sorted(samples, key=lambda sample: sample.range)
    samples = [sample for sample in samples if sample.model == samples[0].model]
    # Multiplied, so copied: a sample may be a view of a whole chunk's embeddings.
    rows = [sample.embedding * np.float32(sample.range.duration) for sample in samples]
    return Presence(
        turns=tuple(sorted(turns)),
        heard=tuple(sample.range for sample in samples),
        seconds=np.array([sample.range.duration for sample in samples], np.float32),
        voices=np.stack(rows) if rows else np.zeros((0, 0), np.float32),
        model=samples[0].model if samples else "",
    )


def _both(parts: tuple[TimeRange, ...]) -> TimeRange:
    return TimeRange(start=parts[0].start, end=max(part.end for part in parts))
