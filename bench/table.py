"""The table of figures in docs/performance.md, made from bench/results, so that none is typed by hand."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.figures import ENOUGH_RUNS, Work

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
BEGIN, END = "<!-- figures: made by `python -m bench table` -->", "<!-- end of figures -->"
ORDER = (
    *("throughput", "defaults", "transformers", "first_segment", "memory"),
    *("overhead", "concurrency", "per_segment", "diarization", "speakers", "gpu"),
)


def rewrite(results: Path, page: Path = PAGE) -> None:
    """Put the figures of `results` between the page's markers. Raises `ValueError` where it has none."""
    text = page.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{page.name} lacks the lines {BEGIN} and {END}")
    found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(results.glob("*.json"))]
    page.write_text(f"{before}{BEGIN}\n\n{table(found)}\n{END}{after}", encoding="utf-8")


def table(results: list[dict[str, Any]]) -> str:
    """Markdown: one line per row, and one per machine that figures come from."""
    if not results:
        return "No figures yet: `make bench` makes them.\n"
    ordered = sorted(results, key=lambda found: (_place(found["name"]), found["name"]))
    hosts: list[dict[str, Any]] = []
    for result in ordered:
        if result["host"] not in hosts:
            hosts.append(result["host"])
    lines = [
        "| row | measured | figure | target | ours | peer | spread | runs | work: ours / peer |",
        "|---|---|---|---|---|---|---|---|---|",
        *(line for result in ordered for line in _lines(result)),
        "",
        *(_told(host) for host in hosts),
    ]
    return "\n".join(lines) + "\n"


def _place(name: str) -> int:
    return ORDER.index(name) if name in ORDER else len(ORDER)


def _lines(result: dict[str, Any]) -> Iterator[str]:
    for row in result["rows"]:
        quick = " (quick)" if result["quick"] else ""
        cells = [
            row["id"] + quick,
            row["measured"],
            f"**{row['told']}**",
            _target(row),
            f"{row['ours']:.4g} {row['unit']}: {row['ours_is']}",
            f"{row['peer']:.4g} {row['unit']}: {row['peer_is']}" if row["peer"] is not None else "",
            f"{row['spread']:.0%}" if row["spread"] is not None else "",
            str(row["runs"]) if row["runs"] >= ENOUGH_RUNS else f"{row['runs']}, fewer than {ENOUGH_RUNS}",
            " / ".join(_work(row["work"][side]) for side in ("ours", "peer")),
        ]
        yield "| " + " | ".join(cells) + " |"


def _target(row: dict[str, Any]) -> str:
    if row["target"] is None:
        return "reported"
    bound = "≥" if row["reading"] == "times" else "≤"
    return f"{bound} {row['target_told']}, {'met' if row['met'] else 'missed'}"


def _work(work: dict[str, Any]) -> str:
    return str(Work(**work))


def _told(host: dict[str, Any]) -> str:
    versions = ", ".join(f"{package} {version}" for package, version in host["versions"].items())
    gpu = f", {host['gpu']}" if host["gpu"] else ""
    memory = f"{host['memory_gib']} GiB of memory"
    return f"On {host['cores']} cores of {host['cpu']}{gpu}, {memory}, {host['os']}; {versions}."
