"""Who speaks at a time, looked up among many turns."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping

from app.domain.timeline import TimeRange, merge_ranges
from app.domain.transcript import SpeakerTurn, Word

LOOKAHEAD_S = 1.0
"""Turns that begin later than so long after a word say nothing about it, unless there are no others."""

_LOOKBACK_S = 30.0
_PIECE_S = 10.0
"""Longer turns are looked up in pieces, so that one long talk does not slow every look."""

# Tuned on generated conversations with the embedded diarizer (two of its windows overlap by 1.2 s, so
# its turns are off by a few tenths), and on true turns that were moved by 0.15 s.
_BLUR_S = 0.75
_BLURRED = 0.78
_BESIDE, _BESIDE_S = 0.065, 6.0
_LATELY, _LATELY_S = 0.11, 10.0
_UNSEEN = 0.02

Chances = Mapping[str | None, float]
"""How likely each speaker is. What lacks to 1 is that it was somebody else; None is nobody that is known."""


class TurnIndex:
    """Turns, overlaps kept, and what they say about a word.

    `untold` are ranges of which nobody knows who spoke there.
    """

    def __init__(self, turns: Iterable[SpeakerTurn], *, untold: Iterable[TimeRange] = ()) -> None:
        self._turns = sorted(piece for turn in turns for piece in _pieces(turn))
        self._untold = tuple(merge_ranges(untold))
        self._starts = [turn.start for turn in self._turns]
        self._latest: list[SpeakerTurn] = []
        for turn in self._turns:
            late = self._latest[-1] if self._latest else turn
            self._latest.append(turn if turn.end >= late.end else late)

    def chances(self, word: Word, *, crowded: bool = False) -> Chances:
        """Who may have said the word, {None: 1.0} if nothing is known.

        Most of it is who speaks during the word and 0.75 s around it, for turns are not exact to the
        word; some who spoke just before or speaks soon; and if the word is `crowded`, said while another
        one was, a little whoever spoke in the last half minute: who says "yes" to a speaker often has no
        turn of their own.
        """
        start, end = word.start, word.end
        inside: dict[str | None, float] = {}
        around: dict[str | None, float] = {}
        gaps: dict[str | None, float] = {}
        back_s = _LOOKBACK_S if crowded else _BLUR_S
        first = bisect_left(self._starts, start - back_s - _PIECE_S)
        for turn in self._turns[first : bisect_right(self._starts, end + LOOKAHEAD_S)]:
            gap = max(turn.start - end, start - turn.end, 0.0)
            if gap > back_s and turn.end < start:
                continue
            label = turn.speaker_label
            gaps[label] = min(gap, gaps.get(label, gap))
            around_s = min(turn.end, end + _BLUR_S) - max(turn.start, start - _BLUR_S)
            if around_s > 0:
                around[label] = around.get(label, 0.0) + around_s
                inside_s = min(turn.end, end) - max(turn.start, start)
                if inside_s > 0:
                    inside[label] = inside.get(label, 0.0) + inside_s
        if not inside and any(part.contains(word.range.midpoint) for part in self._untold):
            return {None: 1.0}
        if not around:
            if not self._turns:
                return {None: 1.0}
            nearest = self._nearest(word.range)
            gaps = {nearest.speaker_label: nearest.range.gap(word.range)}
        length_s = end - start
        weights = {
            label: _BLURRED * min(1.0, around.get(label, 0.0) / (length_s + 2 * _BLUR_S))
            + (1 - _BLURRED) * min(1.0, inside.get(label, 0.0) / length_s)
            + _BESIDE * math.exp(-gap / _BESIDE_S)
            + (_LATELY * math.exp(-gap / _LATELY_S) if crowded or not around else 0.0)
            for label, gap in gaps.items()
        }
        total = sum(weights.values()) + _UNSEEN
        return {label: weight / total for label, weight in weights.items()}

    def overlapped(self, word: Word) -> bool:
        """Whether turns of several speakers overlap during the word."""
        first = bisect_left(self._starts, word.start - _PIECE_S)
        here = [t for t in self._turns[first : bisect_left(self._starts, word.end)] if t.end > word.start]
        return any(
            a.speaker_label != b.speaker_label and min(a.end, b.end, word.end) > max(b.start, word.start)
            for i, a in enumerate(here)
            for b in here[i + 1 :]
        )

    def _nearest(self, part: TimeRange) -> SpeakerTurn:
        after = bisect_right(self._starts, part.start)
        near = self._turns[after : after + 1] + self._latest[max(0, after - 1) : after]
        return min(near, key=lambda turn: (turn.range.gap(part), turn.start))


def _pieces(turn: SpeakerTurn) -> Iterator[SpeakerTurn]:
    start_s = turn.start
    # Not the difference: with the rounding of floats a piece of no length could be left.
    while start_s + _PIECE_S < turn.end:
        yield SpeakerTurn(start=start_s, end=start_s + _PIECE_S, speaker_label=turn.speaker_label)
        start_s += _PIECE_S
    yield SpeakerTurn(start=start_s, end=turn.end, speaker_label=turn.speaker_label)
