import json
from pathlib import Path

import pytest

from bench.host import describe_host
from bench.sittings import read_rows, together, write_result
from tests.unit.bench.test_figures import a_row


def test_a_result_is_written_with_its_picture(tmp_path: Path) -> None:
    path = write_result(tmp_path / "results", "overhead", [a_row(), a_row(id="4b", reading="value", peer=[])])
    assert json.loads(path.read_text(encoding="utf-8"))["rows"][0]["ours_runs"] == [2.0, 1.0, 3.0]
    assert path.with_suffix(".png").read_bytes().startswith(b"\x89PNG")


def test_a_row_that_is_read_again_is_the_row_that_was_written(tmp_path: Path) -> None:
    row = a_row(notes=["tiny, 2 threads"], reading="growth")
    write_result(tmp_path, "throughput", [row])
    assert read_rows(tmp_path, "throughput", describe_host())[0].as_json() == row.as_json()


def test_rows_of_an_earlier_sitting_are_kept_in_the_order_of_their_ids(tmp_path: Path) -> None:
    write_result(tmp_path, "throughput", [a_row(id="1 (1 h)")])
    before = read_rows(tmp_path, "throughput", describe_host())
    path = write_result(tmp_path, "throughput", [a_row(id="1")], before=before)
    result = json.loads(path.read_text(encoding="utf-8"))
    assert [row["id"] for row in result["rows"]] == ["1", "1 (1 h)"]


def test_a_row_that_is_measured_again_replaces_the_earlier_one() -> None:
    [row] = together([a_row()], [a_row(ours=[7.0], peer=[8.0])])
    assert (row.ours, row.peer) == ([7.0], [8.0])


def test_added_runs_follow_those_of_before() -> None:
    [row] = together([a_row()], [a_row(ours=[7.0], peer=[8.0])], add=True)
    assert row.ours == [2.0, 1.0, 3.0, 7.0]
    assert row.peer == [5.0, 4.0, 6.0, 8.0]


def test_runs_under_other_conditions_are_not_added() -> None:
    with pytest.raises(ValueError, match="other conditions"):
        together([a_row(notes=["2 threads"])], [a_row(notes=["4 threads"])], add=True)


def test_rows_of_another_machine_are_not_mixed_in(tmp_path: Path) -> None:
    write_result(tmp_path, "memory", [a_row()])
    with pytest.raises(ValueError, match="another machine"):
        read_rows(tmp_path, "memory", {**describe_host(), "cores": 1_000})


def test_without_an_earlier_sitting_there_are_no_rows(tmp_path: Path) -> None:
    assert read_rows(tmp_path, "memory", {}) == []
