"""Grouping voices by person: placing a chunk's speakers among those known, joining and splitting people."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from app.domain.diarization import VoiceSample
from app.domain.timeline import TimeRange

Vector = npt.NDArray[np.float64]

LEAST_LIKENESS = {"resemblyzer-ge2e": 0.86}
"""Cosine from which two chunks' speakers are one person, by embedding model.

GE2E: across the chunks of conversations of LibriSpeech readers and of synthetic voices, the same
person measured 0.89 or more (from 2 s of speech on), two people 0.85 or less; error rates are the
same anywhere between 0.80 and 0.89.
"""
LEAST_LIKENESS_OTHERWISE = 0.6
"""For models not measured here. pyannote 3.1 joins groups whose means of unit embeddings lie within
0.7045 of each other, which for groups as spread as speech makes them is a cosine of about 0.65."""
_ROUNDS = 10


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Presence:
    """One local speaker of one chunk: their turns in its core, sorted, and how they sound."""

    chunk: int
    turns: tuple[TimeRange, ...]
    samples: tuple[VoiceSample, ...]

    voice: Vector = field(init=False)
    """The sum of the samples' embeddings times their seconds."""

    def __post_init__(self) -> None:
        seconds = np.array([sample.range.duration for sample in self.samples])
        rows = [sample.embedding.astype(np.float64) for sample in self.samples]
        object.__setattr__(self, "voice", seconds @ np.stack(rows) if rows else np.zeros(0))


@dataclass(slots=True, kw_only=True, eq=False)
class Person:
    """Somebody on the clip: the sum of their embeddings times seconds."""

    model: str
    voice: Vector


def _margins(presence: Presence, people: list[Person], least: float | None) -> Vector:
    """Cosines of a presence and each person above the least that makes them one; -inf across models."""
    model = presence.samples[0].model
    margins = np.full(len(people), -np.inf)
    alike = [number for number, person in enumerate(people) if person.model == model]
    if alike:
        voices = np.stack([people[number].voice for number in alike])
        norms = np.linalg.norm(voices, axis=1) * np.linalg.norm(presence.voice)
        margins[alike] = voices @ presence.voice / (norms + 1e-12) - _least_likeness(model, least)
    return margins


def place(
    present: list[Presence], people: list[Person], *, least: float | None, at_most: int | None
) -> list[int]:
    """Which of `people` each presence of one chunk is, the most alike first, nobody taken twice.

    Whoever is like nobody becomes a new person at the end of `people`; once there are `at_most`,
    they are whoever they are most like, if need be somebody who is taken.
    """
    margins = np.array([_margins(presence, people, least) for presence in present])
    margins = margins.reshape(len(present), len(people))
    placed: dict[int, int] = {}
    for flat in np.argsort(-margins, axis=None, kind="stable"):
        who, person = divmod(int(flat), len(people))
        if margins[who, person] < 0:
            break
        if who not in placed and person not in placed.values():
            placed[who] = person
    for who, presence in enumerate(present):
        if who in placed:
            continue
        # People who came with this very chunk count too.
        nearness = _margins(presence, people, least)
        known = [person for person, margin in enumerate(nearness) if margin > -np.inf]
        free = [person for person in known if person not in placed.values()]
        if at_most is not None and len(people) >= at_most and known:
            placed[who] = max(free or known, key=lambda person: nearness[person])
        else:
            people.append(Person(model=presence.samples[0].model, voice=presence.voice))
            placed[who] = len(people) - 1
    return [placed[who] for who in range(len(present))]


def regroup(
    chunks: list[list[Presence]], numbers: list[list[int]], *, least: float | None
) -> list[list[int]]:
    """Better person numbers per chunk: k-means over the whole clip, nobody twice in a chunk.

    People who turn out alike are joined and whoever is like nobody becomes a new one, so the number
    of people is free. Each round costs one pass over the chunks.
    """
    for _ in range(_ROUNDS):
        people = _join_alike(_people(chunks, numbers), least)
        placed = [place(present, people, least=least, at_most=None) for present in chunks]
        if _dense(placed) == _dense(numbers):
            break
        numbers = placed
    return numbers


