"""Windows of the same voice end up with one speaker."""

import numpy as np
import pytest

from app.adapters.outbound.diarization.clustering import tell_apart

Truth = list[tuple[int, int]]
"""Person and number of windows, one speech range each."""


def told_apart(truth: Truth, *, spread: float = 0.5, max_speakers: int | None = None) -> list[list[int]]:
    """The speakers found in each range, for people whose voices vary by `spread` around their own."""
    people = np.concatenate([np.full(count, person) for person, count in truth])
    ranges = np.concatenate([np.full(count, number) for number, (_, count) in enumerate(truth)])
    noise = np.random.default_rng(1).normal(size=(len(people), 32))
    voices = np.eye(32)[people] + spread * noise / np.linalg.norm(noise, axis=1, keepdims=True)
    voices = (voices / np.linalg.norm(voices, axis=1, keepdims=True)).astype(np.float32)
    starts_s = (np.arange(len(people)) * 0.4 + 2 * ranges).astype(np.float32)
    heard_s = np.array([min(1.6, 0.4 * truth[number][1]) for number in ranges], np.float32)
    labels = tell_apart(voices, starts_s, heard_s, ranges, max_speakers=max_speakers)
    return [sorted(set(labels[ranges == number].tolist())) for number in range(len(truth))]


def same(*numbers: int) -> list[list[int]]:
    return [[number] for number in numbers]


def test_one_person_is_one_speaker() -> None:
    assert told_apart([(0, 20), (0, 10), (0, 30)]) == same(0, 0, 0)


def test_three_people_are_three_speakers() -> None:
    found = told_apart([(0, 15), (1, 12), (2, 9), (1, 10), (0, 20)])
    assert found[0] == found[4]
    assert found[1] == found[3]
    assert len({tuple(item) for item in found}) == 3


def test_a_brief_speaker_is_kept() -> None:
    found = told_apart([(0, 40), (1, 6), (0, 40)])
    assert found[0] == found[2] != found[1]


def test_a_short_utterance_joins_a_speaker_but_makes_none() -> None:
    found = told_apart([(0, 30), (1, 30), (2, 2), (1, 2)])
    assert found[3] == found[1]
    assert found[2][0] in (found[0][0], found[1][0])


@pytest.mark.parametrize("most", [1, 2])
def test_no_more_speakers_than_allowed(most: int) -> None:
    found = told_apart([(0, 20), (1, 20), (2, 20)], max_speakers=most)
    assert {number for item in found for number in item} == set(range(most))


@pytest.mark.parametrize("windows", [1, 2, 3])
def test_hardly_any_speech_is_one_speaker(windows: int) -> None:
    assert told_apart([(0, windows)]) == same(0)
