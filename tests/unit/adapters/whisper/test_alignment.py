"""Dynamic time warping, against the definition of it, cell by cell."""

import time

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.outbound.whisper.alignment import starts_of_rows

Costs = npt.NDArray[np.float64]


def cheapest(costs: Costs) -> float:
    reached = np.full((costs.shape[0] + 1, costs.shape[1] + 1), np.inf)
    reached[0, 0] = 0.0
    for i, row in enumerate(costs):
        for j, cost in enumerate(row):
            reached[i + 1, j + 1] = cost + min(reached[i, j], reached[i, j + 1], reached[i + 1, j])
    return float(reached[-1, -1])


def cost_of(costs: Costs, starts: list[int]) -> float:
    """Each row is walked to before the start of the next one, or onto it where the way goes straight down."""
    ends = [*starts[1:], costs.shape[1]]
    total = 0.0
    for row, start, end in zip(costs, starts, ends, strict=True):
        down = costs.shape[1] if end == costs.shape[1] else min(end + 1, costs.shape[1])
        total += min(row[start : max(end, start + 1)].sum(), row[start:down].sum())
    return total


@given(rows=st.integers(1, 7), columns=st.integers(1, 9), seed=st.integers(0, 10_000))
def test_no_path_is_cheaper_than_the_one_found(rows: int, columns: int, seed: int) -> None:
    costs = np.random.default_rng(seed).normal(size=(rows, columns))
    starts = starts_of_rows(costs)
    assert starts[0] == 0
    assert starts == sorted(starts)
    assert cost_of(costs, starts) == pytest.approx(cheapest(costs))


def test_each_token_starts_where_it_is_looked_for() -> None:
    costs = np.ones((3, 10))
    costs[0, :4] = costs[1, 4:7] = costs[2, 7:] = -1.0
    assert starts_of_rows(costs) == [0, 4, 7]


def test_a_hundred_tokens_in_thirty_seconds_take_a_few_milliseconds() -> None:
    costs = np.random.default_rng(0).normal(size=(100, 1_500)).astype(np.float32)
    spent_s = []
    for _ in range(5):
        began_s = time.process_time()
        starts_of_rows(costs)
        spent_s.append(time.process_time() - began_s)
    assert min(spent_s) < 0.02
