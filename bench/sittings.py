"""Results on disk. A long row can be measured in several sittings: what was found before is kept."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.figures import Row, Work, as_result
from bench.plot import plot


def write_result(
    folder: Path, name: str, rows: Sequence[Row], *, before: Sequence[Row] = (), add: bool = False
) -> Path:
    """Write NAME.json and NAME.png: `rows`, and those of `before` that were not measured again.

    With `add` the runs of `rows` follow those that `before` has of the same row.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    kept = together(before, rows, add=add)
    text = json.dumps(as_result(name, kept), indent=2, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
    plot(path.with_suffix(".png"), kept)
    return path


def together(before: Sequence[Row], rows: Sequence[Row], *, add: bool = False) -> list[Row]:
    """Both, in the order of their ids. Raises `ValueError` where runs of unlike rows would be added."""
    found = {row.id: row for row in before}
    for row in rows:
        earlier = found.get(row.id)
        found[row.id] = _added(earlier, row) if add and earlier is not None else row
    return [row for _, row in sorted(found.items())]


def read_rows(folder: Path, name: str, host: dict[str, Any]) -> list[Row]:
    """The rows of an earlier sitting, none if there was none.

    Raises `ValueError` if that was on another machine or with other versions than `host`.
    """
    path = folder / f"{name}.json"
    if not path.exists():
        return []
    result = json.loads(path.read_text(encoding="utf-8"))
    # A GPU is only seen once torch is loaded, which happens with some rows and not with others.
    if {**result["host"], "gpu": None} != {**host, "gpu": None}:
        raise ValueError(f"{path} was measured on another machine or with other versions: move it away first")
    return [_row(found, quick=result["quick"]) for found in result["rows"]]


def _added(earlier: Row, row: Row) -> Row:
    # The first note of a row names the model and the threads.
    conditions = [(each.measured, *each.notes[:1], each.quick) for each in (earlier, row)]
    if conditions[0] != conditions[1]:
        raise ValueError(f"row {row.id} was measured under other conditions before: {conditions[0]}")
    return replace(row, ours=[*earlier.ours, *row.ours], peer=[*earlier.peer, *row.peer])


def _row(found: dict[str, Any], *, quick: bool) -> Row:
    same = ("id", "measured", "unit", "ours_is", "peer_is", "reading", "target", "notes")
    return Row(
        **{name: found[name] for name in same},
        ours=found["ours_runs"],
        peer=found["peer_runs"],
        ours_work=Work(**found["work"]["ours"]),
        peer_work=Work(**found["work"]["peer"]),
        quick=quick,
    )
