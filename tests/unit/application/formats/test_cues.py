from itertools import groupby, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.application.formats.atoms import atoms_of
from app.application.formats.cues import DEFAULT_LAYOUT, CueLayout, lay_out
from app.application.formats.fields import speaker_prefix
from app.domain.errors import InvalidOptions
from app.domain.transcript import Transcript
from tests.unit.application.formats.transcripts import (
    DEARLY_MADE,
    any_transcript,
    segment,
    squeezed,
    transcript,
    wordless,
)

LAYOUTS = st.builds(
    CueLayout,
    max_line_count=st.integers(1, 3),
    max_line_width=st.integers(10, 60),
    max_cue_s=st.floats(1, 10),
)


def _lines(written: Transcript, layout: CueLayout = DEFAULT_LAYOUT) -> list[tuple[str, ...]]:
    return [cue.lines for cue in lay_out(written, layout)]


def test_a_short_segment_is_one_cue_of_one_line() -> None:
    assert _lines(transcript(segment("Good morning."))) == [("Good morning.",)]


def test_two_lines_are_about_equally_long() -> None:
    spoken = segment("We have much to do today and little time, so let us begin", word_s=0.2)
    assert _lines(transcript(spoken)) == [("We have much to do today and", "little time, so let us begin")]


def test_a_long_segment_is_cut_at_the_end_of_a_sentence() -> None:
    spoken = segment(
        "The first of our meetings this year is about to begin. "
        "The budget comes first because nobody likes it very much.",
        word_s=0.2,
    )
    first, second = lay_out(transcript(spoken), DEFAULT_LAYOUT)
    assert first.lines[-1].endswith("begin.")
    assert second.lines[0].startswith("The budget")


def test_without_punctuation_a_long_segment_is_cut_at_the_pause() -> None:
    before = segment("so I went to the market and bought some apples and pears", word_s=0.2)
    after = segment("then I walked all the way back home in the rain", start=12 * 0.2 + 0.5, word_s=0.2)
    spoken = segment(f"{before.text} {after.text}")
    joined = transcript(
        type(spoken)(
            id="1",
            audio_clip_id="clip",
            start=before.start,
            end=after.end,
            speaker_label=None,
            text=spoken.text,
            words=before.words + after.words,
        )
    )
    assert [" ".join(lines) for lines in _lines(joined)] == [before.text, after.text]


def test_slow_speech_is_cut_by_time() -> None:
    cues = lay_out(transcript(segment("one two three four five six", word_s=2.0)), DEFAULT_LAYOUT)
    assert [(cue.start_ms, cue.end_ms, *cue.lines) for cue in cues] == [
        (0, 6000, "one two three"),
        (6000, 12000, "four five six"),
    ]


def test_a_word_longer_than_a_cue_may_last_is_shown_for_that_long() -> None:
    (cue,) = lay_out(transcript(segment("Gooooal!", word_s=20.0)), DEFAULT_LAYOUT)
    assert (cue.start_ms, cue.end_ms) == (0, 7000)


def test_a_word_longer_than_a_line_stays_whole() -> None:
    layout = CueLayout(max_line_width=10)
    assert _lines(transcript(segment("Die Donaudampfschifffahrt ruht.")), layout) == [
        ("Die", "Donaudampfschifffahrt"),
        ("ruht.",),
    ]


def test_a_prefix_takes_room_on_the_first_line() -> None:
    layout = CueLayout(max_line_count=1, max_line_width=20)
    spoken = transcript(segment("Good morning everybody"))
    assert [c.lines for c in lay_out(spoken, layout, prefix=speaker_prefix)] == [
        ("Good",),
        ("morning",),
        ("everybody",),
    ]
    assert _lines(spoken, layout) == [("Good morning",), ("everybody",)]


