"""One identity per person: from local speakers and voice samples of chunks to labels of the whole clip."""

from bisect import bisect_left
from collections.abc import Iterable
from itertools import islice, pairwise

import numpy as np

from app.domain.diarization import ChunkDiarization, VoiceSample
from app.domain.options import SpeakerHints
from app.domain.timeline import TimeRange
from app.domain.transcript import SpeakerTurn
from app.domain.voice_clusters import Person, Presence, join_down, place, regroup, split_up

SEAM_GAP_S = 0.25
"""Turns of one person that lie this close around a chunk's seam are one turn."""

_Said = tuple[TimeRange, int]


class SpeakerLinker:
    """Knows people again from chunk to chunk of one clip.

    `link` tells at once who speaks in a chunk, by what was heard so far; `settle` decides again when
    all chunks are in. In a chunk two local speakers are never one person, unless an explicit number
    of speakers (`hints.at_most`) leaves no other way. `least_likeness` is the cosine from which two
    voices are one person's; by default it depends on the embedding model (`voice_clusters`).
    Embeddings of different models are never compared. Keeps turns and voice samples, no sound.
    """

    def __init__(self, hints: SpeakerHints, *, least_likeness: float | None = None) -> None:
        self._hints = hints
        self._least = least_likeness
        self._chunks: list[list[Presence]] = []
        self._numbers: list[list[int]] = []
        self._voiceless: list[tuple[int, Presence]] = []
        self._seams: list[float] = []
        self._people: list[Person] = []
        self._labels: dict[int, str] = {}
        self._last: int | None = None

    def link(self, chunk: ChunkDiarization, core: TimeRange) -> list[SpeakerTurn]:
        """The chunk's turns within its core, in order, with provisional labels.

        Chunks come in order of time. A label once given stays the same person's until `settle`.
        """
        index = len(self._chunks)
        everybody = _presences(chunk, core, index)
        voiced = [presence for presence in everybody if presence.samples]
        people = [*self._people]
        numbers = place(voiced, people, least=self._least, at_most=self._hints.at_most)
        newcomers = people[len(self._people) :]
        self._people += [Person(model=one.model, voice=np.zeros_like(one.voice)) for one in newcomers]
        for presence, number in zip(voiced, numbers, strict=True):
            person = self._people[number]
            person.voice = person.voice + presence.voice
        self._chunks.append(voiced)
        self._numbers.append(numbers)
        self._seams.append(core.end)
        said = [(turn, n) for p, n in zip(voiced, numbers, strict=True) for turn in p.turns]
        for presence in everybody:
            if not presence.samples:
                self._voiceless.append((index, presence))
                said += [(turn, _nearest(turn, said, self._last)) for turn in presence.turns]
        said.sort()
        for _, number in said:
            self._labels.setdefault(number, _label(len(self._labels)))
            self._last = number
        return [SpeakerTurn(start=t.start, end=t.end, speaker_label=self._labels[n]) for t, n in said]

    def settle(self, hints: SpeakerHints) -> list[SpeakerTurn]:
        """All turns of the clip in order, with final labels numbered by first appearance.

        `num_speakers` is met exactly, and the bounds are kept, whenever there are voice samples
        enough. May be called again with other hints.
        """
        numbers = regroup(self._chunks, self._numbers, least=self._least)
        if hints.at_most is not None:
            numbers = join_down(self._chunks, numbers, hints.at_most)
        present = [p for chunk in self._chunks for p in chunk]
        owners = [n for row in numbers for n in row]
        of_samples = iter(
            split_up(
                [sample for p in present for sample in p.samples],
                [n for p, n in zip(present, owners, strict=True) for _ in p.samples],
                hints.at_least,
            )
        )
        by_chunk: list[list[_Said]] = [[] for _ in self._chunks]
        for presence in present:
            mine = list(islice(of_samples, len(presence.samples)))
            for turn in presence.turns:
                by_chunk[presence.chunk] += _divided(turn, presence.samples, mine)
        said = [item for chunk in by_chunk for item in chunk]
        for index, presence in self._voiceless:
            others = by_chunk[index] or said
            said = [*said, *((turn, _nearest(turn, others, None)) for turn in presence.turns)]
        return _labelled(_joined(said, self._seams))


def _presences(chunk: ChunkDiarization, core: TimeRange, index: int) -> list[Presence]:
    """Who has turns in the core, in order of their first one, whatever their local numbers are."""
    turns: dict[int, list[TimeRange]] = {}
    samples: dict[int, list[VoiceSample]] = {}
    for turn in chunk.turns:
        inside = turn.range.clamp(core)
        if inside is not None:
            turns.setdefault(turn.local_speaker, []).append(inside)
    for sample in chunk.samples:
        samples.setdefault(sample.local_speaker, []).append(sample)
    presences = []
    for speaker, ranges in turns.items():
        heard = sorted(samples.get(speaker, []), key=lambda sample: sample.range)
        heard = [sample for sample in heard if sample.model == heard[0].model]
        presences.append(Presence(chunk=index, turns=tuple(sorted(ranges)), samples=tuple(heard)))
    return sorted(presences, key=lambda presence: presence.turns)


def _nearest(turn: TimeRange, said: list[_Said], otherwise: int | None) -> int:
    """Who speaks nearest in time to `turn`; without anybody, `otherwise`, else a first person."""
    if not said:
        return otherwise if otherwise is not None else -1
    return min(said, key=lambda item: (turn.gap(item[0]), -turn.overlap(item[0]), item))[1]


def _divided(turn: TimeRange, samples: tuple[VoiceSample, ...], owners: list[int]) -> Iterable[_Said]:
    """A turn, cut where the nearest of its speaker's samples begins to be another person's."""
    start_s = turn.start
    for (before, owner), (after, next_owner) in pairwise(zip(samples, owners, strict=True)):
        cut_s = (before.range.end + after.range.start) / 2
        if owner != next_owner and start_s < cut_s < turn.end:
            yield TimeRange(start=start_s, end=cut_s), owner
            start_s = cut_s
    rest = TimeRange(start=start_s, end=turn.end)
    yield (
        rest,
        min(zip(samples, owners, strict=True), key=lambda item: abs(item[0].range.midpoint - rest.midpoint))[
            1
        ],
    )


def _joined(said: list[_Said], seams: list[float]) -> list[_Said]:
    """Turns of one person as one where they touch, overlap, or nearly touch at a seam."""
    joined: list[_Said] = []
    open_turn: dict[int, int] = {}
    for turn, number in sorted(said):
        before = open_turn.get(number)
        if before is not None and _touch(joined[before][0], turn, seams):
            whole = TimeRange(start=joined[before][0].start, end=max(joined[before][0].end, turn.end))
            joined[before] = (whole, number)
        else:
            open_turn[number] = len(joined)
            joined.append((turn, number))
    return joined


def _touch(before: TimeRange, after: TimeRange, seams: list[float]) -> bool:
    gap_s = before.gap(after)
    seam = bisect_left(seams, before.end)
    return gap_s == 0 or (gap_s <= SEAM_GAP_S and seam < len(seams) and seams[seam] <= after.start)


def _labelled(said: list[_Said]) -> list[SpeakerTurn]:
    labels: dict[int, str] = {}
    for _, number in sorted(said):
        labels.setdefault(number, _label(len(labels)))
    return sorted(SpeakerTurn(start=t.start, end=t.end, speaker_label=labels[n]) for t, n in said)


def _label(number: int) -> str:
    return f"SPEAKER_{number:02d}"
