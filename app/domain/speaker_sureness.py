"""How sure it is who speaks when, once the whole clip is heard."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from itertools import accumulate
from typing import NamedTuple

from app.domain.timeline import TimeRange


class Sureness(NamedTuple):
    """Who speaks, who else it might have been by the voice, and how sure that is: 0.5 is a toss-up.

    `runner_up` is None where there is nobody else, `label` where nobody speaks at all.
    """

    label: str | None
    runner_up: str | None
    confidence: float


class SureTurn(NamedTuple):
    """A stretch of one speaker's that was decided about as one."""

    range: TimeRange
    label: str
    runner_up: str | None
    confidence: float


class SpeakerSureness:
    """Looks up how sure it is who speaks at a time."""

    def __init__(self, turns: Iterable[SureTurn] = ()) -> None:
        self._turns = sorted(turns, key=lambda turn: (turn.range, turn.label))
        self._starts = [turn.range.start for turn in self._turns]
        self._ends = list(accumulate((turn.range.end for turn in self._turns), max))

    def sureness(self, part: TimeRange, label: str | None = None) -> Sureness:
        """Of who speaks most within `part`, in a gap of who speaks nearest; only of `label` when given."""
        # Whatever overlaps, and on either side of it the nearest and whoever is as near.
        first = bisect_right(self._ends, part.start)
        last = bisect_left(self._starts, part.end)
        near = [t for t in self._turns[max(0, first - 1) : last + 1] if label in (None, t.label)]
        if not near:
            return Sureness(label, None, 0.0)
        best = max(near, key=lambda t: (t.range.overlap(part), -t.range.gap(part), -t.range.start))
        return Sureness(best.label, best.runner_up, best.confidence)
