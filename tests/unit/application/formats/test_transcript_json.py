import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from app.application.formats.cues import DEFAULT_LAYOUT
from app.application.formats.transcript_json import to_json, transcript_to_dict, write_json
from app.domain.engine import EngineInfo
from app.domain.transcript import (
    EngineUse,
    SpeakerSegment,
    SpeakerTurn,
    SuppressedText,
    Transcript,
    TranscriptWarning,
    Word,
)
from tests.unit.application.formats.transcripts import DEARLY_MADE, any_transcript


def test_the_whole_transcript_has_the_shape_of_the_http_interface() -> None:
    word = Word(
        word="Größe",
        start=0.12345,
        end=0.98765,
        probability=0.912345,
        speaker_label="SPEAKER_00",
        speaker_confidence=0.654321,
        runner_up="SPEAKER_01",
    )
    written = Transcript(
        clip_id="clip",
        language="de",
        language_probability=0.876543,
        duration=12.34567,
        segments=(
            SpeakerSegment(
                id="s1",
                audio_clip_id="clip",
                start=0.12345,
                end=0.98765,
                speaker_label="SPEAKER_00",
                text="Größe",
                words=(word,),
            ),
        ),
        turns=(SpeakerTurn(start=0.0, end=1.0, speaker_label="SPEAKER_00"),),
        engine={
            "transcription": EngineUse(
                info=EngineInfo(name="whisper", model="large-v3", revision="abc"), reason="asked for"
            )
        },
        warnings=(TranscriptWarning(code="truncated", message="The recording ends early."),),
        suppressed=(
            SuppressedText(text="Danke.", start=5.00049, end=5.0005, reason="no_speech", score=0.912345),
        ),
    )
    assert json.loads(write_json(written, DEFAULT_LAYOUT)) == {
        "clip_id": "clip",
        "language": "de",
        "language_probability": 0.8765,
        "duration": 12.346,
        "speakers": ["SPEAKER_00"],
        "turns": [{"start": 0.0, "end": 1.0, "speaker_label": "SPEAKER_00"}],
        "engine": {
            "transcription": {
                "name": "whisper",
                "model": "large-v3",
                "revision": "abc",
                "reason": "asked for",
            }
        },
        "warnings": [{"code": "truncated", "message": "The recording ends early."}],
        "suppressed": [
            {"text": "Danke.", "start": 5.0, "end": 5.001, "reason": "no_speech", "score": 0.9123}
        ],
        "segments": [
            {
                "id": "s1",
                "audio_clip_id": "clip",
                "start": 0.123,
                "end": 0.988,
                "speaker_label": "SPEAKER_00",
                "text": "Größe",
                "words": [
                    {
                        "word": "Größe",
                        "start": 0.123,
                        "end": 0.988,
                        "probability": 0.9123,
                        "speaker_label": "SPEAKER_00",
                        "speaker_confidence": 0.6543,
                        "runner_up": "SPEAKER_01",
                        "overlap": False,
                        "timing": "aligned",
                    }
                ],
            }
        ],
    }


def test_letters_are_written_as_they_are() -> None:
    assert to_json("Größe 大") == '"Größe 大"'


@DEARLY_MADE
@given(any_transcript())
def test_rounding_leaves_no_range_empty(written: Transcript) -> None:
    def ranges(value: Any) -> list[tuple[float, float]]:
        if isinstance(value, list):
            return [found for item in value for found in ranges(item)]
        if isinstance(value, dict):
            own = [(value["start"], value["end"])] if "start" in value else []
            return own + [found for item in value.values() for found in ranges(item)]
        return []

    found = ranges(transcript_to_dict(written))
    assert len(found) == sum(1 + len(s.words) for s in written.segments)
    assert all(start < end for start, end in found)


@given(st.text(st.characters()))
@example("\u0085\u2028\u2029\ud800\x7f")
def test_json_of_any_text_is_one_line_that_gives_the_text_back(text: str) -> None:
    line = to_json(text)
    assert line.splitlines() == [line]
    assert json.loads(line.encode()) == text
