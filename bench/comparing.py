"""What most rows have in common: two sides hear a recording, and seconds and work are compared."""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace

from bench import ours
from bench.counting import Counter
from bench.figures import Row, Work
from bench.models import Model
from bench.ours import Heard
from bench.running import Plan

Counted = tuple[Heard, Work]


def counting(counter: Counter, hear: Callable[[], Heard]) -> Callable[[], Counted]:
    """`hear`, and the work that was counted meanwhile."""

    def run() -> Counted:
        counter.take()
        before_s = cpu_s()
        heard = hear()
        return heard, replace(counter.take(words=heard.words), cpu_s=cpu_s() - before_s)

    return run


def compared(
    plan: Plan,
    found: Sequence[Counted],
    peers_found: Sequence[Counted],
    *,
    id: str,
    measured: str,
    peer_is: str,
    target: float | None,
    ours_is: str = ours.NAMES["faster-whisper"],
    seconds: Callable[[Heard], float] = lambda heard: heard.total_s,
    notes: Sequence[str] = (),
) -> Row:
    """A row of seconds, the whole unless told otherwise, with the work that the last runs did."""
    return Row(
        id=id,
        measured=measured,
        unit="s",
        ours=[seconds(heard) for heard, _ in found],
        ours_is=ours_is,
        ours_work=found[-1][1],
        peer=[seconds(heard) for heard, _ in peers_found],
        peer_is=peer_is,
        peer_work=peers_found[-1][1],
        target=target,
        notes=notes,
        quick=plan.quick,
    )


def cpu_s() -> float:
    """CPU time of this process and of the children it has waited for: decoders end with their recording."""
    return sum(os.times()[:4])


def conditions(plan: Plan, model: Model, precision: str = "int8") -> str:
    return f"{model.name}, {model.tokens} tokens a window, {precision}, {plan.threads} threads"
