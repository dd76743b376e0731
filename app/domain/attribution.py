"""Words and turns become speaker segments. Pure: the same words and turns give the same segments.

A word goes to the speaker whose turns overlap it most, in a gap to the nearest turn in time. A
segment ends at a pause, at a sentence end and at a change of speaker; but inside a sentence only a
run of at least two words or one second changes the speaker, so that one mislabelled word does not
cut the sentence.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby

from app.domain.timeline import TimeRange
from app.domain.transcript import SpeakerTurn, Word

PAUSE_S = 1.0
"""A silence between words that ends a segment."""

MAX_SEGMENT_S = 30.0
"""Longer unbroken speech is cut at the widest gap in its second half."""

LEAST_RUN_WORDS = 2
LEAST_RUN_S = 1.0

_SENTENCE_ENDS = tuple(".?!…。？！")
_ABBREVIATIONS = frozenset({"mr.", "mrs.", "ms.", "dr.", "prof.", "st.", "vs.", "etc.", "e.g.", "i.e."})


class UtteranceSplitter:
    """Cuts a channel's words into utterances as they come: at pauses, sentence ends and a length limit."""

    def __init__(self) -> None:
        self._open: list[Word] = []

    @property
    def open_since_s(self) -> float | None:
        """Where the utterance that is not complete yet starts."""
        return self._open[0].start if self._open else None

    def push(self, words: Iterable[Word]) -> list[tuple[Word, ...]]:
        """Take the next words, in order of start; give the utterances they complete."""
        done = []
        for word in words:
            if self._open and word.start - self._open[-1].end >= PAUSE_S:
                done.append(self._take(len(self._open)))
            while self._open and word.end - self._open[0].start > MAX_SEGMENT_S:
                done.append(self._take(_widest_gap(self._open)))
            self._open.append(word)
            if _ends_sentence(word):
                done.append(self._take(len(self._open)))
        return done

    def advance(self, heard_until_s: float) -> list[tuple[Word, ...]]:
        """Note that no word to come starts before this second; give what that completes."""
        if self._open and heard_until_s - self._open[-1].end >= PAUSE_S:
            return [self._take(len(self._open))]
        return []

    def finish(self) -> list[tuple[Word, ...]]:
        return [self._take(len(self._open))] if self._open else []

    def _take(self, count: int) -> tuple[Word, ...]:
        taken, self._open = tuple(self._open[:count]), self._open[count:]
        return taken


class TurnIndex:
    """Looks up who speaks at a time among many turns, overlaps kept."""

    def __init__(self, turns: Iterable[SpeakerTurn], *, untold: Iterable[TimeRange] = ()) -> None:
        self._turns = sorted(turns)
        self._untold = tuple(untold)
        self._starts = [turn.start for turn in self._turns]
        self._longest_s = max((turn.range.duration for turn in self._turns), default=0.0)
        self._latest: list[SpeakerTurn] = []
        for turn in self._turns:
            late = self._latest[-1] if self._latest else turn
            self._latest.append(turn if turn.end >= late.end else late)

    def label(self, word: Word) -> Word:
        """The word with its speaker and whether somebody else spoke too.

        Unchanged without turns, and in a gap that is `untold`: nobody knows who spoke there.
        """
        if not self._turns:
            return word
        shares = self._shares(word.range)
        if not shares:
            if any(part.contains(word.range.midpoint) for part in self._untold):
                return word
            return replace(word, speaker_label=self._nearest(word.range).speaker_label)
        best = max(shares, key=lambda label: (shares[label], label))
        return replace(word, speaker_label=best, overlap=len(shares) > 1)

    def _shares(self, part: TimeRange) -> dict[str, float]:
        first = bisect_left(self._starts, part.start - self._longest_s)
        shares: dict[str, float] = {}
        for turn in self._turns[first : bisect_left(self._starts, part.end)]:
            shared_s = turn.range.overlap(part)
            if shared_s > 0:
                shares[turn.speaker_label] = shares.get(turn.speaker_label, 0.0) + shared_s
        return shares

    def _nearest(self, part: TimeRange) -> SpeakerTurn:
        after = bisect_right(self._starts, part.start)
        near = self._turns[after : after + 1] + self._latest[max(0, after - 1) : after]
        return min(near, key=lambda turn: (turn.range.gap(part), turn.start))


def attribute(utterance: Sequence[Word], turns: TurnIndex) -> list[tuple[Word, ...]]:
    """The utterance cut at its changes of speaker; each part's words carry one label."""
    runs = [list(run) for _, run in groupby(map(turns.label, utterance), lambda word: word.speaker_label)]
    while len(runs) > 1:
        weakest = min(range(len(runs)), key=lambda index: _strength(runs[index]))
        if _stands_alone(runs[weakest]):
            break
        runs = _absorb(runs, weakest)
    return [tuple(run) for run in runs]


def _absorb(runs: list[list[Word]], weak: int) -> list[list[Word]]:
    """Give a weak run to its stronger neighbour, and join neighbours that now agree."""
    beside = [index for index in (weak - 1, weak + 1) if 0 <= index < len(runs)]
    host = max(beside, key=lambda index: _strength(runs[index]))
    label = runs[host][0].speaker_label
    runs[weak] = [replace(word, speaker_label=label) for word in runs[weak]]
    words = [word for run in runs for word in run]
    return [list(run) for _, run in groupby(words, lambda word: word.speaker_label)]


def _strength(run: Sequence[Word]) -> tuple[int, float]:
    return len(run), run[-1].end - run[0].start


def _stands_alone(run: Sequence[Word]) -> bool:
    count, length_s = _strength(run)
    return count >= LEAST_RUN_WORDS or length_s >= LEAST_RUN_S


def _ends_sentence(word: Word) -> bool:
    text = word.word.rstrip("\"'”’»)]")
    return text.endswith(_SENTENCE_ENDS) and text.lower() not in _ABBREVIATIONS


def _widest_gap(words: Sequence[Word]) -> int:
    """How many words come before the widest gap in the second half (all, when there is no gap)."""
    gaps = [(words[i].start - words[i - 1].end, i) for i in range(max(1, len(words) // 2), len(words))]
    return max(gaps)[1] if gaps else len(words)
