import html
from io import StringIO

import webvtt
from hypothesis import given
from hypothesis import strategies as st

from app.application.formats.cues import DEFAULT_LAYOUT, lay_out
from app.application.formats.vtt import write_vtt
from app.domain.transcript import Transcript
from tests.unit.application.formats.transcripts import (
    DEARLY_MADE,
    any_transcript,
    segment,
    squeezed,
    transcript,
)


def test_webvtt() -> None:
    written = transcript(
        segment("Good morning.", start=1.9996, word_s=0.5),
        segment("Is 2 < 3 & 4 --> 5?", start=3.25, speaker="Bob <b>", word_s=0.25),
        segment("(laughter)", start=3600, speaker=None, word_s=0.5),
    )
    assert write_vtt(written, DEFAULT_LAYOUT) == (
        "WEBVTT\n"
        "\n"
        "00:00:02.000 --> 00:00:03.000\n"
        "<v SPEAKER_00>Good morning.\n"
        "\n"
        "00:00:03.250 --> 00:00:05.250\n"
        "<v Bob &lt;b&gt;>Is 2 &lt; 3 &amp; 4 --&gt; 5?\n"
        "\n"
        "01:00:00.000 --> 01:00:00.500\n"
        "(laughter)\n"
    )


def test_nothing_said_is_still_webvtt() -> None:
    assert write_vtt(transcript(), DEFAULT_LAYOUT) == "WEBVTT\n"


@DEARLY_MADE
@given(any_transcript(st.characters(categories=("L", "P", "S", "N", "Cc", "Zs"))))
def test_a_player_reads_back_every_cue_whatever_its_text(written: Transcript) -> None:
    cues = lay_out(written, DEFAULT_LAYOUT)
    captions = webvtt.from_buffer(StringIO(write_vtt(written, DEFAULT_LAYOUT)), strict=True).captions
    assert [_ms(c.start) for c in captions] == [cue.start_ms for cue in cues]
    assert [_ms(c.end) for c in captions] == [cue.end_ms for cue in cues]
    assert [squeezed(html.unescape(c.text)) for c in captions] == [squeezed("".join(c.lines)) for c in cues]
    assert [html.unescape(c.voice or "") for c in captions] == [cue.speaker_label or "" for cue in cues]


def _ms(clock: str) -> int:
    hours, minutes, seconds = clock.split(":")
    return (int(hours) * 60 + int(minutes)) * 60_000 + round(float(seconds) * 1000)