def join_down(chunks: list[list[Presence]], numbers: list[list[int]], at_most: int) -> list[list[int]]:
    """Join people until there are `at_most`, in the order that costs least (Ward), as far as models allow."""
    people = dict(enumerate(_people(chunks, numbers)))
    dense = _dense(numbers)
    while len(people) > at_most:
        pairs = [(a, b) for a in people for b in people if a < b and people[a].model == people[b].model]
        if not pairs:
            break
        a, b = min(pairs, key=lambda pair: _join_cost(people[pair[0]].voice, people[pair[1]].voice))
        people[a].voice = people[a].voice + people.pop(b).voice
        dense = [[a if number == b else number for number in row] for row in dense]
    return dense


def split_up(samples: list[VoiceSample], numbers: list[int], at_least: int) -> list[int]:
    """Split people in two, the most mixed first, until there are `at_least`. A number per sample."""
    people = sorted(set(numbers))
    if not 0 < len(people) < at_least:
        return numbers
    result = np.array(numbers)
    halves = {number: _halve(samples, np.flatnonzero(result == number)) for number in people}
    while len(halves) < at_least:
        mixed = max(halves, key=lambda number: halves[number][0])
        gain, second = halves[mixed]
        if gain <= 0:
            break
        new = max(halves) + 1
        result[second] = new
        for number in (mixed, new):
            halves[number] = _halve(samples, np.flatnonzero(result == number))
    return [int(number) for number in result]


def _halve(samples: list[VoiceSample], members: npt.NDArray[np.intp]) -> tuple[float, npt.NDArray[np.intp]]:
    """2-means of some samples: what it gains, and which of them make up the second half."""
    rows = np.stack([samples[i].embedding for i in members]).astype(np.float64)
    seconds = np.array([samples[i].range.duration for i in members])
    one = int((rows @ (seconds @ rows)).argmin())
    other = int((rows @ rows[one]).argmin())
    centres = rows[[one, other]]
    second = np.zeros(len(rows), bool)
    for _ in range(_ROUNDS):
        second = rows @ centres[1] > rows @ centres[0]
        if second.all() or not second.any():
            return 0.0, members[:0]
        sums = np.stack([seconds[~second] @ rows[~second], seconds[second] @ rows[second]])
        centres = sums / np.linalg.norm(sums, axis=1, keepdims=True)
    return _join_cost(sums[0], sums[1]), members[second]


def _join_alike(people: list[Person], least: float | None) -> list[Person]:
    """Join the most alike two people while they are alike enough.

    Even two who were told apart in a chunk: placing keeps them two there, and makes them one elsewhere.
    """
    joined: list[Person] = []
    for model in dict.fromkeys(person.model for person in people):
        group = [person for person in people if person.model == model]
        while len(group) > 1:
            voices = np.stack([person.voice / np.linalg.norm(person.voice) for person in group])
            pairs = np.triu(np.ones((len(group), len(group)), bool), 1)
            likeness = np.where(pairs, voices @ voices.T, -np.inf)
            one, other = np.unravel_index(int(likeness.argmax()), likeness.shape)
            if likeness[one, other] < _least_likeness(model, least):
                break
            group[one].voice = group[one].voice + group.pop(other).voice
        joined += group
    return joined


def _people(chunks: list[list[Presence]], numbers: list[list[int]]) -> list[Person]:
    people: dict[int, Person] = {}
    for present, row in zip(chunks, _dense(numbers), strict=True):
        for presence, number in zip(present, row, strict=True):
            if number not in people:
                people[number] = Person(model=presence.samples[0].model, voice=np.zeros_like(presence.voice))
            people[number].voice = people[number].voice + presence.voice
    return [people[number] for number in range(len(people))]


def _dense(numbers: list[list[int]]) -> list[list[int]]:
    """The numbers renamed to 0, 1, … in order of first use."""
    names: dict[int, int] = {}
    return [[names.setdefault(number, len(names)) for number in row] for row in numbers]


def _join_cost(a: Vector, b: Vector) -> float:
    """How much further apart two groups' members lie from a common centre than from their own (Ward)."""
    return float(np.linalg.norm(a) + np.linalg.norm(b) - np.linalg.norm(a + b))


def _least_likeness(model: str, least: float | None) -> float:
    return LEAST_LIKENESS.get(model, LEAST_LIKENESS_OTHERWISE) if least is None else least
