"""The event log of a job: its vocabulary, and how folding it gives the transcript."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import ClassVar

from app.domain.errors import DiaristError
from app.domain.transcript import SpeakerSegment, Transcript, TranscriptWarning, Word


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    type: ClassVar[str] = "queued"


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    type: ClassVar[str] = "started"
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """`done_s` of `total_s` seconds of the clip are through `stage`."""

    type: ClassVar[str] = "progress"
    done_s: float
    total_s: float
    stage: str = "transcription"


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A new segment, or a new version of one whose id is already known."""

    type: ClassVar[str] = "segment"
    segment: SpeakerSegment


@dataclass(frozen=True, slots=True, kw_only=True)
class Relabel:
    """In all earlier segments at once, each old label becomes its new one."""

    type: ClassVar[str] = "relabel"
    labels: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Retract:
    """The segment with this id is gone."""

    type: ClassVar[str] = "retract"
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    type: ClassVar[str] = "warning"
    warning: TranscriptWarning


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The run succeeded. On the wire its segments are left out: the log has them already."""

    type: ClassVar[str] = "done"
    transcript: Transcript


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The run failed. `error` is the name of the error's class, `message` tells people why.

    `cause` is the error itself, for readers in the process where it was raised; it is not told on the wire.
    """

    type: ClassVar[str] = "failed"
    error: str
    message: str
    cause: DiaristError | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    type: ClassVar[str] = "cancelled"


Event = Queued | Started | Progress | Segment | Relabel | Retract | Warned | Done | Failed | Cancelled
Outcome = Done | Failed | Cancelled


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedEvent:
    """An event in a job's log; `seq` counts from 1 without gaps."""

    seq: int
    event: Event


def fold(events: Iterable[Event]) -> Transcript | None:
    """The transcript that a log tells, None while it has no `Done`.

    The segments come from the log's own segment, relabel and retract events; `Done` adds the rest.
    """
    segments: dict[str, SpeakerSegment] = {}
    for event in events:
        match event:
            case Segment(segment=segment):
                segments[segment.id] = segment
            case Relabel(labels=labels):
                segments = {key: relabelled(segment, labels) for key, segment in segments.items()}
            case Retract(id=id):
                segments.pop(id, None)
            case Started():
                segments.clear()
            case Done(transcript=transcript):
                ordered = sorted(segments.values(), key=lambda s: (s.start, s.end, s.id))
                return replace(transcript, segments=tuple(ordered))
            case _:
                pass
    return None


def without_words(event: Event) -> Event:
    """The event as told to those who want no word times."""
    match event:
        case Segment(segment=segment):
            return Segment(segment=replace(segment, words=()))
        case Done(transcript=transcript):
            bare = tuple(replace(segment, words=()) for segment in transcript.segments)
            return Done(transcript=replace(transcript, segments=bare))
        case _:
            return event


def relabelled(segment: SpeakerSegment, labels: dict[str, str]) -> SpeakerSegment:
    """The segment with each of its labels, on itself and on its words, replaced as `labels` says."""

    def renamed(label: str | None) -> str | None:
        return None if label is None else labels.get(label, label)

    def word_renamed(word: Word) -> Word:
        label, other = renamed(word.speaker_label), renamed(word.runner_up)
        # Whoever turns out to be the speaker is nobody else any more.
        return replace(word, speaker_label=label, runner_up=None if other == label else other)

    words = tuple(word_renamed(word) for word in segment.words)
    return replace(segment, words=words, speaker_label=renamed(segment.speaker_label))
