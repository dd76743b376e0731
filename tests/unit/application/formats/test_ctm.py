from hypothesis import given
from hypothesis import strategies as st

from app.application.formats import FORMATS
from app.application.formats.cues import DEFAULT_LAYOUT
from app.domain.transcript import Transcript
from tests.unit.application.formats.transcripts import (
    DEARLY_MADE,
    any_transcript,
    segment,
    transcript,
    wordless,
)


def test_each_word_is_a_line_with_its_confidence_or_na() -> None:
    written = transcript(
        segment("Good morning", start=1.0, word_s=0.5, probability=0.98765),
        segment("hi", start=1.25, speaker="SPEAKER_01", word_s=0.5),
    )
    assert FORMATS["ctm"].write(written, DEFAULT_LAYOUT) == (
        "clip 1 1.000 0.500 Good 0.988\nclip 1 1.250 0.500 hi NA\nclip 1 1.500 0.500 morning 0.988\n"
    )


def test_a_segment_without_words_gives_those_of_its_text() -> None:
    assert FORMATS["ctm"].write(transcript(wordless("ab cd", start=0, end=5)), DEFAULT_LAYOUT) == (
        "clip 1 0.000 2.000 ab NA\nclip 1 3.000 2.000 cd NA\n"
    )


def test_the_recording_goes_by_the_name_that_it_is_given() -> None:
    written = FORMATS["ctm"].write(transcript(segment("Hi.", word_s=1)), DEFAULT_LAYOUT, "my talk")
    assert written == "my_talk 1 0.000 1.000 Hi. NA\n"


@DEARLY_MADE
@given(any_transcript(st.characters()))
def test_every_line_has_six_fields_in_order_of_start(written: Transcript) -> None:
    rows = [line.split() for line in FORMATS["ctm"].write(written, DEFAULT_LAYOUT).splitlines()]
    assert all(len(row) == 6 and float(row[3]) > 0 for row in rows)
    starts = [float(row[2]) for row in rows]
    assert starts == sorted(starts)


def test_many_words_in_next_to_no_time_are_still_words() -> None:
    hurried = wordless("a b c d", start=4000.0, end=4000.0 + 1e-12)
    rows = [line.split() for line in FORMATS["ctm"].write(transcript(hurried), DEFAULT_LAYOUT).splitlines()]
    assert [row[3] for row in rows] == ["0.001"] * 4
