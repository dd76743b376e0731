"""A transcript as a JSON document, and back: equal to the last bit of every float.

Both ways take about a second of work for ten hours of speech, so they belong into a thread. The json
module's C code would hold the interpreter all that time, event loop included, if it were not called
back into Python for every part.
"""

import json
from typing import Any

from app.domain.engine import EngineInfo
from app.domain.errors import Conflict
from app.domain.transcript import (
    EngineUse,
    SpeakerSegment,
    SpeakerTurn,
    SuppressedText,
    Transcript,
    TranscriptWarning,
    Word,
)

VERSION = 1
"""Goes up whenever a reader of the last version could not read the new one."""

Document = dict[str, Any]
Part = Transcript | SpeakerSegment | Word | SpeakerTurn | EngineUse | TranscriptWarning | SuppressedText


def encode(transcript: Transcript) -> str:
    """The document, in ASCII."""
    return json.dumps(transcript, default=_to_plain, separators=(",", ":"))


def decode(text: str) -> Transcript:
    """The inverse of `encode`. Raises `Conflict` when a newer Diarist wrote the text."""
    document = json.loads(text, object_hook=_as_it_is)
    if document["version"] != VERSION:
        raise Conflict(
            f"the transcript is stored in version {document['version']}: upgrade Diarist to read it"
        )
    return Transcript(
        clip_id=document["clip_id"],
        language=document["language"],
        duration=document["duration"],
        segments=tuple(_to_segment(segment) for segment in document["segments"]),
        turns=tuple(SpeakerTurn(**turn) for turn in document["turns"]),
        engine={stage: _to_engine_use(use) for stage, use in document["engine"].items()},
        warnings=tuple(TranscriptWarning(**warning) for warning in document["warnings"]),
        # Documents written before there was either lack them.
        language_probability=document.get("language_probability"),
        suppressed=tuple(SuppressedText(**text) for text in document.get("suppressed", ())),
    )


def _to_plain(part: Part) -> Document:
    match part:
        case Word():
            return {
                "word": part.word,
                "start": part.start,
                "end": part.end,
                "probability": part.probability,
                "timing": part.timing,
                "speaker_label": part.speaker_label,
                "overlap": part.overlap,
            }
        case SpeakerSegment():
            return {
                "id": part.id,
                "audio_clip_id": part.audio_clip_id,
                "start": part.start,
                "end": part.end,
                "speaker_label": part.speaker_label,
                "text": part.text,
                "words": part.words,
            }
        case SpeakerTurn():
            return {"start": part.start, "end": part.end, "speaker_label": part.speaker_label}
        case EngineUse(info=info):
            return {
                "name": info.name,
                "model": info.model,
                "revision": info.revision,
                "languages": sorted(info.languages),
                "options": sorted(info.options),
                "reason": part.reason,
            }
        case TranscriptWarning():
            return {"code": part.code, "message": part.message}
        case SuppressedText():
            return {
                "text": part.text,
                "start": part.start,
                "end": part.end,
                "reason": part.reason,
                "score": part.score,
            }
        case Transcript():
            return {
                "version": VERSION,
                "clip_id": part.clip_id,
                "language": part.language,
                "duration": part.duration,
                "segments": part.segments,
                "turns": part.turns,
                "engine": part.engine,
                "warnings": part.warnings,
                "language_probability": part.language_probability,
                "suppressed": part.suppressed,
            }


def _as_it_is(part: Document) -> Document:
    return part


def _to_segment(document: Document) -> SpeakerSegment:
    words = tuple(Word(**word) for word in document.pop("words"))
    return SpeakerSegment(**document, words=words)


def _to_engine_use(document: Document) -> EngineUse:
    info = EngineInfo(
        name=document["name"],
        model=document["model"],
        revision=document["revision"],
        languages=frozenset(document["languages"]),
        options=frozenset(document["options"]),
    )
    return EngineUse(info=info, reason=document["reason"])
