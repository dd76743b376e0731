import pytest
from hypothesis import given

from app.domain.timeline import TimeRange
from app.domain.transcript import SpeakerTurn, Word
from app.domain.turn_index import TurnIndex
from tests.unit.domain.strategies import speaker_turns, words
from tests.unit.domain.test_attribution import turn


def likeliest(turns: TurnIndex, start: float, end: float) -> str | None:
    chances = turns.chances(Word(word="um", start=start, end=end))
    return max(chances, key=lambda label: chances[label])


def test_a_word_is_likely_of_the_speaker_who_talks_most_during_it_and_around() -> None:
    assert likeliest(TurnIndex([turn(0, 0.1, "A"), turn(0.1, 1.0, "B")]), 0.0, 0.4) == "B"


def test_a_word_in_a_gap_is_likely_of_the_nearest_turn() -> None:
    turns = TurnIndex([turn(0, 1, "A"), turn(5, 6, "B")])
    assert likeliest(turns, 1.5, 1.7) == "A"
    assert likeliest(turns, 4.0, 4.2) == "B"
    assert likeliest(turns, 9.0, 9.2) == "B"


def test_the_nearest_turn_may_have_started_long_before_a_shorter_one() -> None:
    assert likeliest(TurnIndex([turn(0, 50, "A"), turn(2, 3, "B")]), 52.1, 52.3) == "A"


def test_a_long_turn_leaves_no_piece_of_no_length() -> None:
    # 16.1 - 6.1 is more than 10, and 6.1 + 10 is 16.1.
    assert likeliest(TurnIndex([turn(6.1, 16.1, "A")]), 18.0, 18.2) == "A"


def test_nobody_is_likely_where_nobody_knows_who_spoke() -> None:
    turns = TurnIndex([turn(0, 1, "A")], untold=[TimeRange(start=60, end=120)])
    assert turns.chances(Word(word="um", start=70, end=70.3)) == {None: 1.0}
    assert likeliest(turns, 50, 50.3) == "A"
    assert TurnIndex([]).chances(Word(word="um", start=70, end=70.3)) == {None: 1.0}


def test_only_over_another_word_may_it_be_whoever_spoke_lately() -> None:
    turns = TurnIndex([turn(0, 10, "B"), turn(10.5, 30, "A")])
    word = Word(word="yes", start=20, end=20.3)
    assert turns.chances(word).keys() == {"A"}
    chances = turns.chances(word, crowded=True)
    assert chances["A"] > 10 * chances["B"] > 0


def test_a_word_is_overlapped_where_turns_overlap_each_other_during_it() -> None:
    turns = TurnIndex([turn(0, 2, "A"), turn(1.8, 3, "B"), turn(3, 4, "A")])
    assert turns.overlapped(Word(word="both", start=1.5, end=2.0))
    assert not turns.overlapped(Word(word="one", start=0.5, end=1.0))
    assert not turns.overlapped(Word(word="handover", start=2.9, end=3.2))


@given(words(most=5), speaker_turns())
def test_a_long_turn_is_looked_up_as_a_short_one(spoken: tuple[Word, ...], turns: list[SpeakerTurn]) -> None:
    long = [turn(10, 60, "SPEAKER_00"), *turns]
    short = [*(turn(10 + i, 11 + i, "SPEAKER_00") for i in range(50)), *turns]
    for word in spoken:
        assert TurnIndex(long).chances(word) == pytest.approx(TurnIndex(short).chances(word))
        assert TurnIndex(long).overlapped(word) == TurnIndex(short).overlapped(word)


@given(words(most=5), speaker_turns())
def test_chances_agree_with_looking_at_every_turn(spoken: tuple[Word, ...], turns: list[SpeakerTurn]) -> None:
    index = TurnIndex(turns)
    for word in spoken:
        chances = index.chances(word)
        assert 0 < sum(chances.values()) <= 1
        overlapping = {t.speaker_label for t in turns if t.range.overlap(word.range) > 0}
        assert overlapping <= chances.keys()
        assert index.overlapped(word) == any(
            a.speaker_label != b.speaker_label
            and min(a.end, b.end, word.end) > max(a.start, b.start, word.start)
            for a in turns
            for b in turns
        )
        if turns and not overlapping:
            nearest_s = min(t.range.gap(word.range) for t in turns)
            assert chances.keys() & {t.speaker_label for t in turns if t.range.gap(word.range) == nearest_s}
