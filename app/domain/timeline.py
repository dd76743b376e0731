"""Time on a recording: half-open ranges of seconds, counted from the start of the clip."""

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class TimeRange:
    """A half-open stretch `[start, end)` of a clip, in seconds from the clip's start, never empty."""

    start: float
    end: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.start) and math.isfinite(self.end)):
            raise ValueError(f"a time range needs finite ends, got {self.start} to {self.end}")
        if not 0 <= self.start < self.end:
            raise ValueError(f"a time range needs 0 <= start < end, got {self.start} to {self.end}")

    @property
    def duration(self) -> float:
        return self.end - self.start

    @property
    def midpoint(self) -> float:
        return (self.start + self.end) / 2

    def contains(self, time_s: float) -> bool:
        return self.start <= time_s < self.end

    def overlap(self, other: "TimeRange") -> float:
        """Seconds that both ranges share; 0 when they only touch."""
        return max(0.0, min(self.end, other.end) - max(self.start, other.start))

    def gap(self, other: "TimeRange") -> float:
        """Seconds of nothing between the two; 0 when they touch or overlap."""
        return max(0.0, max(self.start, other.start) - min(self.end, other.end))

    def clamp(self, bounds: "TimeRange") -> "TimeRange | None":
        """The part of this range inside `bounds`, or None when there is none."""
        start, end = max(self.start, bounds.start), min(self.end, bounds.end)
        return TimeRange(start=start, end=end) if start < end else None


def merge_ranges(ranges: Iterable[TimeRange], *, max_gap_s: float = 0.0) -> list[TimeRange]:
    """Join ranges that overlap or lie at most `max_gap_s` apart; the result is sorted and disjoint."""
    merged: list[TimeRange] = []
    for item in sorted(ranges):
        if merged and item.start - merged[-1].end <= max_gap_s:
            merged[-1] = TimeRange(start=merged[-1].start, end=max(merged[-1].end, item.end))
        else:
            merged.append(item)
    return merged
