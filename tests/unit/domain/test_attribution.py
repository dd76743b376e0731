import itertools
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from app.domain.attribution import Part, attribute
from app.domain.timeline import TimeRange
from app.domain.transcript import SpeakerTurn, Word
from app.domain.turn_index import TurnIndex
from tests.unit.domain.strategies import speaker_turns, words


def say(text: str, *, start: float = 0.0, each_s: float = 0.4) -> tuple[Word, ...]:
    spoken = text.split()
    return tuple(
        Word(word=word, start=start + i * each_s, end=start + (i + 1) * each_s)
        for i, word in enumerate(spoken)
    )


def turn(start: float, end: float, label: str) -> SpeakerTurn:
    return SpeakerTurn(start=start, end=end, speaker_label=label)


def crossing_words() -> st.SearchStrategy[tuple[Word, ...]]:
    """Words of two people who take no notice of each other."""
    return st.tuples(words(most=30), words(most=30)).map(lambda said: by_start(*said))


def told(parts: Sequence[Part]) -> list[tuple[str | None, str]]:
    return [(part.words[0].speaker_label, " ".join(word.word for word in part.words)) for part in parts]


def by_start(*spoken: Sequence[Word]) -> tuple[Word, ...]:
    return tuple(sorted(itertools.chain(*spoken), key=lambda word: word.start))


def flat(parts: Sequence[Part]) -> list[Word]:
    return [word for part in parts for word in part.words]


def test_without_turns_nobody_is_named() -> None:
    parts = attribute(say("all alone"), TurnIndex([]))
    assert told(parts) == [(None, "all alone")]
    assert {(word.speaker_confidence, word.runner_up) for word in flat(parts)} == {(None, None)}


def test_a_sentence_is_cut_where_the_speaker_changes() -> None:
    turns = TurnIndex([turn(0, 2.0, "A"), turn(2.0, 5.0, "B")])
    spoken = (*say("neither did we all do"), *say("okay then i will go", start=2.2))
    assert told(attribute(spoken, turns)) == [("A", "neither did we all do"), ("B", "okay then i will go")]


def test_a_turn_that_begins_too_early_is_put_right_by_the_pause() -> None:
    turns = TurnIndex([turn(0, 1.5, "A"), turn(1.5, 5.0, "B")])
    spoken = (*say("neither did we all do"), *say("okay then i will go", start=2.6))
    assert told(attribute(spoken, turns)) == [("A", "neither did we all do"), ("B", "okay then i will go")]


def test_a_turn_that_begins_too_late_is_put_right_by_the_sentence_end() -> None:
    turns = TurnIndex([turn(0, 2.7, "A"), turn(2.7, 5.0, "B")])
    answer = say("okay then i will", start=2.0)
    for ending, who in ((".", "B"), ("", "A")):
        before = attribute(say("neither did we all do" + ending), turns)
        assert told(before) == [("A", "neither did we all do" + ending)]
        assert told(attribute(answer, turns, flat(before))) == [(who, "okay then i will")]


def test_one_mislabelled_word_does_not_cut_a_sentence() -> None:
    turns = TurnIndex([turn(0, 0.8, "A"), turn(0.8, 1.2, "B"), turn(1.2, 2.4, "A")])
    parts = attribute(say("we went to the sea today"), turns)
    assert told(parts) == [("A", "we went to the sea today")]
    assert {word.speaker_label for word in flat(parts)} == {"A"}


def test_one_short_word_at_the_end_of_a_sentence_does_not_cut_it() -> None:
    turns = TurnIndex([turn(0, 2.0, "A"), turn(2.8, 5.0, "B")])
    spoken = (*say("we went to the sea"), Word(word="today", start=2.7, end=3.1))
    assert told(attribute(spoken, turns)) == [("A", "we went to the sea today")]


def test_one_long_word_is_enough_to_change_the_speaker() -> None:
    turns = TurnIndex([turn(0, 2.0, "A"), turn(2.8, 5.0, "B")])
    spoken = (*say("so you say that now"), Word(word="absolutely", start=2.9, end=4.0))
    assert told(attribute(spoken, turns)) == [("A", "so you say that now"), ("B", "absolutely")]


def test_who_goes_on_while_another_speaks_keeps_one_segment() -> None:
    turns = TurnIndex([turn(0, 4.0, "A"), turn(1.5, 3.2, "B")])
    spoken = by_start(say("we went to the sea and it was cold."), say("oh really how nice", start=1.5))
    parts = attribute(spoken, turns)
    assert told(parts) == [("A", "we went to the sea and it was cold."), ("B", "oh really how nice")]
    assert [part.place for part in parts] == [0, 4]


def test_a_word_said_while_another_is_has_another_speaker() -> None:
    """B has spoken before and has no turn there, but nobody says two words at once."""
    turns = TurnIndex([turn(0, 6.0, "B"), turn(6.2, 12.0, "A")])
    sentence = say("we went to the sea and it was very cold all day.", start=6.4)
    parts = attribute(by_start(sentence, say("yes.", start=9.4)), turns)
    assert told(parts) == [("A", " ".join(word.word for word in sentence)), ("B", "yes.")]


