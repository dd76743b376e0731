"""What a benchmark found: runs on both sides, their ratio, and how far it can be trusted."""

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from bench.host import describe_host

QUICK_ALLOWANCE = 0.95
"""A quick figure, from few and short runs, passes at this part of its target."""

ENOUGH_RUNS = 5
"""Of each side. A row with fewer says so."""

Reading = Literal["times", "growth", "overhead", "value"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a side did in one run, so that unequal work shows. None where a side has no such thing."""

    windows: int | None = None
    """30-s windows through the encoder."""
    tokens: int | None = None
    """Tokens decoded: text, and timestamps where a side decodes them."""
    words: int | None = None
    """Words with times in the result."""
    cpu_s: float | None = None
    """CPU seconds of all processes that took part."""

    def __str__(self) -> str:
        counts = {"windows": self.windows, "tokens": self.tokens, "words": self.words}
        told = [f"{count} {name}" for name, count in counts.items() if count is not None]
        if self.cpu_s is not None:
            told.append(f"{self.cpu_s:.1f} CPU s")
        return ", ".join(told) or "not counted"

    def as_json(self) -> dict[str, float | None]:
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One comparison. Smaller figures are better: seconds, bytes.

    `reading` says what is held against `target`: how many times the peer's median is ours ("times", at
    least), how many times ours is the peer's ("growth", at most), by how much ours is above the
    peer's ("overhead", a fraction, at most), or our median itself ("value", at most).
    """

    id: str
    measured: str
    unit: str
    ours: Sequence[float]
    ours_is: str
    peer: Sequence[float] = ()
    peer_is: str = ""
    reading: Reading = "times"
    target: float | None = None
    ours_work: Work = field(default_factory=Work)
    peer_work: Work = field(default_factory=Work)
    notes: Sequence[str] = ()
    quick: bool = False

    @property
    def ratio(self) -> float | None:
        """How many times better ours is than the peer: above 1, ours is. None without a peer."""
        return statistics.median(self.peer) / statistics.median(self.ours) if self.peer else None

    @property
    def spread(self) -> float | None:
        """From the lowest to the highest ratio of runs beside each other, in parts of the ratio.

        Without a peer, of the runs themselves. None for a single run.
        """
        figures = [peer / ours for ours, peer in zip(self.ours, self.peer, strict=False)] or list(self.ours)
        if len(figures) < 2:
            return None
        return (max(figures) - min(figures)) / statistics.median(figures)

    @property
    def too_few_runs(self) -> bool:
        return min(len(side) for side in (self.ours, self.peer) if side) < ENOUGH_RUNS

    @property
    def reached(self) -> float:
        """What is held against the target."""
        if self.reading == "value" or self.ratio is None:
            return statistics.median(self.ours)
        return {"times": self.ratio, "growth": 1 / self.ratio, "overhead": 1 / self.ratio - 1}[self.reading]

    @property
    def met(self) -> bool | None:
        if self.target is None:
            return None
        allowance = QUICK_ALLOWANCE if self.quick else 1.0
        if self.reading == "times":
            return self.reached >= self.target * allowance
        return self.reached <= self.target / allowance

    def told(self, figure: float) -> str:
        """A figure of this row's reading, for people."""
        match self.reading:
            case "overhead":
                return f"{figure:.1%}"
            case "value":
                return f"{figure:.3g} {self.unit}"
            case _:
                return f"{figure:.2f} ×"

    def summary(self) -> str:
        lines = [f"{self.id}  {self.measured}: {self.told(self.reached)}"]
        if self.target is not None:
            bound = "at least" if self.reading == "times" else "at most"
            lines[0] += f" (target: {bound} {self.told(self.target)}, {'met' if self.met else 'MISSED'})"
        for name, runs, work in (
            (self.ours_is, self.ours, self.ours_work),
            (self.peer_is, self.peer, self.peer_work),
        ):
            if runs:
                ends = f"{min(runs):.4g} to {max(runs):.4g}"
                middle = f"{statistics.median(runs):.4g} {self.unit}"
                lines.append(f"    {name}: {middle} ({ends}, {len(runs)} runs; {work})")
        if self.spread is not None:
            lines.append(f"    spread {self.spread:.0%}")
        if self.too_few_runs and not self.quick:
            lines.append(f"    FEWER than {ENOUGH_RUNS} runs: `--add` measures more of them")
        return "\n".join([*lines, *(f"    {note}" for note in self.notes)])

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "measured": self.measured,
            "ratio": self.ratio,
            "spread": self.spread,
            "ours": statistics.median(self.ours),
            "peer": statistics.median(self.peer) if self.peer else None,
            "unit": self.unit,
            "work": {"ours": self.ours_work.as_json(), "peer": self.peer_work.as_json()},
            "runs": min(len(side) for side in (self.ours, self.peer) if side),
            "ours_is": self.ours_is,
            "peer_is": self.peer_is,
            "ours_runs": list(self.ours),
            "peer_runs": list(self.peer),
            "reading": self.reading,
            "reached": self.reached,
            "told": self.told(self.reached),
            "target": self.target,
            "target_told": self.told(self.target) if self.target is not None else None,
            "met": self.met,
            "notes": list(self.notes),
        }


def as_result(name: str, rows: Sequence[Row]) -> dict[str, Any]:
    """What `bench/results/NAME.json` holds: the first row's fields, and all `rows`."""
    main = rows[0].as_json()
    kept = {key: main[key] for key in ("ratio", "spread", "ours", "peer", "unit", "work", "runs")}
    return {
        "name": name,
        **kept,
        "quick": rows[0].quick,
        "rows": [row.as_json() for row in rows],
        "host": describe_host(),
    }
