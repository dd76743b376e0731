import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.application.formats.ndjson import event_line, event_to_dict, transcript_lines
from app.application.formats.transcript_json import segment_to_dict, summary_to_dict
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
from app.domain.transcript import Transcript, TranscriptWarning
from tests.unit.application.formats.transcripts import DEARLY_MADE, any_transcript, segment, transcript

SAID = segment("Good morning.")
WARNING = TranscriptWarning(code="diarization_failed", message="The words stand.")


@pytest.mark.parametrize(
    ("event", "fields"),
    [
        (Queued(), {"type": "queued"}),
        (Started(attempt=2), {"type": "started", "attempt": 2}),
        (
            Progress(done_s=1.23456, total_s=60.0),
            {"type": "progress", "done_s": 1.235, "total_s": 60.0, "stage": "transcription"},
        ),
        (Segment(segment=SAID), {"type": "segment", **segment_to_dict(SAID)}),
        (
            Relabel(labels={"SPEAKER_01": "SPEAKER_00"}),
            {"type": "relabel", "labels": {"SPEAKER_01": "SPEAKER_00"}},
        ),
        (Retract(id="s1"), {"type": "retract", "id": "s1"}),
        (
            Warned(warning=WARNING),
            {"type": "warning", "code": "diarization_failed", "message": "The words stand."},
        ),
        (
            Done(transcript=transcript(SAID)),
            {
                "type": "done",
                "clip_id": "clip",
                "language": "en",
                "language_probability": None,
                "duration": 60.0,
                "speakers": ["SPEAKER_00"],
                "turns": [],
                "engine": {},
                "warnings": [],
                "suppressed": [],
            },
        ),
        (
            Failed(error="EngineFailed", message="out of memory"),
            {"type": "failed", "error": "EngineFailed", "message": "out of memory"},
        ),
        (Cancelled(), {"type": "cancelled"}),
    ],
    ids=lambda value: getattr(value, "type", ""),
)
def test_an_event_is_flat_beside_its_number_and_type(event: Event, fields: dict[str, object]) -> None:
    assert event_to_dict(LoggedEvent(seq=7, event=event)) == {"seq": 7, **fields}


@given(st.text(st.characters()))
def test_an_event_is_one_line_whatever_it_says(message: str) -> None:
    line = event_line(LoggedEvent(seq=1, event=Failed(error="EngineFailed", message=message)))
    assert line.endswith("\n")
    assert len(line.splitlines()) == 1
    assert json.loads(line)["message"] == message


@DEARLY_MADE
@given(any_transcript())
def test_a_stored_transcript_reads_as_a_log_that_ends_in_done(written: Transcript) -> None:
    *segments, done = transcript_lines(written)
    assert [line["seq"] for line in [*segments, done]] == list(range(1, len(written.segments) + 2))
    assert segments == [
        {"seq": seq, "type": "segment", **segment_to_dict(s)}
        for seq, s in enumerate(written.segments, start=1)
    ]
    assert done == {"seq": len(segments) + 1, "type": "done", **summary_to_dict(written)}
