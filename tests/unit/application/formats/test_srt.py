import pysubs2
from hypothesis import given
from hypothesis import strategies as st

from app.application.formats.cues import DEFAULT_LAYOUT, lay_out
from app.application.formats.fields import speaker_prefix
from app.application.formats.srt import write_srt
from app.domain.transcript import Transcript
from tests.unit.application.formats.transcripts import (
    DEARLY_MADE,
    any_transcript,
    segment,
    squeezed,
    transcript,
)

READABLE_BY_THE_PEER = st.characters(
    categories=("L", "P", "Nd", "Cc", "Zs"), exclude_characters="0123456789<>{}\\"
)
"""pysubs2 takes tags, braces and lone numbers for something else than text."""


def test_subrip() -> None:
    written = transcript(
        segment("Good morning.", start=1.9996, word_s=0.5),
        segment("Morning, Bob!", start=3.25, speaker="SPEAKER_01", word_s=0.5),
        segment("(laughter)", start=3600, speaker=None, word_s=0.5),
    )
    assert write_srt(written, DEFAULT_LAYOUT) == (
        "1\n"
        "00:00:02,000 --> 00:00:03,000\n"
        "[SPEAKER_00]: Good morning.\n"
        "\n"
        "2\n"
        "00:00:03,250 --> 00:00:04,250\n"
        "[SPEAKER_01]: Morning, Bob!\n"
        "\n"
        "3\n"
        "01:00:00,000 --> 01:00:00,500\n"
        "(laughter)\n"
    )


def test_nothing_said_is_an_empty_file() -> None:
    assert write_srt(transcript(), DEFAULT_LAYOUT) == ""


def test_an_arrow_in_the_text_is_no_line_of_times() -> None:
    text = write_srt(transcript(segment("from a --> b")), DEFAULT_LAYOUT)
    assert text.count("-->") == 1
    assert "a -- > b" in text


@DEARLY_MADE
@given(any_transcript(READABLE_BY_THE_PEER))
def test_a_player_reads_back_every_cue(written: Transcript) -> None:
    cues = lay_out(written, DEFAULT_LAYOUT, prefix=speaker_prefix)
    events = (
        pysubs2.SSAFile.from_string(write_srt(written, DEFAULT_LAYOUT), format_="srt").events if cues else []
    )
    assert [(e.start, e.end) for e in events] == [(c.start_ms, c.end_ms) for c in cues]
    for event, cue in zip(events, cues, strict=True):
        shown = speaker_prefix(cue.speaker_label) + "\n".join(cue.lines)
        if cue.speaker_label != "Ann <3 & Bob":
            assert squeezed(event.plaintext) == squeezed(shown)
