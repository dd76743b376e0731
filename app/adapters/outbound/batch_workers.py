"""Workers that take batches from one waiting line and run them, until told to stop or idle for long."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from math import ceil, inf
from typing import Generic, TypeVar

from app.adapters.outbound.model_on_device import ModelOnDevice
from app.adapters.outbound.waiting_line import Ticket, WaitingLine
from app.domain.errors import EngineFailed

Item = TypeVar("Item")
Result = TypeVar("Result")

FORGETTING = 0.9
"""Of the speed that was measured, so much is kept with every new batch: about ten batches count."""


class Pace:
    """How fast batches of sound have been worked off lately, by one worker."""

    def __init__(self) -> None:
        self._sound_s = self._time_s = 0.0

    def note(self, sound_s: float, time_s: float) -> None:
        self._sound_s = FORGETTING * self._sound_s + sound_s
        self._time_s = FORGETTING * self._time_s + time_s

    @property
    def speed(self) -> float:
        """Seconds of sound per second, 1 while nothing is known."""
        return self._sound_s / self._time_s if self._time_s else 1.0


class BatchWorkers(Generic[Item, Result]):
    """One worker for each entry of `devices`, where a device with several threads is named several times.

    A worker that is free takes its share of what waits, so that the fastest device does most, and two
    requests run on two idle workers instead of as a batch on one. `answer` gets each ticket with its
    outcome.
    """

    def __init__(
        self,
        line: WaitingLine[Item],
        devices: Sequence[ModelOnDevice[Item, Result]],
        answer: Callable[[Ticket[Item], Result | EngineFailed], None],
        *,
        pace: Pace,
        max_wait_s: float,
        idle_stop_s: float,
    ) -> None:
        self._line = line
        self._devices = devices
        self._answer = answer
        self._pace = pace
        self._max_wait_s = max_wait_s
        self._idle_stop_s = idle_stop_s
        self._bell = asyncio.Event()
        self._idle = len(devices)
        self._last_use_s = -inf
        self._started = False
        self.stopping = False

    @property
    def working(self) -> bool:
        return self._started and not self.stopping

    def ring(self) -> None:
        """Wake those who are idle: somebody came."""
        self._bell.set()
        self._bell.clear()

    def stop(self) -> None:
        """Let each worker end once its batch is done."""
        self.stopping = True
        self.ring()

    async def work(self) -> None:
        """Return once all have stopped: after `stop`, or `idle_stop_s` after the last batch."""
        self._started = True
        self._last_use_s = asyncio.get_running_loop().time()
        async with asyncio.TaskGroup() as tasks:
            for device in self._devices:
                tasks.create_task(self._work(device))

    async def _work(self, device: ModelOnDevice[Item, Result]) -> None:
        # In a function of its own, so that an idle worker keeps nobody's sound.
        while await self._run_batch(device):
            pass

    async def _run_batch(self, device: ModelOnDevice[Item, Result]) -> bool:
        batch = await self._next_batch(device)
        if not batch:
            return False
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        self._idle -= 1
        try:
            outcomes = await device.run([ticket.request.item for ticket in batch])
        finally:
            self._idle += 1
            self._last_use_s = loop.time()
        self._pace.note(sum(ticket.request.length_s for ticket in batch), self._last_use_s - began_s)
        for ticket, outcome in zip(batch, outcomes, strict=True):
            self._answer(ticket, outcome)
        return True

    async def _next_batch(self, device: ModelOnDevice[Item, Result]) -> list[Ticket[Item]]:
        """Wait for a share of the line; none when the worker should end."""
        loop = asyncio.get_running_loop()
        free_s = loop.time()
        while not self.stopping:
            now_s, act_s = loop.time(), inf
            if self._line:
                act_s = self._batch_due_s(device, free_s)
                if act_s <= now_s:
                    share = ceil(len(self._line) / self._idle)
                    return self._line.take(min(share, device.batch_size), now_s=now_s)
            elif self._idle == len(self._devices):
                act_s = self._last_use_s + self._idle_stop_s
                if act_s <= now_s:
                    self.stop()
                    break
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(None if act_s == inf else act_s):
                    await self._bell.wait()
        return []

    def _batch_due_s(self, device: ModelOnDevice[Item, Result], free_s: float) -> float:
        """Until when a worker that is free since `free_s` may wait for a fuller batch."""
        if self._line.live or len(self._line) >= self._idle * device.batch_size:
            return -inf
        # From when it became free: those whose batch has just ended come back with their next request.
        return max(self._line.oldest_s, free_s) + self._max_wait_s
