"""NDJSON: events, or a stored transcript told as events, one JSON object a line."""

from collections.abc import Iterator
from typing import Any

from app.application.formats.transcript_json import (
    segment_to_dict,
    summary_to_dict,
    to_json,
    warning_to_dict,
)
from app.domain.events import (
    Cancelled,
    Done,
    Event,
    Failed,
    LoggedEvent,
    Progress,
    Queued,
    Relabel,
    Retract,
    Segment,
    Started,
    Warned,
)
from app.domain.transcript import Transcript


def event_to_dict(logged: LoggedEvent) -> dict[str, Any]:
    """The event flat, `seq` and `type` first. `done` leaves out the segments: the log has them."""
    return {"seq": logged.seq, "type": logged.event.type, **_fields(logged.event)}


def event_line(logged: LoggedEvent) -> str:
    return to_json(event_to_dict(logged)) + "\n"


def transcript_lines(transcript: Transcript) -> Iterator[dict[str, Any]]:
    """A stored transcript as the shortest log that gives it: its segments, then `done`."""
    for seq, segment in enumerate(transcript.segments, start=1):
        yield event_to_dict(LoggedEvent(seq=seq, event=Segment(segment=segment)))
    yield event_to_dict(LoggedEvent(seq=len(transcript.segments) + 1, event=Done(transcript=transcript)))


def _fields(event: Event) -> dict[str, Any]:
    match event:
        case Queued() | Cancelled():
            return {}
        case Started(attempt=attempt):
            return {"attempt": attempt}
        case Progress(done_s=done_s, total_s=total_s, stage=stage):
            return {"done_s": round(done_s, 3), "total_s": round(total_s, 3), "stage": stage}
        case Segment(segment=segment):
            return segment_to_dict(segment)
        case Relabel(labels=labels):
            return {"labels": labels}
        case Retract(id=id):
            return {"id": id}
        case Warned(warning=warning):
            return warning_to_dict(warning)
        case Done(transcript=transcript):
            return summary_to_dict(transcript)
        case Failed(error=error, message=message):
            return {"error": error, "message": message}
