import itertools

from hypothesis import given
from hypothesis import strategies as st

from app.domain.chunks import ChunkPlanner
from app.domain.timeline import TimeRange


def test_a_short_clip_is_one_chunk() -> None:
    planner = ChunkPlanner()
    assert planner.advance(30.0) == []
    (plan,) = planner.finish(30.0)
    assert plan.core == plan.span == TimeRange(start=0.0, end=30.0)


def test_a_chunk_waits_for_its_context() -> None:
    planner = ChunkPlanner()
    assert planner.advance(65.0) == []
    (plan,) = planner.advance(65.1)
    assert plan.core == TimeRange(start=0.0, end=60.0)
    assert plan.span == TimeRange(start=0.0, end=65.0)
    assert planner.needs_from_s == 55.0


def test_a_rest_of_a_few_seconds_joins_the_chunk_before() -> None:
    (plan,) = ChunkPlanner().finish(64.0)
    assert plan.core == TimeRange(start=0.0, end=64.0)


@given(st.floats(0.5, 2_000), st.lists(st.floats(0, 2_000), max_size=20))
def test_cores_cover_the_clip_without_gaps_however_it_comes_in(duration_s: float, steps: list[float]) -> None:
    planner = ChunkPlanner()
    plans = [plan for step in sorted(steps) for plan in planner.advance(min(step, duration_s))]
    plans += planner.finish(duration_s)
    assert [plan.index for plan in plans] == list(range(len(plans)))
    assert plans[0].core.start == 0
    assert plans[-1].core.end == duration_s
    assert all(a.core.end == b.core.start for a, b in itertools.pairwise(plans))
    assert all(p.span.start <= p.core.start and p.core.end <= p.span.end <= duration_s for p in plans)
    assert plans == ChunkPlanner().finish(duration_s)
