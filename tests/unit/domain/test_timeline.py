import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.timeline import TimeRange, merge_ranges
from tests.unit.domain.strategies import time_ranges


@pytest.mark.parametrize(
    ("start", "end"), [(1.0, 1.0), (2.0, 1.0), (-0.1, 1.0), (0.0, float("inf")), (float("nan"), 1.0)]
)
def test_a_range_is_never_empty_negative_or_endless(start: float, end: float) -> None:
    with pytest.raises(ValueError):
        TimeRange(start=start, end=end)


def test_a_range_holds_its_start_but_not_its_end() -> None:
    part = TimeRange(start=1.0, end=2.0)
    assert part.contains(1.0)
    assert not part.contains(2.0)


@given(time_ranges(), time_ranges())
def test_overlap_and_gap_are_symmetric_and_exclude_each_other(a: TimeRange, b: TimeRange) -> None:
    assert a.overlap(b) == b.overlap(a)
    assert a.gap(b) == b.gap(a)
    assert a.overlap(b) == 0 or a.gap(b) == 0


@given(time_ranges(), time_ranges())
def test_clamping_keeps_what_overlaps(a: TimeRange, bounds: TimeRange) -> None:
    inside = a.clamp(bounds)
    assert (inside.duration if inside else 0) == pytest.approx(a.overlap(bounds))


def test_the_midpoint_is_halfway() -> None:
    assert TimeRange(start=1.0, end=2.0).midpoint == 1.5


@given(st.lists(time_ranges(), max_size=20), st.sampled_from([0.0, 0.5]))
def test_merged_ranges_are_disjoint_and_cover_the_same_time(parts: list[TimeRange], gap_s: float) -> None:
    merged = merge_ranges(parts, max_gap_s=gap_s)
    assert all(b.start - a.end > gap_s for a, b in itertools.pairwise(merged))
    assert all(any(m.start <= part.start and part.end <= m.end for m in merged) for part in parts)
