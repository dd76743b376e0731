from itertools import pairwise

import pytest
from hypothesis import given

from app.application.formats.atoms import atoms_of
from app.domain.transcript import SpeakerSegment, Transcript, Word
from tests.unit.application.formats.transcripts import DEARLY_MADE, any_transcript, segment, wordless


def _texts(spoken: SpeakerSegment, language: str | None) -> list[str]:
    return [atom.glue + atom.text for atom in atoms_of(spoken, language)]


def test_words_keep_their_own_times() -> None:
    first, second = atoms_of(segment("Good morning", start=2.0, word_s=0.5), "en")
    assert (first.start, first.end) == (2.0, 2.5)
    assert (second.start, second.end) == (2.5, 3.0)


def test_text_without_words_shares_the_time_by_length() -> None:
    first, second = atoms_of(wordless("abc defghi", start=10.0, end=20.0), "en")
    assert (first.start, first.end) == (10.0, 13.0)
    assert (second.start, second.end) == (14.0, 20.0)


def test_corrected_text_counts_more_than_the_words_it_was_made_of() -> None:
    heard = segment("Hello word", start=0.0, word_s=1.0)
    corrected = SpeakerSegment(
        id=heard.id,
        audio_clip_id="clip",
        start=heard.start,
        end=heard.end,
        speaker_label=None,
        text="Hello world",
        words=heard.words,
    )
    assert _texts(corrected, "en") == [" Hello", " world"]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("你好，世界。", ["你", "好，", "世", "界。"]),
        ("用Python 3写", ["用", "Python", " 3", "写"]),
        ("好 ，世", ["好 ，", "世"]),
        ("コーヒー", ["コー", "ヒー"]),
    ],
)
def test_without_spaces_a_line_may_break_anywhere_but_before_closing_marks(
    text: str, pieces: list[str]
) -> None:
    assert _texts(wordless(text, start=0.0, end=4.0), "ja") == pieces


def test_thai_vowel_signs_stay_with_their_consonant() -> None:
    assert _texts(wordless("ที่นี่", start=0.0, end=1.0), "th") == ["ที่", "นี่"]


def test_a_word_that_is_a_whole_phrase_is_cut_where_its_language_allows() -> None:
    phrase = Word(word="你好世界", start=0.0, end=4.0)
    spoken = SpeakerSegment(
        id="1", audio_clip_id="clip", start=0, end=4, speaker_label=None, text="你好世界", words=(phrase,)
    )
    assert [(a.text, a.start, a.end) for a in atoms_of(spoken, "zh")] == [
        ("你", 0.0, 1.0),
        ("好", 1.0, 2.0),
        ("世", 2.0, 3.0),
        ("界", 3.0, 4.0),
    ]


def test_text_of_nothing_printable_has_no_atoms() -> None:
    assert atoms_of(wordless("\x00\n", start=0.0, end=1.0), "en") == []


@DEARLY_MADE
@given(any_transcript())
def test_atoms_never_go_back_in_time(written: Transcript) -> None:
    for spoken in written.segments:
        for before, after in pairwise(atoms_of(spoken, written.language)):
            assert before.start <= after.start
            assert before.end <= after.end