def test_a_speaker_who_was_speaking_goes_on_across_an_overlap() -> None:
    turns = TurnIndex([turn(0, 10, "A"), turn(5, 7, "B")])
    (part,) = attribute(say("i know", start=5.6), turns, say("and so", start=4.8))
    assert {word.overlap for word in part.words} == {True}
    assert len({word.speaker_label for word in part.words}) == 1


def test_confidence_is_high_inside_a_turn_and_low_at_its_edge_in_gaps_and_over_others() -> None:
    turns = TurnIndex([turn(0, 10, "A"), turn(10, 20, "B"), turn(30, 40, "A"), turn(35, 45, "B")])

    def sureness(start: float) -> float:
        ((word,),) = [flat(attribute([Word(word="hm", start=start, end=start + 0.4)], turns))]
        assert word.speaker_confidence is not None
        return word.speaker_confidence

    inside, edge, gap, far, over = (sureness(start) for start in (5.0, 9.7, 21.0, 24.0, 37.0))
    assert inside > 0.95
    assert edge < 0.8
    assert inside > gap > far
    assert over < 0.6


def test_the_runner_up_is_who_else_was_near() -> None:
    turns = TurnIndex([turn(0, 10, "A"), turn(10, 20, "B")])
    (alone,) = flat(attribute([Word(word="hm", start=5.0, end=5.4)], turns))
    assert (alone.speaker_label, alone.runner_up) == ("A", None)
    (edge,) = flat(attribute([Word(word="hm", start=9.4, end=9.8)], turns))
    assert (edge.speaker_label, edge.runner_up) == ("A", "B")


def test_turns_in_pieces_give_the_same_as_whole_ones() -> None:
    """As they stream they end at the seams of chunks."""
    whole = [turn(0.1, 7.3, "A"), turn(6.9, 19.7, "B")]
    pieces = [turn(0.1, 3.7, "A"), turn(3.7, 7.3, "A"), turn(6.9, 11.3, "B"), turn(11.3, 19.7, "B")]
    spoken = say("w " * 60, start=0.05, each_s=0.33)
    assert attribute(spoken, TurnIndex(pieces)) == attribute(spoken, TurnIndex(whole))


@given(crossing_words(), speaker_turns(), words(most=3))
def test_attribution_changes_nothing_but_speakers(
    spoken: tuple[Word, ...], turns: list[SpeakerTurn], before: tuple[Word, ...]
) -> None:
    parts = attribute(spoken, TurnIndex(turns), before)
    assert sorted((w.word, w.start, w.end) for w in flat(parts)) == sorted(
        (w.word, w.start, w.end) for w in spoken
    )
    assert [spoken[part.place].word for part in parts] == [part.words[0].word for part in parts]
    assert [part.place for part in parts] == sorted({part.place for part in parts})
    for part in parts:
        assert len({word.speaker_label for word in part.words}) == 1
        starts = [word.start for word in part.words]
        assert starts == sorted(starts)


@given(crossing_words(), speaker_turns())
def test_no_word_is_left_without_a_speaker_where_anyone_spoke(
    spoken: tuple[Word, ...], turns: list[SpeakerTurn]
) -> None:
    names = {turn.speaker_label for turn in turns}
    for word in flat(attribute(spoken, TurnIndex(turns))):
        if not turns:
            assert (word.speaker_label, word.speaker_confidence, word.runner_up) == (None, None, None)
            continue
        assert word.speaker_label in names
        assert word.speaker_confidence is not None
        assert 0 <= word.speaker_confidence <= 1
        assert word.runner_up is None or word.runner_up in names - {word.speaker_label}


@given(words(), speaker_turns())
def test_a_change_of_speaker_inside_a_sentence_is_two_words_or_a_second(
    spoken: tuple[Word, ...], turns: list[SpeakerTurn]
) -> None:
    """These words follow each other: none is said at the same time as another."""
    parts = attribute(spoken, TurnIndex(turns))
    for part in parts:
        length_s = part.words[-1].end - part.words[0].start
        assert len(parts) == 1 or len(part.words) >= 2 or length_s >= 1


@given(words(), speaker_turns())
def test_the_order_of_turns_does_not_matter(spoken: tuple[Word, ...], turns: list[SpeakerTurn]) -> None:
    assert attribute(spoken, TurnIndex(turns)) == attribute(spoken, TurnIndex(turns[::-1]))


def test_a_word_beside_a_failed_chunk_keeps_its_speaker_and_lends_it_to_nobody() -> None:
    turns = TurnIndex([turn(59.0, 59.9, "A")], untold=[TimeRange(start=60, end=120)])
    said = say("yes well then we go", start=59.4, each_s=0.4)
    labels = [word.speaker_label for word in flat(attribute(said, turns))]
    assert labels[0] == "A"
    assert labels[2:] == [None, None, None]
