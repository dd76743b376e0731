"""Where words lie on the clip, and which are set aside."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.outbound.whisper.judgement import judge
from app.adapters.outbound.whisper.model import Alignment
from app.adapters.outbound.whisper.words import LEAST_COPIES, repeated, to_text, without_words
from app.domain.transcript import TranscriptionText
from app.domain.windows import SpeechWindow
from tests.fixtures.speech import hum, whole_window
from tests.unit.adapters.whisper.tiny import said, vocabulary


def told(
    text: str,
    edges_s: list[float],
    window: SpeechWindow,
    *,
    probability: float = 0.9,
    suppress: bool = True,
) -> TranscriptionText:
    verdict = judge(said(text), text)
    alignment = Alignment(edges_s=tuple(edges_s), probabilities=(probability,) * (len(edges_s) - 1))
    pieces = vocabulary().pieces(verdict.tokens, "en")
    return to_text(
        window,
        verdict,
        alignment,
        pieces,
        language="en",
        language_probability=0.7,
        written="en",
        suppress=suppress,
    )


def times(text: TranscriptionText) -> list[tuple[float, float]]:
    return [(round(word.start, 2), round(word.end, 2)) for word in text.words]


def test_a_word_starts_and_ends_with_the_speech_it_is_in() -> None:
    window = whole_window(hum(5), (0.5, 1.5), (2.0, 3.0))
    assert times(told("the cat sees", [0.0, 1.0, 2.0, 3.4], window)) == [(0.5, 1.0), (1.0, 1.5), (2.0, 3.0)]


def test_a_word_that_trimming_would_swallow_keeps_its_times() -> None:
    window = whole_window(hum(5), (0.0, 1.02))
    assert times(told("the cat", [0.0, 1.0, 1.4], window)) == [(0.0, 1.0), (1.0, 1.4)]


def test_a_word_without_length_still_has_one() -> None:
    (word,) = told("cat", [1.0, 1.0], whole_window(hum(5))).words
    assert word.start < word.end


def test_doubtful_words_where_nobody_speaks_are_set_aside_together() -> None:
    window = whole_window(hum(5), (0.0, 1.0))
    text = told("the cat sees mary", [0.0, 0.5, 2.0, 2.5, 3.0], window, probability=0.3)
    assert [word.word for word in text.words] == ["the", "cat"]
    (left_out,) = text.suppressed
    assert (left_out.text, left_out.reason) == ("sees mary", "outside_speech")
    assert (left_out.start, left_out.end) == (2.0, 3.0)
    assert left_out.score == pytest.approx(0.3)


def test_sure_words_are_believed_wherever_they_are() -> None:
    window = whole_window(hum(5), (0.0, 1.0))
    text = told("the cat sees", [0.0, 0.5, 2.0, 2.5], window, probability=0.8)
    assert [word.word for word in text.words] == ["the", "cat", "sees"]


def test_a_circle_keeps_its_first_round() -> None:
    count = 40
    circle = "mary " + "one two " * count
    text = told(circle, [0.1 * index for index in range(2 * count + 2)], whole_window(hum(10)))
    assert [word.word for word in text.words] == ["mary", "one", "two"]
    (left_out,) = text.suppressed
    assert left_out.reason == "repetition"
    assert left_out.score > 2.4
    assert len(left_out.text.split()) == 2 * count - 2


def test_nothing_is_set_aside_when_nobody_asked_for_it() -> None:
    text = told("one two " * 40, [0.1 * index for index in range(81)], whole_window(hum(10)), suppress=False)
    assert (len(text.words), text.suppressed) == (80, ())


def test_a_window_of_which_all_is_set_aside_settles_no_language() -> None:
    window = whole_window(hum(5), (4.0, 5.0))
    text = told("the cat", [0.0, 0.5, 1.0], window, probability=0.1)
    assert (text.words, text.language, text.language_probability) == ((), None, None)


def test_no_text_at_all_leaves_nothing_to_set_aside() -> None:
    assert without_words(whole_window(hum(5)), judge(said(""), "")) == TranscriptionText(words=())


@pytest.mark.parametrize(
    ("said_words", "left_out"),
    [
        ("no no no really", []),
        ("no no no no really", [range(1, 4)]),
        ("so thank you thank you thank you thank you", [range(3, 9)]),
        ("a a a a b b b b", [range(1, 4), range(5, 8)]),
        ("", []),
    ],
)
def test_repetitions_are_found_from_the_fourth_copy_on(said_words: str, left_out: list[range]) -> None:
    assert repeated(said_words.split()) == left_out


@given(st.lists(st.sampled_from("ab"), max_size=40))
def test_what_is_left_of_a_repetition_comes_before_it(words: list[str]) -> None:
    gone = [index for run in repeated(words) for index in run]
    assert gone == sorted(set(gone))
    for run in repeated(words):
        period = next(
            size
            for size in range(1, run.start + 1)
            if all(words[index] == words[index - size] for index in run)
        )
        assert run.start >= period
        assert len(run) >= period * (LEAST_COPIES - 1)
