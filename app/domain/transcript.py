"""What was said, when, and by whom."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from app.domain.engine import EngineInfo
from app.domain.options import TranscriptionOptions
from app.domain.timeline import TimeRange

Timing = Literal["aligned", "interpolated"]
SuppressionReason = Literal["no_speech", "repetition", "outside_speech"]

UNSPACED_LANGUAGES = frozenset({"zh", "yue", "ja", "th", "lo", "my", "km", "bo"})
"""Languages written without spaces between words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One spoken word, in clip time.

    `probability` is the engine's confidence within 0..1, None where it gives none. `timing` is
    "interpolated" where the engine gave no times of its own. `overlap` says that more than one
    person was speaking. `speaker_confidence` is how sure it is, within 0..1, that `speaker_label` said
    the word, None where nobody is named; `runner_up` is who else it may have been, None where only one
    person was near.
    """

    word: str
    start: float
    end: float
    probability: float | None = None
    timing: Timing = "aligned"
    speaker_label: str | None = None
    overlap: bool = False
    speaker_confidence: float | None = None
    runner_up: str | None = None

    def __post_init__(self) -> None:
        TimeRange(start=self.start, end=self.end)
        if not self.word.strip():
            raise ValueError("a word needs letters")
        for name, share in (
            ("probability", self.probability),
            ("speaker_confidence", self.speaker_confidence),
        ):
            if share is not None and not 0 <= share <= 1:
                raise ValueError(f"{name} must be within 0..1, got {share}")

    @property
    def range(self) -> TimeRange:
        return TimeRange(start=self.start, end=self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressedText:
    """Text that an engine made up rather than heard, and that was left out, in clip time.

    `reason`: "no_speech", nobody speaks there; "repetition", it runs in a circle; "outside_speech",
    its times lie where no voice is. `score` is the measure that decided.
    """

    text: str
    start: float
    end: float
    reason: SuppressionReason
    score: float

    def __post_init__(self) -> None:
        TimeRange(start=self.start, end=self.end)
        if not math.isfinite(self.score):
            raise ValueError(f"a score must be a number, got {self.score}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptionText:
    """What an engine heard in one window: words in clip time, in order of their starts.

    `language` is the one that was asked for or detected, None where no speech was heard to tell it by;
    `language_probability` is the detection's, None without one.
    """

    words: tuple[Word, ...]
    language: str | None = None
    language_probability: float | None = None
    suppressed: tuple[SuppressedText, ...] = ()

    @property
    def text(self) -> str:
        return join_words(self.words, self.language)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class SpeakerTurn:
    """Somebody speaks from `start` to `end`; turns of different speakers may overlap."""

    start: float
    end: float
    speaker_label: str

    @property
    def range(self) -> TimeRange:
        return TimeRange(start=self.start, end=self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakerSegment:
    """A stretch of words by one speaker. `speaker_label` is None when nobody was told apart."""

    id: str
    audio_clip_id: str
    start: float
    end: float
    speaker_label: str | None
    text: str
    words: tuple[Word, ...]

    def __post_init__(self) -> None:
        TimeRange(start=self.start, end=self.end)

    @property
    def range(self) -> TimeRange:
        return TimeRange(start=self.start, end=self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptWarning:
    """Something went wrong but the transcript stands. `code` is for programs, `message` for people."""

    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineUse:
    """An engine that took part, and why it was the one."""

    info: EngineInfo
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """Who said what, when, on one clip.

    `language` is that of the text: English where it was translated. `language_probability` is that of the
    detection of the spoken one, None when it was given. `segments` are
    in order of start; `turns` are the diarizer's, overlaps kept; `speakers` in order of first
    appearance; `engine` maps a stage (transcription, diarization, voice_activity) to the engine that
    did it; `suppressed` is what was left out as made up, in order of time. `options` are those it was
    made with, None where nobody noted them.
    """

    clip_id: str
    language: str | None
    duration: float
    segments: tuple[SpeakerSegment, ...]
    turns: tuple[SpeakerTurn, ...] = ()
    engine: dict[str, EngineUse] = field(default_factory=dict)
    warnings: tuple[TranscriptWarning, ...] = ()
    language_probability: float | None = None
    suppressed: tuple[SuppressedText, ...] = ()
    options: TranscriptionOptions | None = None

    @property
    def speakers(self) -> tuple[str, ...]:
        """The labels in use, in order of first appearance, by the turns before the segments."""
        heard = sorted((turn.start, turn.speaker_label) for turn in self.turns)
        said = sorted((s.start, s.speaker_label) for s in self.segments if s.speaker_label is not None)
        return tuple(dict.fromkeys(label for _, label in [*heard, *said]))

    @property
    def text(self) -> str:
        return _joined((segment.text for segment in self.segments), self.language)


def join_words(words: Iterable[Word], language: str | None) -> str:
    """The words as running text, with spaces where `language` writes them."""
    return _joined((word.word for word in words), language)


def _joined(texts: Iterable[str], language: str | None) -> str:
    return ("" if language in UNSPACED_LANGUAGES else " ").join(texts)
