"""Which texts are believed."""

import pytest

from app.adapters.outbound.whisper.judgement import compression_ratio, judge
from tests.unit.adapters.whisper.tiny import said

TRUE_TEXT = "mary sees a red bird and two dogs in the garden now"


def test_a_likely_text_that_says_something_is_believed() -> None:
    assert not judge(said(TRUE_TEXT, likely=-0.9), TRUE_TEXT).looks_wrong


@pytest.mark.parametrize(("likely", "text"), [(-1.1, TRUE_TEXT), (-0.1, "one two " * 30)])
def test_guesses_and_circles_look_wrong(likely: float, text: str) -> None:
    assert judge(said(text, likely=likely), text).looks_wrong


def test_guesses_in_silence_are_silence_and_no_reason_to_try_again() -> None:
    verdict = judge(said(TRUE_TEXT, likely=-1.5, no_speech=0.9), TRUE_TEXT)
    assert verdict.is_silence
    assert not verdict.looks_wrong


def test_a_sure_text_is_believed_whatever_the_no_speech_probability() -> None:
    assert not judge(said(TRUE_TEXT, likely=-0.3, no_speech=0.99), TRUE_TEXT).is_silence


def test_the_better_text_does_not_repeat_itself_then_is_likelier() -> None:
    circle = judge(said("one two " * 30, likely=-0.1), "one two " * 30)
    unlikely = judge(said(TRUE_TEXT, likely=-1.8), TRUE_TEXT)
    likelier = judge(said(TRUE_TEXT, likely=-1.2), TRUE_TEXT)
    assert circle.better(unlikely) is unlikely
    assert unlikely.better(circle) is unlikely
    assert unlikely.better(likelier) is likelier
    assert likelier.better(judge(said(TRUE_TEXT, likely=-1.2), TRUE_TEXT)) is likelier


def test_no_text_compresses_to_nothing() -> None:
    assert compression_ratio("") == 0.0
