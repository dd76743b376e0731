"""Chunks: what a diarizer hears at a time."""

from dataclasses import dataclass

from app.domain.timeline import TimeRange

CORE_S = 60.0
CONTEXT_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkPlan:
    """The core of a chunk, and the wider span that the diarizer hears for its context."""

    index: int
    core: TimeRange
    span: TimeRange


class ChunkPlanner:
    """Cuts a clip into chunks as its sound comes in. Cores touch and cover the clip.

    A rest shorter than the context joins the chunk before: nobody is told apart in a few seconds.
    """

    def __init__(self) -> None:
        self._count = 0

    @property
    def needs_from_s(self) -> float:
        """Sound before this second is in no chunk to come."""
        return max(0.0, self._count * CORE_S - CONTEXT_S)

    def advance(self, decided_until_s: float) -> list[ChunkPlan]:
        """The chunks whose whole span is known by now."""
        plans = []
        while (self._count + 1) * CORE_S + CONTEXT_S < decided_until_s:
            plans.append(self._take(core_end_s=(self._count + 1) * CORE_S, limit_s=decided_until_s))
        return plans

    def finish(self, duration_s: float) -> list[ChunkPlan]:
        """The clip ends here: the chunks that are left."""
        plans = self.advance(duration_s)
        if duration_s > self._count * CORE_S:
            plans.append(self._take(core_end_s=duration_s, limit_s=duration_s))
        return plans

    def _take(self, *, core_end_s: float, limit_s: float) -> ChunkPlan:
        core = TimeRange(start=self._count * CORE_S, end=core_end_s)
        span = TimeRange(start=self.needs_from_s, end=min(core_end_s + CONTEXT_S, limit_s))
        plan = ChunkPlan(index=self._count, core=core, span=span)
        self._count += 1
        return plan
