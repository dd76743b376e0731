"""JSON: the whole transcript, in the very shape that the HTTP interface answers with."""

import json
import re
from typing import Any

from app.application.formats.cues import CueLayout
from app.application.formats.fields import to_ms
from app.domain.transcript import (
    SpeakerSegment,
    SpeakerTurn,
    SuppressedText,
    Transcript,
    TranscriptWarning,
    Word,
)

_LINE_BREAKING = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def write_json(transcript: Transcript, _layout: CueLayout) -> str:
    """`transcript_to_dict` on one line. Segment by segment: other threads get their turn in between."""
    summary = to_json(summary_to_dict(transcript))
    segments = ", ".join(to_json(segment_to_dict(segment)) for segment in transcript.segments)
    return f'{summary[:-1]}, "segments": [{segments}]}}\n'


def to_json(value: Any) -> str:
    """One line of JSON with letters as they are.

    What JSON allows but readers trip over is escaped: characters that readers of lines take for a
    line's end (U+0085, U+2028, U+2029) and halves of surrogate pairs.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return _LINE_BREAKING.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def transcript_to_dict(transcript: Transcript) -> dict[str, Any]:
    """All of a transcript for JSON; times are seconds rounded to milliseconds, start < end."""
    return {
        **summary_to_dict(transcript),
        "segments": [segment_to_dict(segment) for segment in transcript.segments],
    }


def summary_to_dict(transcript: Transcript) -> dict[str, Any]:
    """Everything of a transcript but its segments."""
    return {
        "clip_id": transcript.clip_id,
        "language": transcript.language,
        "language_probability": _rounded(transcript.language_probability),
        "duration": round(transcript.duration, 3),
        "speakers": list(transcript.speakers),
        "turns": [_turn_to_dict(turn) for turn in transcript.turns],
        "engine": {
            stage: {
                "name": use.info.name,
                "model": use.info.model,
                "revision": use.info.revision,
                "reason": use.reason,
            }
            for stage, use in transcript.engine.items()
        },
        "warnings": [warning_to_dict(warning) for warning in transcript.warnings],
        "suppressed": [_suppressed_to_dict(text) for text in transcript.suppressed],
    }


def segment_to_dict(segment: SpeakerSegment) -> dict[str, Any]:
    return {
        "id": segment.id,
        "audio_clip_id": segment.audio_clip_id,
        **_times(segment.start, segment.end),
        "speaker_label": segment.speaker_label,
        "text": segment.text,
        "words": [_word_to_dict(word) for word in segment.words],
    }


def warning_to_dict(warning: TranscriptWarning) -> dict[str, Any]:
    return {"code": warning.code, "message": warning.message}


def _word_to_dict(word: Word) -> dict[str, Any]:
    return {
        "word": word.word,
        **_times(word.start, word.end),
        "probability": _rounded(word.probability),
        "speaker_label": word.speaker_label,
        "speaker_confidence": _rounded(word.speaker_confidence),
        "runner_up": word.runner_up,
        "overlap": word.overlap,
        "timing": word.timing,
    }


def _turn_to_dict(turn: SpeakerTurn) -> dict[str, Any]:
    return {**_times(turn.start, turn.end), "speaker_label": turn.speaker_label}


def _suppressed_to_dict(suppressed: SuppressedText) -> dict[str, Any]:
    return {
        "text": suppressed.text,
        **_times(suppressed.start, suppressed.end),
        "reason": suppressed.reason,
        "score": _rounded(suppressed.score),
    }


def _rounded(measure: float | None) -> float | None:
    return None if measure is None else round(measure, 4)


def _times(start_s: float, end_s: float) -> dict[str, float]:
    start_ms, end_ms = to_ms(start_s, end_s)
    return {"start": start_ms / 1000, "end": end_ms / 1000}
