"""Grouping voices by person: placing those of a chunk among the people known, joining people."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.domain.voice_likeness import Flags, Matrix, Numbers, VoiceSums, is_mixed, share

TOLD_APART = 1.0
"""What it counts that a chunk told two voices apart, of the way from the least likeness up to 1: after
much speech they are never one. With half of it, two people whose voices are 0.96 alike became one on a
generated conversation of six, although half of the chunks had told them apart.
"""
TOLD_APART_HALF_S = 5.0
"""With so much speech of the briefer of the two it counts half of that: a diarizer that hears two
seconds of somebody often errs. Not tuned: 5 s are two or three of the sentences people say."""
TOLD_OFTEN = 3.0
"""People are told apart when chunks did so for a third of what the briefer of them said: where voices
are alike, a chunk takes two people for one more often than one for two (generated conversations)."""
WORTH_HALF_S = 5.0
"""When there are too many people, one of so much speech counts half of one who spoke for hours: little
enough that a laugh goes before a person, enough that somebody brief stays. Not tuned."""
MOST_PEOPLE = 128
"""Beyond these nobody founds a person: twice as many as may be asked for. Keeps the cost linear."""
_NEVER = 10.0
"""More than any likeness makes up for."""
_ROUNDS = 10


@dataclass(frozen=True, slots=True, eq=False)
class ChunkVoices:
    """The voices of one chunk, and which of them talk at the same time (m, m)."""

    voices: VoiceSums
    at_once: Flags

    def briefer_s(self) -> Matrix:
        """How much was heard of the briefer of each two (m, m)."""
        return np.minimum.outer(self.voices.seconds, self.voices.seconds)

    def costs(self) -> Matrix:
        """What it costs to take two voices for one person (m, m)."""
        told = share(self.briefer_s(), TOLD_APART_HALF_S)
        return np.where(self.at_once, _NEVER, _told_apart(self.voices)[:, None] * told)


@dataclass(frozen=True, slots=True, eq=False)
class ClipVoices:
    """The voices of all chunks in order, together and chunk by chunk."""

    everybody: VoiceSums
    chunks: tuple[ChunkVoices, ...]
    rows: tuple[slice, ...]

    @classmethod
    def of(cls, everybody: VoiceSums, at_once: Sequence[Flags]) -> "ClipVoices":
        """`everybody` chunk by chunk, and who talks at once in each chunk."""
        edges = np.cumsum([0, *map(len, at_once)])
        rows = tuple(map(slice, edges[:-1], edges[1:]))
        chunks = (ChunkVoices(everybody[part], flags) for part, flags in zip(rows, at_once, strict=True))
        return cls(everybody, tuple(chunks), rows)

    def people(self, numbers: Numbers) -> VoiceSums:
        return self.everybody.by_number(numbers)


def place(chunk: ChunkVoices, people: VoiceSums, known: Matrix, *, room: int) -> Numbers:
    """Which person each voice of a chunk is, given its margins to the people (m, k).

    The clearest first. To be a person who is taken costs what the chunk's telling them apart counts.
    Whoever is like nobody founds a person (number k and on), the longest first, while there is room
    for so many; unless it is two people's voices in one.
    """
    count = len(chunk.voices)
    if len(people) and known.max(axis=1).min(initial=0) >= 0:
        best: Numbers = known.argmax(axis=1)
        if len(set(best.tolist())) == count:
            return best
    costs = chunk.costs()
    scores = np.hstack([known, np.full((count, count), -np.inf)])
    numbers = np.full(count, -1)
    founded = 0
    while (numbers < 0).any():
        who, person = (int(index) for index in np.unravel_index(scores.argmax(), scores.shape))
        full = founded >= room and scores[who, person] > -np.inf
        if scores[who, person] < 0 and not full:
            who = int(np.where(numbers < 0, chunk.voices.seconds, -1).argmax())
            person = int(scores[who].argmax())
            if not is_mixed(chunk.voices[who : who + 1], people):
                person = len(people) + founded
                founded += 1
                scores[:, person] = chunk.voices.margins(chunk.voices[who : who + 1])[:, 0]
        numbers[who] = person
        scores[:, person] -= costs[:, who]
        scores[numbers >= 0] = -np.inf
    return numbers


def gather(clip: ClipVoices, numbers: Numbers, *, at_least: int, at_most: int | None) -> Numbers:
    """Better people for the voices of all chunks: k-means with joins, starting from `numbers`.

    `at_most` is met as far as models allow, `at_least` may be missed. Each round is one pass over
    the chunks.
    """
    numbers = _join(clip, dense(numbers), at_least, at_most)
    for _ in range(_ROUNDS):
        placed = _place_all(clip, numbers, at_most=at_most or MOST_PEOPLE)
        if count_of(placed) < at_least:
            break
        joined = _join(clip, placed, at_least, at_most)
        if (joined == numbers).all():
            break
        numbers = joined
    return numbers


def loss(voices: VoiceSums, others: VoiceSums) -> Matrix:
    """What is lost when two are taken for one: how unlike they are, times the worth of the briefer (n, m)."""
    certain = np.outer(voices.certainty(), others.certainty())
    briefer_s = np.minimum.outer(voices.seconds, others.seconds)
    return (1 - voices.likeness(others) / certain) * share(briefer_s, WORTH_HALF_S)


def _join(clip: ClipVoices, numbers: Numbers, at_least: int, at_most: int | None) -> Numbers:
    """Join people who are alike, the most alike first; then, while they are too many, with the least loss."""
    people = clip.people(numbers)
    together_s, at_once = _encounters(clip, numbers, len(people))
    names = np.arange(len(people))
    alive = np.ones(len(people), bool)
    while alive.sum() > at_least:
        briefer_s = np.minimum.outer(people.seconds, people.seconds)
        told = np.minimum(TOLD_OFTEN * together_s / briefer_s, 1) * share(together_s, TOLD_APART_HALF_S)
        costs = np.where(at_once, _NEVER, _told_apart(people)[:, None] * told)
        pairs = np.triu(np.outer(alive, alive), 1)
        gains = np.where(pairs, people.margins(people) - costs, -np.inf)
        if gains.max() < 0 and (ghost := _ghost(people, alive)) is not None:
            gains = np.where(np.arange(len(people))[:, None] == ghost, people.likeness(people), -np.inf)
            gains = np.where(pairs | pairs.T, gains, -np.inf)
        elif gains.max() < 0:
            if at_most is None or alive.sum() <= at_most:
                break
            losses = loss(people, people) + costs * share(briefer_s, WORTH_HALF_S)
            gains = np.where(pairs, -losses, -np.inf)
        one, other = np.unravel_index(gains.argmax(), gains.shape)
        if gains[one, other] == -np.inf:
            break
        people.sums[one] += people.sums[other]
        people.seconds[one] += people.seconds[other]
        together_s[one] += together_s[other]
        together_s[:, one] += together_s[:, other]
        at_once[one] |= at_once[other]
        at_once[:, one] |= at_once[:, other]
        alive[other] = False
        names[names == other] = one
    return dense(names[numbers])


def _ghost(people: VoiceSums, alive: Flags) -> int | None:
    """Somebody who is but two others' voices in one."""
    for number in np.flatnonzero(alive):
        others = np.flatnonzero(alive & (people.seconds > people.seconds[number]))
        if is_mixed(people[number : number + 1], people[others]):
            return int(number)
    return None


