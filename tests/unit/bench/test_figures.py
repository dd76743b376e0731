from typing import Any

import pytest

from bench.figures import Row, Work, as_result
from bench.host import describe_host

FIELDS = {"name", "ratio", "spread", "ours", "peer", "unit", "work", "runs", "host"}


def a_row(**changes: Any) -> Row:
    row: dict[str, Any] = {
        "id": "1",
        "measured": "10 min",
        "unit": "s",
        "ours": [2.0, 1.0, 3.0],
        "ours_is": "Diarist",
        "peer": [5.0, 4.0, 6.0],
        "peer_is": "the other",
        "target": 1.5,
        "ours_work": Work(windows=20, tokens=2000, words=1990),
        "peer_work": Work(windows=21, tokens=2100, words=2090),
    }
    return Row(**{**row, **changes})


def test_a_ratio_is_of_medians_and_above_one_when_ours_is_faster() -> None:
    assert a_row().ratio == 2.5
    assert a_row(ours=[10.0], peer=[5.0]).ratio == 0.5


def test_the_spread_is_of_neighbouring_runs() -> None:
    assert a_row(ours=[1.0, 2.0, 4.0], peer=[2.0, 4.0, 8.0]).spread == 0
    assert a_row(ours=[1.0, 1.0, 1.0], peer=[2.0, 3.0, 4.0]).spread == pytest.approx(2 / 3)


def test_a_single_run_has_no_spread() -> None:
    assert a_row(ours=[1.0], peer=[2.0]).spread is None


@pytest.mark.parametrize(
    ("reading", "ours", "peer", "target", "reached", "met"),
    [
        ("times", 2.0, 5.0, 2.5, 2.5, True),
        ("times", 2.0, 5.0, 2.6, 2.5, False),
        ("growth", 1.1, 1.0, 1.2, 1.1, True),
        ("growth", 1.3, 1.0, 1.2, 1.3, False),
        ("overhead", 1.02, 1.0, 0.03, 0.02, True),
        ("overhead", 1.04, 1.0, 0.03, 0.04, False),
    ],
)
def test_what_is_held_against_a_target(
    reading: str, ours: float, peer: float, target: float, reached: float, met: bool
) -> None:
    row = a_row(reading=reading, ours=[ours], peer=[peer], target=target)
    assert row.reached == pytest.approx(reached)
    assert row.met is met


def test_a_figure_without_a_peer_is_held_against_its_target_itself() -> None:
    row = a_row(reading="value", unit="ms", ours=[8.0, 12.0], peer=[], target=50.0)
    assert (row.ratio, row.reached, row.met) == (None, 10.0, True)
    assert row.spread == pytest.approx(0.4)


def test_a_row_without_a_target_is_neither_met_nor_missed() -> None:
    assert a_row(target=None).met is None


def test_a_quick_figure_passes_a_little_below_its_target() -> None:
    below = {"ours": [1.0], "peer": [1.46]}
    assert a_row(**below).met is False
    assert a_row(**below, quick=True).met is True
    assert a_row(ours=[1.0], peer=[1.42], quick=True).met is False


def test_a_summary_shows_unequal_work() -> None:
    text = a_row().summary()
    assert "2.50 ×" in text
    assert "20 windows, 2000 tokens" in text
    assert "21 windows, 2100 tokens" in text


def test_a_result_has_the_main_row_on_top_and_all_rows_below() -> None:
    result = as_result("throughput", [a_row(), a_row(id="1 (1 h)", peer=[20.0])])
    assert set(result) >= FIELDS
    assert (result["name"], result["ratio"], result["ours"], result["peer"]) == ("throughput", 2.5, 2.0, 5.0)
    assert result["runs"] == 3
    assert result["work"]["peer"] == {
        "windows": 21,
        "tokens": 2100,
        "words": 2090,
        "cpu_s": None,
    }
    assert [row["id"] for row in result["rows"]] == ["1", "1 (1 h)"]


def test_a_row_with_few_runs_says_so() -> None:
    assert "FEWER than 5 runs" in a_row().summary()
    assert "FEWER than 5 runs" in a_row(ours=[1.0] * 5, peer=[1.0] * 4).summary()
    assert "FEWER" not in a_row(ours=[1.0] * 5, peer=[1.0] * 5).summary()
    assert "FEWER" not in a_row(ours=[1.0] * 5, peer=[], reading="value").summary()


def test_the_machine_is_described_without_saying_whose_it_is() -> None:
    host = describe_host()
    assert host["cores"] >= 1
    assert host["memory_gib"] > 0
    assert "python" in host["versions"]
    assert not [value for value in map(str, host.values()) if "/" in value.replace("GNU/Linux", "")]
