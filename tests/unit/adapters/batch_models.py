"""Models without weights for tests of batched inference: they shout what they are given."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from app.adapters.outbound.batched_inference import BatchedInference, BatchModel, Request
from app.domain.ports import Priority

NAME = "shouter"
GENEROUS_S = 30.0
"""Longer than anything in these tests takes; who waits so long fails."""


class Shouter(BatchModel[str, str]):
    """Answers in capitals. A held one waits in every batch for `let_go`; `fault` may raise."""

    def __init__(
        self, *, held: bool = False, fault: Callable[[Sequence[str]], object] = lambda batch: None
    ) -> None:
        self.batches: list[list[str]] = []
        self.closed = False
        self.running = 0
        self._fault = fault
        self._begun = threading.Semaphore(0)
        self._ended = threading.Event()
        self._may_go_on = threading.Semaphore(0 if held else 1_000_000)

    def run(self, batch: Sequence[str]) -> list[str]:
        assert not self.closed
        self.batches.append([*batch])
        self.running += 1
        self._begun.release()
        assert self._may_go_on.acquire(timeout=GENEROUS_S)
        self.running -= 1
        self._fault(batch)
        return [item.upper() for item in batch]

    def close(self) -> None:
        # Not asserted here: what closing raises is only logged.
        self.closed = self.running == 0
        self._ended.set()

    def let_go(self, batches: int = 1_000) -> None:
        self._may_go_on.release(batches)

    async def begun(self) -> None:
        """Return once one more batch has begun."""
        assert await asyncio.to_thread(self._begun.acquire, timeout=GENEROUS_S)

    async def ended(self) -> None:
        assert await asyncio.to_thread(self._ended.wait, GENEROUS_S)


def inference(
    *models: Shouter,
    workers_per_model: int = 1,
    batch_size: int = 8,
    max_wait_s: float = 0.0,
    **settings: Any,
) -> BatchedInference[str, str]:
    return BatchedInference(
        [lambda model=model: model for model in models],
        name=NAME,
        workers_per_model=workers_per_model,
        batch_size=batch_size,
        max_wait_s=max_wait_s,
        **settings,
    )


class Garage:
    """Loads a fresh model each time, or raises what comes first in `errors`."""

    def __init__(self, *errors: Exception, held: bool = False) -> None:
        self.models: list[Shouter] = []
        self.threads: list[str] = []
        self._errors = [*errors]
        self._held = held

    def __call__(self) -> Shouter:
        self.threads.append(threading.current_thread().name)
        if self._errors:
            raise self._errors.pop(0)
        self.models.append(Shouter(held=self._held))
        return self.models[-1]


def served_by(*garages: Garage, **settings: float) -> BatchedInference[str, str]:
    return BatchedInference(
        garages, name=NAME, batch_size=4, **{"workers_per_model": 2, "max_wait_s": 0.0, **settings}
    )


def request(
    item: str,
    *,
    owner: str = "clip",
    priority: Priority = Priority.FILE,
    length_s: float = 30.0,
    kind: str = "",
    admitted: bool = False,
) -> Request[str]:
    return Request(item=item, owner=owner, priority=priority, length_s=length_s, kind=kind, admitted=admitted)


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def calling(engine: BatchedInference[str, str], *items: str, **about: Any) -> list[asyncio.Task[str]]:
    """Calls that wait in line, or whose batch is running, in this order."""
    calls = [asyncio.create_task(engine.submit(request(item, **about))) for item in items]
    await settle()
    return calls


async def soon(awaited: Awaitable[Any]) -> Any:
    """Fail instead of hanging."""
    async with asyncio.timeout(GENEROUS_S):
        return await awaited


def threads_of_models() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith(NAME)]
