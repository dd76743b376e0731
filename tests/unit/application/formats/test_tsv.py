import csv

from hypothesis import given
from hypothesis import strategies as st

from app.application.formats.cues import DEFAULT_LAYOUT
from app.application.formats.tsv import write_tsv
from app.domain.transcript import Transcript
from tests.unit.application.formats.transcripts import (
    DEARLY_MADE,
    any_transcript,
    segment,
    transcript,
    wordless,
)


def test_whispers_three_columns_with_the_speaker_before_the_text() -> None:
    written = transcript(
        segment("Good morning.", start=1.9996, word_s=0.5), segment("Hm.", start=4, speaker=None, word_s=0.5)
    )
    assert write_tsv(written, DEFAULT_LAYOUT) == (
        "start\tend\ttext\n2000\t3000\t[SPEAKER_00]: Good morning.\n4000\t4500\tHm.\n"
    )


def test_tabs_and_newlines_in_the_text_are_spaces() -> None:
    written = transcript(wordless("a\tb\r\nc", start=0, end=1, speaker=None))
    assert write_tsv(written, DEFAULT_LAYOUT).splitlines()[1:] == ["0\t1000\ta b c"]


@DEARLY_MADE
@given(any_transcript(st.characters()))
def test_every_segment_is_a_row_of_three_fields(written: Transcript) -> None:
    lines = write_tsv(written, DEFAULT_LAYOUT).splitlines()
    rows = list(csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    assert len(rows) == 1 + len(written.segments)
    assert all(len(row) == 3 for row in rows)
