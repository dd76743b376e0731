"""One picture per benchmark: a bar for each side's median, a dot for each run."""

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.figures import Row

_OURS, _PEER, _RUN = "#2a6f97", "#b8b8b8", "#1b1b1b"


def plot(path: Path, rows: "Sequence[Row]") -> None:
    """Draw `rows` one above the other, each on an axis of its own."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(
        len(rows), 1, figsize=(7.5, 1.5 * len(rows) + 0.3), squeeze=False, layout="constrained"
    )
    for axis, row in zip(axes[:, 0], rows, strict=True):
        sides = [(row.ours_is, row.ours, _OURS), (row.peer_is, row.peer, _PEER)]
        for place, (_, runs, colour) in enumerate(shown := [side for side in sides if side[1]]):
            axis.barh(place, statistics.median(runs), height=0.6, color=colour)
            axis.plot(runs, [place] * len(runs), "o", color=_RUN, markersize=3)
        axis.set_yticks(range(len(shown)), [name for name, _, _ in shown], fontsize=8)
        axis.invert_yaxis()
        axis.set_xlim(left=0)
        axis.set_xlabel(row.unit, fontsize=8)
        axis.tick_params(axis="x", labelsize=8)
        axis.spines[["top", "right"]].set_visible(False)
        quick = ", quick" if row.quick else ""
        axis.set_title(f"{row.measured}: {row.told(row.reached)}{quick}", fontsize=9, loc="left")
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
