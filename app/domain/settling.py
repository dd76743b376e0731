"""Who is who on the whole clip, decided when all its chunks are in."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from app.domain.options import SpeakerHints
from app.domain.presences import Presence, samples_of, voices_of
from app.domain.speaker_sureness import SpeakerSureness, SureTurn
from app.domain.timeline import TimeRange
from app.domain.transcript import SpeakerTurn
from app.domain.voice_clusters import ClipVoices, count_of, gather, most_of
from app.domain.voice_likeness import Flags, Matrix, Numbers, VoiceSums, unit
from app.domain.voice_splits import dissolve, split_up, strays
from app.domain.voices import Voiceprint

SEAM_GAP_S = 0.25
"""Turns of one person that lie this close around a chunk's seam are one turn."""
SURE_AFTER = 0.3
"""The lead over the runner-up, of the way from the least likeness up to 1, that makes three chances in
four; the same as makes a sample somebody else's than its local speaker's."""


class Said(NamedTuple):
    """A turn or a piece of one, whose it is, who else it might be (-1: nobody), and how sure that is."""

    range: TimeRange
    person: int
    runner_up: int = -1
    confidence: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class LinkedChunk:
    """One chunk: those with voice samples, which of them talk at once, and whom `link` took each for;
    the turns of the others; and where the core ends.
    """

    voiced: tuple[Presence, ...]
    at_once: Flags
    numbers: Numbers
    voiceless: tuple[TimeRange, ...]
    end_s: float


@dataclass(frozen=True, slots=True, eq=False)
class Settled:
    """All turns in order, how sure they are, and how each speaker with a voice sample sounds."""

    turns: tuple[SpeakerTurn, ...] = ()
    sureness: SpeakerSureness = field(default_factory=SpeakerSureness)
    voices: Mapping[str, Voiceprint] = field(default_factory=dict)


def settled(chunks: Sequence[LinkedChunk], hints: SpeakerHints, least: float | None) -> Settled:
    """Decide by all the voices. Labels are numbered by first appearance."""
    present = [presence for chunk in chunks for presence in chunk.voiced]
    samples = samples_of(present, least)
    people = np.zeros(0, np.intp)
    if present:
        clip = ClipVoices.of(voices_of(present, least), [chunk.at_once for chunk in chunks])
        speakers = np.repeat(np.arange(len(present)), [len(presence.heard) for presence in present])
        linked = np.concatenate([chunk.numbers for chunk in chunks])
        free = gather(clip, linked, at_least=hints.at_least, at_most=None)
        people = dissolve(samples, free[speakers], hints.at_least)
        if hints.at_most is not None and count_of(people) > hints.at_most:
            most = most_of(samples, speakers, people)
            people = gather(clip, most, at_least=hints.at_least, at_most=hints.at_most)[speakers]
        told = np.concatenate([presence.told() for presence in present])
        people = split_up(samples, strays(samples, people), told, hints.at_least)
    voices = samples.by_number(people)
    said: list[Said] = []
    voiceless: list[tuple[TimeRange, list[Said]]] = []
    first = 0
    for chunk in chunks:
        here: list[Said] = []
        for presence in chunk.voiced:
            mine = slice(first, first + len(presence.heard))
            here += _pieces(presence, samples[mine], people[mine], voices)
            first = mine.stop
        said += here
        voiceless += [(turn, here) for turn in chunk.voiceless]
    unsure = 1 / max(1, len(voices))
    said += [Said(turn, nearest(turn, here or said, 0), confidence=unsure) for turn, here in voiceless]
    said.sort()
    labels: dict[int, str] = {}
    for one in said:
        labels.setdefault(one.person, label_of(len(labels)))
    return Settled(
        turns=tuple(_turns(said, labels, [chunk.end_s for chunk in chunks])),
        sureness=SpeakerSureness(
            SureTurn(one.range, labels[one.person], labels.get(one.runner_up), one.confidence) for one in said
        ),
        voices={labels[n]: _print(voices[n : n + 1]) for n in range(len(voices)) if n in labels},
    )


def nearest(turn: TimeRange, said: Sequence[Said], otherwise: int) -> int:
    """Who speaks nearest in time to `turn`; without anybody, `otherwise`."""
    if not said:
        return otherwise
    return min(said, key=lambda one: (turn.gap(one.range), -turn.overlap(one.range), one)).person


def label_of(number: int) -> str:
    return f"SPEAKER_{number:02d}"


def _pieces(presence: Presence, samples: VoiceSums, people: Numbers, voices: VoiceSums) -> Iterator[Said]:
    """The turns of a local speaker, cut where the voice in them begins to be another person's.

    A turn that no sample lies in is whose most of the samples are.
    """
    owners, shares = np.unique(people, return_inverse=True)
    heard = samples.by_number(shares)
    likeness = heard.likeness(voices)
    verdicts = [
        _verdict(row, int(owner), float(least))
        for row, owner, least in zip(likeness, owners, heard.least, strict=True)
    ]
    main = int(heard.seconds.argmax())
    for turn in presence.turns:
        inside = [i for i, part in enumerate(presence.heard) if part.overlap(turn) > 0]
        start_s = turn.start
        for before, after in pairwise(inside):
            cut_s = (presence.heard[before].end + presence.heard[after].start) / 2
            if shares[before] != shares[after] and start_s < cut_s < turn.end:
                yield Said(TimeRange(start=start_s, end=cut_s), *verdicts[shares[before]])
                start_s = cut_s
        last = shares[inside[-1]] if inside else main
        yield Said(TimeRange(start=start_s, end=turn.end), *verdicts[last])


def _verdict(likeness: Matrix, person: int, least: float) -> tuple[int, int, float]:
    """Whose it is, who else it might be (-1: nobody), and how sure that is."""
    others = np.where(np.arange(len(likeness)) == person, -np.inf, likeness)
    second = int(others.argmax())
    if others[second] == -np.inf:
        return person, -1, 1.0
    apart = (likeness[person] - others[second]) / (1 - least)
    return person, second, float(1 / (1 + np.exp(-apart / SURE_AFTER)))


def _turns(said: Sequence[Said], labels: Mapping[int, str], seams: Sequence[float]) -> list[SpeakerTurn]:
    """Turns of one person are one where they touch, overlap, or nearly touch at a seam."""
    joined: list[TimeRange] = []
    owners: list[int] = []
    last: dict[int, int] = {}
    for one in said:
        index = last.get(one.person)
        if index is not None and _touch(joined[index], one.range, seams):
            before = joined[index]
            joined[index] = TimeRange(start=before.start, end=max(before.end, one.range.end))
        else:
            last[one.person] = len(joined)
            joined.append(one.range)
            owners.append(one.person)
    return sorted(
        SpeakerTurn(start=part.start, end=part.end, speaker_label=labels[owner])
        for part, owner in zip(joined, owners, strict=True)
    )


def _touch(before: TimeRange, after: TimeRange, seams: Sequence[float]) -> bool:
    gap_s = before.gap(after)
    seam = bisect_left(seams, before.end)
    return gap_s == 0 or (gap_s <= SEAM_GAP_S and seam < len(seams) and seams[seam] <= after.start)


def _print(voice: VoiceSums) -> Voiceprint:
    embedding = unit(voice.sums)[0].astype(np.float32)
    return Voiceprint(model=str(voice.models[0]), embedding=embedding, seconds=float(voice.seconds[0]))
