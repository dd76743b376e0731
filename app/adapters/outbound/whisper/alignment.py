"""Dynamic time warping: which stretch of sound each token belongs to."""

import numpy as np
import numpy.typing as npt


def starts_of_rows(costs: npt.NDArray[np.floating]) -> list[int]:
    """Where the cheapest path through `costs` (rows, columns) enters each row.

    The path leads from the first cell to the last and goes right, down or both at once, so no row starts
    before the one above it. `costs[i, j]` is what it costs that token i is spoken at position j.
    """
    # With S the running sum of a row's costs, the cheapest way to reach column j after entering at column k
    # costs S[j] + (above[k] - S[k - 1]), where above[k] is the cheaper of the cells above k and above left of
    # it. So a row needs one running minimum over these offsets, and no loop over its columns.
    rows, columns = costs.shape
    reached = np.full(columns + 1, np.inf)
    reached[0] = 0.0
    befores, offsets = [], []
    for row in costs.astype(np.float64):
        sums = np.concatenate([[0.0], np.cumsum(row)])
        offset = np.minimum(reached[:-1], reached[1:]) - sums[:-1]
        befores.append(reached)
        offsets.append(offset)
        reached = np.concatenate([[np.inf], sums[1:] + np.minimum.accumulate(offset)])
    starts, last = [0] * rows, columns - 1
    for row_index in range(rows - 1, -1, -1):
        start = int(offsets[row_index][: last + 1].argmin())
        before = befores[row_index]
        starts[row_index] = start
        last = start if before[start + 1] < before[start] else start - 1
    return starts
