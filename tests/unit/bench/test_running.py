from pathlib import Path

import av
import pytest

from bench.recordings import EXAMPLE, looped, turns
from bench.rows.gpu import floor
from bench.running import Plan, in_turns


def test_sides_run_in_turns() -> None:
    order: list[str] = []
    sides = {"ours": lambda: order.append("ours"), "peer": lambda: order.append("peer")}
    found = in_turns(Plan(threads=1), 3, sides, before_each=lambda: order.append("wait"))
    assert order == ["wait", "ours", "wait", "peer"] * 3
    assert len(found["ours"]) == len(found["peer"]) == 3


def test_runs_that_were_asked_for_win_over_those_of_the_row() -> None:
    assert Plan(threads=1).how_many(full=5) == 5
    assert Plan(threads=1, quick=True).how_many(full=5, quick=2) == 2
    assert Plan(threads=1, quick=True, runs=7).how_many() == 7


def test_every_row_is_wanted_unless_some_are_named() -> None:
    assert Plan(threads=1).wants("2b")
    assert Plan(threads=1, only=("2b",)).wants("2", "2b")
    assert not Plan(threads=1, only=("2b",)).wants("2")


@pytest.mark.parametrize(("batch_size", "times"), [(1, 646), (16, 2603), (64, 3068)])
def test_the_floor_of_a_gpu(batch_size: int, times: float) -> None:
    assert floor(batch_size) == pytest.approx(times, rel=0.005)


def test_a_recording_is_as_long_as_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "looped.flac"
    looped(EXAMPLE, path, 2.5)
    with av.open(str(path)) as container:
        assert sum(frame.samples for frame in container.decode(audio=0)) == 150 * 16_000


def test_turns_go_on_with_the_rounds_and_end_with_the_recording() -> None:
    once, twice = turns(121.682 / 60), turns(2 * 121.682 / 60)
    assert len(twice) == 2 * len(once)
    assert twice[len(once)].start == pytest.approx(once[0].start + 121.682, abs=0.01)
    assert max(turn.end for turn in twice) <= 2 * 121.69
