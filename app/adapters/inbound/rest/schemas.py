"""The shapes of answers."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from app.domain.audio import AudioClip
from app.domain.engine import EngineChoice


class Schema(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Clip(Schema):
    """A stored recording; `duration` in seconds."""

    clip_id: str
    filename: str
    size_bytes: int
    duration: float
    sha256: str | None
    media_type: str
    created_at: datetime

    @classmethod
    def of(cls, clip: AudioClip) -> Self:
        return cls(
            clip_id=clip.id,
            filename=clip.filename,
            size_bytes=clip.size_bytes,
            duration=round(clip.duration, 3),
            sha256=clip.sha256,
            media_type=clip.media_type,
            created_at=clip.created_at,
        )


class StoredClip(Clip):
    """A recording that was just stored."""

    message: str = "stored"


class ClipList(Schema):
    """Recordings, newest first; `next_cursor` fetches the next ones, null at the end."""

    items: list[Clip]
    next_cursor: str | None


class Word(Schema):
    """One word; times in seconds from the start of the clip."""

    word: str
    start: float
    end: float
    probability: float | None
    speaker_label: str | None
    speaker_confidence: Annotated[
        float | None,
        Field(
            ge=0,
            le=1,
            description="how sure it is who said the word; null where nobody is named, and in transcripts "
            "that were stored before there was such a measure",
        ),
    ]
    runner_up: Annotated[
        str | None, Field(description="who else may have said it; null where only one person was near")
    ]
    overlap: Annotated[bool, Field(description="more than one person was speaking")]
    timing: Literal["aligned", "interpolated"]


class Segment(Schema):
    """Words of one speaker; times in seconds from the start of the clip."""

    id: str
    audio_clip_id: str
    start: float
    end: float
    speaker_label: str | None
    text: str
    words: list[Word]


class Turn(Schema):
    """Somebody speaks; turns of different speakers may overlap."""

    start: float
    end: float
    speaker_label: str


class EngineUsed(Schema):
    """An engine that took part, and why it was the one."""

    name: str
    model: str
    revision: str | None
    reason: str


class TranscriptWarning(Schema):
    """Something went wrong, but the transcript stands."""

    code: str
    message: str


class Suppressed(Schema):
    """Text that recognition made up rather than heard, and that was left out of the segments."""

    text: str
    start: float
    end: float
    reason: Annotated[
        Literal["no_speech", "repetition", "outside_speech"],
        Field(
            description="nobody speaks there; it runs in a circle; or its times lie where no voice is",
        ),
    ]
    score: Annotated[float, Field(description="the measure that decided")]


class Transcript(Schema):
    """Who said what, when; `speakers` in order of first appearance, `engine` by stage."""

    clip_id: str
    language: Annotated[
        str | None,
        Field(description="the language of the text: en where it was translated; null before any speech"),
    ]
    language_probability: Annotated[
        float | None, Field(description="how sure the detection was; null when the language was given")
    ]
    duration: float
    speakers: list[str]
    turns: list[Turn]
    engine: dict[str, EngineUsed]
    warnings: list[TranscriptWarning]
    suppressed: Annotated[
        list[Suppressed], Field(description="what was left out as made up, in order of time")
    ]
    segments: list[Segment]


class Health(Schema):
    """The process answers."""

    status: Literal["ok"] = "ok"


class EngineState(Schema):
    """Which engine does a stage, and why; `problem` and `remedy` where something is missing."""

    stage: str
    engine: str | None
    model: str | None
    reason: str
    problem: str | None
    remedy: str | None

    @classmethod
    def of(cls, choice: EngineChoice) -> Self:
        return cls(
            stage=choice.stage,
            engine=choice.engine.name if choice.engine else None,
            model=choice.engine.model if choice.engine else None,
            reason=choice.reason,
            problem=choice.problem,
            remedy=choice.remedy,
        )


class Readiness(Schema):
    """Whether recordings can be transcribed, and by whom."""

    ready: bool
    engines: list[EngineState]


class ProblemDocument(BaseModel):
    """RFC 9457. `type` ends with the name of the error; its fields stand beside these."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
