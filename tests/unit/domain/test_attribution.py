import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given

from app.domain.attribution import MAX_SEGMENT_S, PAUSE_S, TurnIndex, UtteranceSplitter, attribute
from app.domain.transcript import SpeakerTurn, Word
from tests.unit.domain.strategies import speaker_turns, words


def say(text: str, *, start: float = 0.0, each_s: float = 0.4) -> tuple[Word, ...]:
    spoken = text.split()
    return tuple(
        Word(word=word, start=start + i * each_s, end=start + (i + 1) * each_s)
        for i, word in enumerate(spoken)
    )


def turn(start: float, end: float, label: str) -> SpeakerTurn:
    return SpeakerTurn(start=start, end=end, speaker_label=label)


def told(parts: Sequence[Sequence[Word]]) -> list[tuple[str | None, str]]:
    return [(part[0].speaker_label, " ".join(word.word for word in part)) for part in parts]


def split(spoken: Sequence[Word]) -> list[str]:
    splitter = UtteranceSplitter()
    parts = splitter.push(spoken) + splitter.finish()
    return [" ".join(word.word for word in part) for part in parts]


def test_a_word_goes_to_the_speaker_who_talks_most_during_it() -> None:
    turns = TurnIndex([turn(0, 0.1, "A"), turn(0.1, 1.0, "B")])
    assert turns.label(Word(word="hello", start=0.0, end=0.4)).speaker_label == "B"


def test_a_word_in_a_gap_goes_to_the_nearest_turn() -> None:
    turns = TurnIndex([turn(0, 1, "A"), turn(5, 6, "B")])
    assert turns.label(Word(word="um", start=1.5, end=1.7)).speaker_label == "A"
    assert turns.label(Word(word="um", start=4.0, end=4.2)).speaker_label == "B"
    assert turns.label(Word(word="um", start=9.0, end=9.2)).speaker_label == "B"


def test_the_nearest_turn_may_have_started_long_before_a_shorter_one() -> None:
    turns = TurnIndex([turn(0, 10, "A"), turn(2, 3, "B")])
    assert turns.label(Word(word="um", start=10.1, end=10.3)).speaker_label == "A"


def test_a_word_during_two_turns_is_flagged_as_overlapped() -> None:
    turns = TurnIndex([turn(0, 2, "A"), turn(1.8, 3, "B")])
    assert turns.label(Word(word="both", start=1.5, end=2.0)).overlap
    assert not turns.label(Word(word="one", start=0.5, end=1.0)).overlap


def test_without_turns_nobody_is_named() -> None:
    assert told(attribute(say("all alone"), TurnIndex([]))) == [(None, "all alone")]


def test_a_sentence_is_cut_where_the_speaker_changes() -> None:
    turns = TurnIndex([turn(0, 0.8, "A"), turn(0.8, 2.0, "B")])
    assert told(attribute(say("neither did okay then I"), turns)) == [
        ("A", "neither did"),
        ("B", "okay then I"),
    ]


def test_one_mislabelled_word_does_not_cut_a_sentence() -> None:
    turns = TurnIndex([turn(0, 0.8, "A"), turn(0.8, 1.2, "B"), turn(1.2, 2.4, "A")])
    parts = attribute(say("we went to the sea today"), turns)
    assert told(parts) == [("A", "we went to the sea today")]
    assert {word.speaker_label for word in parts[0]} == {"A"}


def test_one_long_word_is_enough_to_change_the_speaker() -> None:
    spoken = (*say("so you say"), Word(word="absolutely", start=1.2, end=2.3))
    turns = TurnIndex([turn(0, 1.2, "A"), turn(1.2, 2.3, "B")])
    assert told(attribute(spoken, turns)) == [("A", "so you say"), ("B", "absolutely")]


def test_segments_end_at_pauses_and_sentence_ends() -> None:
    spoken = say("yes. no") + say("maybe later", start=0.8 + PAUSE_S)
    assert split(spoken) == ["yes.", "no", "maybe later"]


def test_an_abbreviation_ends_no_sentence() -> None:
    assert split(say("Mr. Smith is here.")) == ["Mr. Smith is here."]


def test_endless_speech_is_cut_at_its_widest_gap() -> None:
    first, second = say("a " * 60), say("b " * 60, start=24.5)
    parts = split((*first, *second))
    assert parts[0] == "a " * 59 + "a"


@given(words())
def test_no_word_is_lost_or_doubled_by_splitting(spoken: tuple[Word, ...]) -> None:
    splitter = UtteranceSplitter()
    parts = splitter.push(spoken) + splitter.finish()
    assert tuple(word for part in parts for word in part) == spoken
    assert all(part[-1].end - part[0].start <= MAX_SEGMENT_S for part in parts)


@given(words())
def test_splitting_does_not_depend_on_how_words_come_in(spoken: tuple[Word, ...]) -> None:
    at_once, one_by_one = UtteranceSplitter(), UtteranceSplitter()
    expected = at_once.push(spoken) + at_once.finish()
    parts = []
    for word in spoken:
        parts += one_by_one.advance(word.start) + one_by_one.push([word])
    assert parts + one_by_one.finish() == expected


@given(words(), speaker_turns())
def test_attribution_changes_nothing_but_speakers(spoken: tuple[Word, ...], turns: list[SpeakerTurn]) -> None:
    if not spoken:
        return
    parts = attribute(spoken, TurnIndex(turns))
    assert [(w.word, w.start, w.end) for part in parts for w in part] == [
        (w.word, w.start, w.end) for w in spoken
    ]
    for part in parts:
        assert len({word.speaker_label for word in part}) == 1
        assert len(parts) == 1 or len(part) >= 2 or part[-1].end - part[0].start >= 1
    assert all(a[0].speaker_label != b[0].speaker_label for a, b in itertools.pairwise(parts))


@given(words(most=5), speaker_turns())
def test_the_index_agrees_with_looking_at_every_turn(
    spoken: tuple[Word, ...], turns: list[SpeakerTurn]
) -> None:
    for word in spoken:
        label = TurnIndex(turns).label(word).speaker_label
        shares = {
            name: sum(t.range.overlap(word.range) for t in turns if t.speaker_label == name)
            for name in {t.speaker_label for t in turns}
        }
        if not turns:
            assert label is None
        elif any(shares.values()):
            assert label is not None
            assert shares[label] == pytest.approx(max(shares.values()))
        else:
            nearest_s = min(t.range.gap(word.range) for t in turns)
            assert label in {t.speaker_label for t in turns if t.range.gap(word.range) == nearest_s}
