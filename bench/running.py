"""How benchmarks are run: warm, side by side in turns, and telling what they do."""

import gc
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from bench.models import Model, random_model, real_model

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What was asked for on the command line. `runs` None leaves it to the row."""

    threads: int
    quick: bool = False
    runs: int | None = None
    model: Path | None = None
    only: Sequence[str] = ()
    """Ids of the rows to measure, all unless given."""
    started: float = field(default_factory=time.perf_counter)

    def how_many(self, *, full: int = 5, quick: int = 2) -> int:
        return self.runs or (quick if self.quick else full)

    def wants(self, *ids: str) -> bool:
        """Whether one of these rows was asked for."""
        return not self.only or not set(ids).isdisjoint(self.only)

    def either(self, full: T, quick: T) -> T:
        return quick if self.quick else full

    def get_model(self, geometry: str, tokens: int, *, quantization: str = "int8") -> Model:
        """The model that was given, else one of random weights."""
        if self.model is not None:
            return real_model(self.model, tokens, quantization=quantization)
        self.say(f"model: random weights, {geometry} geometry, {tokens} tokens a window")
        return random_model(geometry, tokens, quantization=quantization)

    def say(self, text: str) -> None:
        print(f"[{time.perf_counter() - self.started:6.1f} s] {text}", file=sys.stderr, flush=True)


IDLE_CORES = 0.2
"""A process that uses less than this is waiting."""


def settle(*, at_most_s: float = 120.0, look_s: float = 0.1) -> None:
    """Wait until this process is idle: work that was stopped half-way must not slow what comes next."""
    gc.collect()
    until, idle_looks = time.perf_counter() + at_most_s, 0
    # Once is not enough: on a busy machine a process that has work may get no core for a while.
    while idle_looks < 3 and time.perf_counter() < until:
        before = time.process_time()
        time.sleep(look_s)
        idle_looks = idle_looks + 1 if time.process_time() - before < IDLE_CORES * look_s else 0


def in_turns(
    plan: Plan,
    runs: int,
    sides: Mapping[str, Callable[[], T]],
    *,
    before_each: Callable[[], object] = settle,
) -> dict[str, list[T]]:
    """Run the sides `runs` times one after the other: ours, peer, ours, peer, …

    What slows the machine for a while so meets all of them. Sides have to be warm.
    """
    found: dict[str, list[T]] = {name: [] for name in sides}
    for number in range(1, runs + 1):
        for name, run in sides.items():
            before_each()
            before = time.perf_counter()
            found[name].append(run())
            plan.say(f"run {number} of {runs}, {name}: {time.perf_counter() - before:.2f} s")
    return found