def _place_all(clip: ClipVoices, numbers: Numbers, *, at_most: int) -> Numbers:
    """Every chunk's voices placed among the people that `numbers` makes of them."""
    people = clip.people(numbers)
    count = len(people)
    known = clip.everybody.margins(people)
    placed = np.empty_like(numbers)
    for chunk, rows in zip(clip.chunks, clip.rows, strict=True):
        margins = known[rows]
        if len(people) > count:
            margins = np.hstack([margins, chunk.voices.margins(people[count:])])
        placed[rows] = place(chunk, people, margins, room=at_most - len(people))
        new = np.flatnonzero(placed[rows] >= len(people))
        if len(new):
            people += chunk.voices[new].by_number(placed[rows][new] - len(people))
    return dense(placed)


def _encounters(clip: ClipVoices, numbers: Numbers, count: int) -> tuple[Matrix, Flags]:
    """For how long each two people were told apart by chunks, and who talked at the same time."""
    together_s = np.zeros((count, count))
    at_once = np.zeros((count, count), bool)
    for chunk, rows in zip(clip.chunks, clip.rows, strict=True):
        grid = np.ix_(numbers[rows], numbers[rows])
        np.add.at(together_s, grid, chunk.briefer_s())
        np.logical_or.at(at_once, grid, chunk.at_once)
    return together_s, at_once


def _told_apart(voices: VoiceSums) -> Matrix:
    return TOLD_APART * (1 - voices.least)


def dense(numbers: Numbers) -> Numbers:
    """The numbers renamed to 0, 1, … in order of first use."""
    _, firsts, inverse = np.unique(numbers, return_index=True, return_inverse=True)
    rank = np.empty(len(firsts), np.intp)
    rank[np.argsort(firsts)] = np.arange(len(firsts))
    return rank[inverse]


def count_of(numbers: Numbers) -> int:
    return int(numbers.max(initial=-1)) + 1


def most_of(samples: VoiceSums, speakers: Numbers, people: Numbers) -> Numbers:
    """Whose most of each local speaker's samples are, by seconds."""
    heard_s = np.zeros((count_of(speakers), count_of(people)))
    np.add.at(heard_s, (speakers, people), samples.seconds)
    most: Numbers = heard_s.argmax(axis=1)
    return most
