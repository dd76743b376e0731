"""A transcript as a JSON document, and back: equal to the last bit of every float.

Both ways take about a second of work for ten hours of speech, so they belong into a thread. The json
module's C code would hold the interpreter all that time, event loop included, if it were not called
back into Python for every part.
"""

import json
from dataclasses import asdict
from typing import Any

from app.domain.engine import EngineInfo
from app.domain.errors import Conflict
from app.domain.options import SpeakerHints, TranscriptionOptions
from app.domain.transcript import (
    EngineUse,
    SpeakerSegment,
    SpeakerTurn,
    SuppressedText,
    Transcript,
    TranscriptWarning,
    Word,
)

VERSION = 2
"""Goes up whenever a reader of the last version could not read the new one.

2: words say how sure their speaker is.
"""

Document = dict[str, Any]
Part = Transcript | SpeakerSegment | Word | SpeakerTurn | EngineUse | TranscriptWarning | SuppressedText


def encode(transcript: Transcript) -> str:
    """The document, in ASCII."""
    return json.dumps(transcript, default=_to_plain, separators=(",", ":"))


def decode(text: str) -> Transcript:
    """The inverse of `encode`. Raises `Conflict` when a newer Diarist wrote the text."""
    document = json.loads(text, object_hook=_as_it_is)
    if document["version"] > VERSION:
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
        options=_to_options(document.get("options")),
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
                "speaker_confidence": part.speaker_confidence,
                "runner_up": part.runner_up,
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
                "options": asdict(part.options) if part.options else None,
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


def _to_options(document: Document | None) -> TranscriptionOptions | None:
    if document is None:
        return None
    speakers, hotwords = SpeakerHints(**document.pop("speakers")), tuple(document.pop("hotwords"))
    return TranscriptionOptions(**document, speakers=speakers, hotwords=hotwords)