def test_chinese_breaks_between_any_two_characters() -> None:
    layout = CueLayout(max_line_count=1, max_line_width=10)
    spoken = wordless("今天天气很好我们一起去公园散步吧", start=0.0, end=8.0)
    assert _lines(transcript(spoken, language="zh"), layout) == [("今天天气很好我们",), ("一起去公园散步吧",)]


def test_cues_of_two_people_may_overlap_and_come_in_order_of_start() -> None:
    long = segment("I was saying that the budget is the first thing we talk about today", word_s=0.7)
    interruption = segment("No!", start=1.0, speaker="SPEAKER_01")
    cues = lay_out(transcript(long, interruption), DEFAULT_LAYOUT)
    assert [cue.speaker_label for cue in cues] == ["SPEAKER_00", "SPEAKER_01", "SPEAKER_00"]
    assert cues[1].end_ms < cues[0].end_ms


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("max_line_count", 0),
        ("max_line_width", 9),
        ("max_line_width", 1001),
        ("max_cue_s", 0.5),
        ("max_cue_s", float("nan")),
    ],
)
def test_an_impossible_layout_is_refused_by_name(option: str, value: float) -> None:
    with pytest.raises(InvalidOptions) as refused:
        CueLayout(**{option: value})  # type: ignore[arg-type]  # the option varies, and its type with it
    assert refused.value.option == option


@DEARLY_MADE
@given(any_transcript(), LAYOUTS)
def test_cues_are_in_order_and_never_empty(written: Transcript, layout: CueLayout) -> None:
    cues = lay_out(written, layout)
    assert all(0 <= cue.start_ms < cue.end_ms for cue in cues)
    assert all(a.start_ms <= b.start_ms for a, b in pairwise(cues))
    assert all(cue.lines and all(line.strip() for line in cue.lines) for cue in cues)


@DEARLY_MADE
@given(any_transcript(), LAYOUTS)
def test_cues_of_one_speaker_never_overlap(written: Transcript, layout: CueLayout) -> None:
    def speaker(cue: object) -> str:
        return str(getattr(cue, "speaker_label", None))

    for _, cues in groupby(sorted(lay_out(written, layout), key=speaker), key=speaker):
        assert all(a.end_ms <= b.start_ms for a, b in pairwise(cues))


@DEARLY_MADE
@given(any_transcript(), LAYOUTS)
def test_cues_keep_to_the_layout_unless_a_single_word_is_too_big_for_it(
    written: Transcript, layout: CueLayout
) -> None:
    whole = {atom.text for s in written.segments for atom in atoms_of(s, written.language)}
    for cue in lay_out(written, layout, prefix=speaker_prefix):
        assert len(cue.lines) <= layout.max_line_count
        assert cue.end_ms - cue.start_ms <= layout.max_cue_s * 1000 + 0.5
        shown = [speaker_prefix(cue.speaker_label) + cue.lines[0], *cue.lines[1:]]
        for line, text in zip(shown, cue.lines, strict=True):
            assert len(line) <= layout.max_line_width or text in whole


@DEARLY_MADE
@given(any_transcript(), LAYOUTS)
def test_not_a_letter_is_lost(written: Transcript, layout: CueLayout) -> None:
    said = sorted(squeezed("".join(s.text for s in written.segments)))
    assert sorted(squeezed("".join(line for cue in lay_out(written, layout) for line in cue.lines))) == said


@DEARLY_MADE
@given(any_transcript().filter(lambda written: len(written.segments) == 1), LAYOUTS)
def test_a_segment_is_shown_in_the_order_of_its_text(written: Transcript, layout: CueLayout) -> None:
    shown = "".join(line for cue in lay_out(written, layout) for line in cue.lines)
    assert squeezed(shown) == squeezed(written.segments[0].text)


@DEARLY_MADE
@given(any_transcript(st.characters()), LAYOUTS)
def test_no_character_at_all_breaks_a_line(written: Transcript, layout: CueLayout) -> None:
    for cue in lay_out(written, layout):
        for line in cue.lines:
            assert line.splitlines() == [line]
            assert line.encode().decode() == line
