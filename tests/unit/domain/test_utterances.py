from collections.abc import Sequence

from hypothesis import given

from app.domain.transcript import Word
from app.domain.utterances import MAX_SEGMENT_S, PAUSE_S, UtteranceSplitter
from tests.unit.domain.test_attribution import by_start, crossing_words, say


def split(spoken: Sequence[Word]) -> list[str]:
    splitter = UtteranceSplitter()
    parts = splitter.push(spoken) + splitter.finish()
    return [" ".join(word.word for word in part) for part in parts]


def test_segments_end_at_pauses_and_sentence_ends() -> None:
    spoken = say("yes. no") + say("maybe later", start=0.8 + PAUSE_S)
    assert split(spoken) == ["yes.", "no", "maybe later"]


def test_an_abbreviation_ends_no_sentence() -> None:
    assert split(say("Mr. Smith is here.")) == ["Mr. Smith is here."]


def test_endless_speech_is_cut_at_its_widest_gap() -> None:
    first, second = say("a " * 60), say("b " * 60, start=24.5)
    parts = split((*first, *second))
    assert parts[0] == "a " * 59 + "a"


def test_a_sentence_that_ends_while_another_goes_on_cuts_nothing() -> None:
    assert split(by_start(say("we went to the sea."), say("yes.", start=0.9))) == ["we went to yes. the sea."]


def test_a_sentence_is_complete_once_no_word_can_begin_during_it() -> None:
    splitter = UtteranceSplitter()
    assert splitter.push(say("good morning.")) == []
    assert splitter.advance(0.7) == []
    assert len(splitter.advance(0.8)) == 1


@given(crossing_words())
def test_no_word_is_lost_or_doubled_by_splitting(spoken: tuple[Word, ...]) -> None:
    splitter = UtteranceSplitter()
    parts = splitter.push(spoken) + splitter.finish()
    assert tuple(word for part in parts for word in part) == spoken
    assert all(max(word.end for word in part) - part[0].start <= MAX_SEGMENT_S for part in parts)


@given(crossing_words())
def test_splitting_does_not_depend_on_how_words_come_in(spoken: tuple[Word, ...]) -> None:
    at_once, one_by_one = UtteranceSplitter(), UtteranceSplitter()
    expected = at_once.push(spoken) + at_once.finish()
    parts = []
    for word in spoken:
        parts += one_by_one.advance(word.start) + one_by_one.push([word])
    assert parts + one_by_one.finish() == expected
