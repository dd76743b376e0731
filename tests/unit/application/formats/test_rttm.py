import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from app.application.formats import FORMATS
from app.application.formats.cues import DEFAULT_LAYOUT
from app.domain.transcript import SpeakerTurn
from tests.unit.application.formats.transcripts import DURATIONS_S, TIMES_S, segment, transcript

LINE = re.compile(r"SPEAKER (\S+) 1 (\d+\.\d{3}) (\d+\.\d{3}) <NA> <NA> (\S+) <NA> <NA>")
TURNS = st.builds(
    lambda start, duration, label: SpeakerTurn(start=start, end=start + duration, speaker_label=label),
    TIMES_S,
    DURATIONS_S,
    st.text(),
)


def test_turns_keep_their_overlap() -> None:
    turns = (
        SpeakerTurn(start=0.5, end=4.25, speaker_label="SPEAKER_00"),
        SpeakerTurn(start=3.0, end=5.0, speaker_label="Dr. Ann"),
    )
    assert FORMATS["rttm"].write(transcript(segment("Hi."), turns=turns), DEFAULT_LAYOUT) == (
        "SPEAKER clip 1 0.500 3.750 <NA> <NA> SPEAKER_00 <NA> <NA>\n"
        "SPEAKER clip 1 3.000 2.000 <NA> <NA> Dr._Ann <NA> <NA>\n"
    )


def test_without_turns_the_segments_of_known_speakers_stand_in() -> None:
    written = transcript(
        segment("Left.", start=0, speaker="SPEAKER_00", word_s=1),
        segment("Nobody.", start=2, speaker=None, word_s=1),
    )
    assert (
        FORMATS["rttm"].write(written, DEFAULT_LAYOUT)
        == "SPEAKER clip 1 0.000 1.000 <NA> <NA> SPEAKER_00 <NA> <NA>\n"
    )


def test_a_clip_id_with_spaces_is_one_field() -> None:
    written = replace(transcript(segment("Hi.", word_s=1)), clip_id="my clip")
    assert FORMATS["rttm"].write(written, DEFAULT_LAYOUT).startswith("SPEAKER my_clip 1 ")


def test_the_recording_goes_by_the_name_that_it_is_given() -> None:
    written = FORMATS["rttm"].write(transcript(segment("Hi.", word_s=1)), DEFAULT_LAYOUT, "my talk")
    assert written.startswith("SPEAKER my_talk 1 ")


@given(st.lists(TURNS))
def test_every_turn_is_a_line_of_ten_fields_that_never_lasts_nothing(turns: list[SpeakerTurn]) -> None:
    lines = FORMATS["rttm"].write(transcript(turns=tuple(turns)), DEFAULT_LAYOUT).splitlines()
    matches = [LINE.fullmatch(line) for line in lines]
    assert len(matches) == len(turns)
    for match, turn in zip(matches, sorted(turns), strict=True):
        assert match is not None
        assert abs(float(match[2]) - turn.start) < 0.001
        assert float(match[3]) >= 0.001
