"""Errors of speakers are counted as they are described."""

import pytest

from app.domain.diarization import ChunkDiarization, LocalTurn
from app.domain.timeline import TimeRange
from app.domain.transcript import SpeakerTurn, Word
from bench.speaker_errors import Seconds, by_overlap, by_segment, compare, link_by_truth, wrong_words


def turn(start: float, end: float, speaker: str) -> SpeakerTurn:
    return SpeakerTurn(start=start, end=end, speaker_label=speaker)


def word(start: float, end: float, text: str = "word") -> Word:
    return Word(word=text, start=start, end=end)


def test_seconds_are_missed_made_up_and_confused() -> None:
    truth = [turn(0, 10, "anna"), turn(10, 20, "ben")]
    found = [turn(0, 12, "X"), turn(12, 19, "Y"), turn(20, 21, "Y")]
    seconds, names = compare(truth, found)
    assert names == {"X": "anna", "Y": "ben"}
    assert (seconds.speech, seconds.confused, seconds.missed, seconds.false_alarm) == pytest.approx(
        (20, 2, 1, 1)
    )
    assert seconds.rate == pytest.approx(0.2)


def test_overlap_counts_for_both_who_speak() -> None:
    seconds, _ = compare([turn(0, 10, "anna"), turn(8, 12, "ben")], [turn(0, 12, "X")])
    assert seconds.speech == pytest.approx(14)
    assert seconds.missed == pytest.approx(2)


def test_seconds_add_up() -> None:
    one = Seconds(speech=10, missed=1, false_alarm=0, confused=1)
    assert (one + Seconds(speech=30, missed=0, false_alarm=2, confused=0)).rate == pytest.approx(0.1)


def test_a_word_has_no_speaker_by_overlap_where_nobody_has_a_turn() -> None:
    turns = [turn(0, 2, "X"), turn(1.5, 4, "Y")]
    assert by_overlap([word(1.4, 1.8), word(1.7, 2.4), word(5, 6)], turns) == ["X", "Y", None]


def test_a_segment_takes_its_majority_to_all_of_its_words() -> None:
    turns = [turn(0, 3, "X"), turn(3, 4, "Y")]
    words = [word(0, 1), word(1, 2.9, "end."), word(3, 4, "yes.")]
    assert by_segment(words, turns, sentences=False) == ["X", "X", "X"]
    assert by_segment(words, turns, sentences=True) == ["X", "X", "Y"]


def test_a_pause_ends_a_segment() -> None:
    turns = [turn(0, 3, "X"), turn(4, 5, "Y")]
    assert by_segment([word(0, 3), word(4, 5)], turns, sentences=False) == ["X", "Y"]


def test_a_word_without_a_speaker_is_wrong() -> None:
    names = {"X": "anna", "Y": "ben"}
    assert wrong_words(["anna", "ben", "ben", "anna"], ["X", "X", None, "X"], names) == (2, 1)


def test_a_label_that_stands_for_nobody_is_wrong() -> None:
    assert wrong_words(["anna"], ["Z"], {"X": "anna"}) == (1, 0)


def test_an_oracle_names_each_local_speaker_of_a_chunk_by_whom_it_overlaps() -> None:
    truth = [turn(0, 5, "anna"), turn(5, 15, "ben")]
    chunks = [
        (
            TimeRange(start=0, end=10),
            ChunkDiarization(
                turns=(
                    LocalTurn(local_speaker=0, range=TimeRange(start=0, end=5)),
                    LocalTurn(local_speaker=1, range=TimeRange(start=5, end=12)),
                ),
                samples=(),
            ),
        ),
        (
            TimeRange(start=10, end=15),
            ChunkDiarization(
                turns=(LocalTurn(local_speaker=0, range=TimeRange(start=8, end=15)),), samples=()
            ),
        ),
    ]
    assert link_by_truth(chunks, truth) == [turn(0, 5, "anna"), turn(5, 10, "ben"), turn(10, 15, "ben")]
