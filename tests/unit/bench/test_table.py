import json
from pathlib import Path

import pytest

from bench.figures import as_result
from bench.table import BEGIN, END, PAGE, rewrite, table
from tests.unit.bench.test_figures import a_row


def a_page(folder: Path) -> Path:
    page = folder / "performance.md"
    page.write_text(f"before\n{BEGIN}\nold figures\n{END}\nafter\n", encoding="utf-8")
    return page


def test_figures_of_results_replace_what_is_between_the_markers(tmp_path: Path) -> None:
    page = a_page(tmp_path)
    result = as_result("throughput", [a_row()])
    (tmp_path / "throughput.json").write_text(json.dumps(result), encoding="utf-8")
    rewrite(tmp_path, page)
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old figures" not in text
    assert "| 1 | 10 min | **2.50 ×** | ≥ 1.50 ×, met | 2 s: Diarist | 5 s: the other |" in text
    assert "20 windows, 2000 tokens, 1990 words / 21 windows, 2100 tokens, 2090 words |" in text


def test_writing_twice_changes_nothing(tmp_path: Path) -> None:
    page = a_page(tmp_path)
    (tmp_path / "memory.json").write_text(json.dumps(as_result("memory", [a_row()])), encoding="utf-8")
    rewrite(tmp_path, page)
    once = page.read_text(encoding="utf-8")
    rewrite(tmp_path, page)
    assert page.read_text(encoding="utf-8") == once


def test_a_page_without_markers_is_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("nothing here\n", encoding="utf-8")
    with pytest.raises(ValueError, match="lacks"):
        rewrite(tmp_path, page)
    assert page.read_text(encoding="utf-8") == "nothing here\n"


def test_rows_come_in_the_order_of_their_numbers_and_missed_targets_say_so() -> None:
    results = [as_result("overhead", [a_row(id="4")]), as_result("throughput", [a_row(id="1", target=9.0)])]
    lines = table(results).splitlines()
    assert [line.split(" | ")[0] for line in lines[2:4]] == ["| 1", "| 4"]
    assert "≥ 9.00 ×, missed" in lines[2]


def test_a_machine_is_named_once() -> None:
    lines = table([as_result("memory", [a_row()]), as_result("defaults", [a_row()])]).splitlines()
    assert len([line for line in lines if line.startswith("On ")]) == 1


def test_quick_figures_are_called_that() -> None:
    assert "| 1 (quick) |" in table([as_result("throughput", [a_row(quick=True)])])


def test_a_row_with_few_runs_says_so_in_the_table() -> None:
    enough = a_row(id="2", ours=[1.0] * 5, peer=[2.0] * 5)
    lines = table([as_result("throughput", [a_row(), enough])]).splitlines()
    assert "| 3, fewer than 5 |" in lines[2]
    assert "| 5 |" in lines[3]


def test_the_page_of_this_repository_has_the_markers() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text.index(BEGIN) < text.index(END)
