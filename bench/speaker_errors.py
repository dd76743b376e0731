"""How wrong the speakers of a recording are: of its seconds, of its words, and of their number.

Seconds are those of pyannote.metrics, without a collar and with overlap counted. Found labels are matched to
true ones in the way that suits the turns best, once for all measures.
"""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from app.domain.diarization import ChunkDiarization
from app.domain.timeline import TimeRange
from app.domain.transcript import SpeakerTurn, Word

if TYPE_CHECKING:
    from pyannote.core import Annotation

PAUSE_S = 1.0
LONGEST_SEGMENT_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Seconds:
    """Seconds of speech, and of them those without a speaker, with one too many, and with the wrong one."""

    speech: float
    missed: float
    false_alarm: float
    confused: float

    @property
    def rate(self) -> float:
        """The diarization error rate."""
        return (self.missed + self.false_alarm + self.confused) / self.speech

    def __add__(self, other: "Seconds") -> "Seconds":
        return Seconds(**{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)})

    def __str__(self) -> str:
        parts = {"missed": self.missed, "false": self.false_alarm, "confused": self.confused}
        told = ", ".join(f"{name} {part / self.speech:.1%}" for name, part in parts.items())
        return f"DER {self.rate:.1%}: {told}"


def compare(truth: Iterable[SpeakerTurn], found: Iterable[SpeakerTurn]) -> tuple[Seconds, dict[str, str]]:
    """What is wrong with `found`, and which true speaker each of its labels stands for."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pyannote.metrics.diarization import DiarizationErrorRate

        metric = DiarizationErrorRate(collar=0.0, skip_overlap=False)
        true, guessed = _annotation(truth), _annotation(found)
        told = metric(true, guessed, detailed=True)
        names = metric.optimal_mapping(true, guessed)
    return (
        Seconds(
            speech=told["total"],
            missed=told["missed detection"],
            false_alarm=told["false alarm"],
            confused=told["confusion"],
        ),
        {str(label): str(name) for label, name in names.items()},
    )


def by_overlap(words: Sequence[Word], turns: Sequence[SpeakerTurn]) -> list[str | None]:
    """Each word's speaker by overlap alone: None where nobody's turn overlaps it."""
    return [_most_overlapping(word.range, turns) for word in words]


def by_segment(words: Sequence[Word], turns: Sequence[SpeakerTurn], *, sentences: bool) -> list[str | None]:
    """Each word's speaker by the majority of its segment.

    Segments end at pauses of a second and after 30 s, as those of recognizers that decode a window at a
    time; with `sentences`, at every full stop too.
    """
    segments = _segments(words, sentences=sentences)
    return [
        label
        for segment in segments
        for label in [_most_overlapping(TimeRange(start=segment[0].start, end=_end(segment)), turns)]
        * len(segment)
    ]


def wrong_words(
    truth: Sequence[str | None], found: Sequence[str | None], names: Mapping[str, str]
) -> tuple[int, int]:
    """How many words have the wrong speaker or none, and how many of them have none."""
    nobody = sum(label is None for label in found)
    wrong = sum(label is None or names.get(label) != true for true, label in zip(truth, found, strict=True))
    return wrong, nobody


def link_by_truth(
    chunks: Sequence[tuple[TimeRange, ChunkDiarization]], truth: Sequence[SpeakerTurn]
) -> list[SpeakerTurn]:
    """The chunks' turns where each local speaker is whoever it overlaps most: an oracle's linking."""
    turns = []
    for core, found in chunks:
        for speaker in dict.fromkeys(turn.local_speaker for turn in found.turns):
            mine = [turn for turn in found.turns if turn.local_speaker == speaker]
            parts = [part for turn in mine if (part := turn.range.clamp(core)) is not None]
            near = [turn for turn in truth if turn.range.overlap(core) > 0]
            shares: dict[str, float] = {}
            for turn in near:
                shared_s = sum(turn.range.overlap(part) for part in parts)
                shares[turn.speaker_label] = shares.get(turn.speaker_label, 0.0) + shared_s
            label = max(shares, key=lambda name: shares[name]) if any(shares.values()) else "nobody"
            turns += [SpeakerTurn(start=p.start, end=p.end, speaker_label=label) for p in parts]
    return sorted(turns)


def _segments(words: Sequence[Word], *, sentences: bool) -> list[list[Word]]:
    segments: list[list[Word]] = []
    for word in words:
        last = segments[-1] if segments else []
        ended = sentences and bool(last) and last[-1].word.endswith(".")
        too_long = bool(last) and word.end - last[0].start > LONGEST_SEGMENT_S
        if not last or ended or too_long or word.start - last[-1].end >= PAUSE_S:
            segments.append([])
        segments[-1].append(word)
    return segments


def _most_overlapping(part: TimeRange, turns: Sequence[SpeakerTurn]) -> str | None:
    shares: dict[str, float] = {}
    for turn in turns:
        if turn.start >= part.end:
            break
        if (shared_s := turn.range.overlap(part)) > 0:
            shares[turn.speaker_label] = shares.get(turn.speaker_label, 0.0) + shared_s
    return max(shares, key=lambda label: shares[label]) if shares else None


def _end(segment: Sequence[Word]) -> float:
    return max(word.end for word in segment)


def _annotation(turns: Iterable[SpeakerTurn]) -> "Annotation":
    from pyannote.core import Annotation, Segment

    annotation = Annotation()
    for number, turn in enumerate(turns):
        annotation[Segment(turn.start, turn.end), number] = turn.speaker_label
    return annotation
