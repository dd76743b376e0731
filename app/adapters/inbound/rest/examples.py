"""Examples for the interface's description, made by the code that makes the answers."""

import json
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

from app.adapters.inbound.rest import ndjson, problems
from app.adapters.inbound.rest.schemas import Clip, ProblemDocument
from app.application.formats import FORMATS, CueLayout
from app.application.formats.ndjson import event_line
from app.application.formats.transcript_json import transcript_to_dict
from app.domain import errors
from app.domain.audio import AudioClip
from app.domain.engine import EngineChoice, EngineInfo
from app.domain.events import Done, Event, LoggedEvent, Progress, Queued, Segment, Started
from app.domain.transcript import (
    EngineUse,
    SpeakerSegment,
    SpeakerTurn,
    SuppressedText,
    Transcript,
    Word,
)

CLIP_ID = "0198b7a2-6c1e-7d3a-9f40-5b8e2c1d7a64"
_JOB_ID = "0198b7a2-71f3-7c52-8d0e-3a94c6b15e20"
_ENGINE = EngineInfo(name="pocketsphinx", model="en-us", revision="5.1")
_REASON = "chosen by auto: the first engine whose package and model are here"

CLIP = Clip.of(
    AudioClip(
        id=CLIP_ID,
        filename="interview.flac",
        size_bytes=188_416,
        duration=12.5,
        sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        media_type="audio/flac",
        created_at=datetime(2026, 5, 4, 9, 30, tzinfo=UTC),
    )
).model_dump(mode="json")

ENGINES = [
    EngineChoice(stage="transcription", engine=_ENGINE, reason=_REASON),
    EngineChoice(
        stage="diarization",
        engine=None,
        reason="auto found no engine",
        problem="the package Resemblyzer is missing",
        remedy="pip install --no-deps Resemblyzer",
    ),
]


def _segment(index: int, start: float, speaker: str, *texts: str) -> SpeakerSegment:
    words = tuple(
        Word(
            word=text,
            start=start + i / 2,
            end=start + i / 2 + 0.4,
            probability=0.93,
            speaker_label=speaker,
            speaker_confidence=0.96,
            # Null in most answers, but nulls are left out of the description's examples.
            runner_up="SPEAKER_01" if speaker == "SPEAKER_00" else "SPEAKER_00",
        )
        for i, text in enumerate(texts)
    )
    return SpeakerSegment(
        id=f"5f0c7c1e-2d8b-5a43-9c66-0d1f8be4a7{index:02}",
        audio_clip_id=CLIP_ID,
        start=words[0].start,
        end=words[-1].end,
        speaker_label=speaker,
        text=" ".join(texts),
        words=words,
    )


_SEGMENTS = (
    _segment(0, 0.8, "SPEAKER_00", "Good", "morning."),
    _segment(1, 2.1, "SPEAKER_01", "Hello", "there."),
)
_TRANSCRIPT = Transcript(
    clip_id=CLIP_ID,
    language="en",
    language_probability=0.98,
    duration=12.5,
    segments=_SEGMENTS,
    turns=tuple(SpeakerTurn(start=s.start, end=s.end, speaker_label=str(s.speaker_label)) for s in _SEGMENTS),
    engine={"transcription": EngineUse(info=_ENGINE, reason=_REASON)},
    suppressed=(
        SuppressedText(text="Thank you for watching.", start=6.0, end=8.0, reason="no_speech", score=0.91),
    ),
)

TRANSCRIPT = transcript_to_dict(_TRANSCRIPT)


def _log(*events: Event) -> str:
    return "".join(event_line(LoggedEvent(seq=seq, event=event)) for seq, event in enumerate(events, start=1))


_TOLD = [Segment(segment=segment) for segment in _SEGMENTS]
STORED_EVENTS = _log(*_TOLD, Done(transcript=_TRANSCRIPT))
EVENTS = _log(
    Queued(), Started(attempt=1), Progress(done_s=12.5, total_s=12.5), *_TOLD, Done(transcript=_TRANSCRIPT)
)

NO_CLIP = errors.NotFound("clip", CLIP_ID)
NO_TRANSCRIPT = errors.NotFound("transcript", CLIP_ID)
BAD_AUDIO = errors.InvalidAudio("there is no sound in it")
BAD_OPTION = errors.InvalidOptions("num_speakers", "must be between 1 and 64, got 0")
BAD_LIMIT = errors.InvalidOptions("limit", "must be between 1 and 200, got 0")
TOO_LARGE = errors.AudioTooLarge("the file is larger than the limit of 2147483648 bytes (MAX_UPLOAD_SIZE)")
NO_STORAGE = errors.StorageFailed("data/transcripts/diarist.db: the database is locked; close what uses it")
NO_ROOM = errors.StorageFull("no space is left in data/audio")
CANCELLED = errors.JobCancelled(_JOB_ID)
BUSY = errors.EngineBusy("whisper", 30)
BROKEN = errors.EngineFailed("pocketsphinx", "its process ended unexpectedly")
MISSING = errors.EngineUnavailable(
    "pocketsphinx", "the package pocketsphinx is missing", "Install it: pip install pocketsphinx"
)

Responses = dict[int | str, dict[str, Any]]


def answers(*found: errors.DiaristError | problems.Problem) -> Responses:
    """What these errors look like, for a route's `responses`."""
    by_status: dict[int, dict[str, Any]] = defaultdict(dict)
    for error in found:
        problem = problems.problem_of(error) if isinstance(error, errors.DiaristError) else error
        document = json.loads(bytes(problem.body))
        name = document["type"].rpartition(":")[2] if isinstance(error, errors.DiaristError) else "problem"
        by_status[problem.status_code][name] = {"value": document}
    described: Responses = {
        status: {
            "description": next(iter(named.values()))["value"]["title"],
            "content": {problems.MEDIA_TYPE: {"schema": _PROBLEM_SCHEMA, "examples": named}},
        }
        for status, named in by_status.items()
    }
    if 429 in described:
        described[429]["headers"] = {"Retry-After": _RETRY_AFTER}
    return described


def answer(status: int, description: str, example: Any, media_type: str = "application/json") -> Responses:
    """A good answer with an example, for a route's `responses`."""
    return {status: {"description": description, "content": {media_type: {"example": example}}}}


def text_formats() -> dict[str, Any]:
    """An example of every format but JSON, by media type."""
    by_type: dict[str, Any] = {}
    for written in FORMATS.values():
        if written.name != "json":
            examples = by_type.setdefault(written.media_type, {"schema": {"type": "string"}, "examples": {}})
            examples["examples"][written.name] = {"value": written.write(_TRANSCRIPT, CueLayout())}
    return by_type


def events(description: str, example: str) -> Responses:
    """A stream of events, for a route's `responses`."""
    content = {ndjson.MEDIA_TYPE: {"schema": {"type": "string"}, "example": example}}
    return {200: {"description": description, "content": content}}


_RETRY_AFTER = {
    "description": "Seconds after which to try again.",
    "schema": {"type": "integer"},
    "example": 30,
}
_PROBLEM_SCHEMA = ProblemDocument.model_json_schema()
