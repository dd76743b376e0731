"""Requests of all callers meet in one line and run as batches, on as many models as there are devices."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextvars import Context
from math import inf
from typing import Any, Generic, TypeVar

from app.adapters.outbound.batch_workers import BatchWorkers, Pace
from app.adapters.outbound.model_on_device import (
    BatchModel,
    ModelOnDevice,
    OutOfDeviceMemory,
    return_memory,
)
from app.adapters.outbound.waiting_line import Request, Ticket, WaitingLine
from app.domain.errors import EngineBusy, EngineFailed, EngineUnavailable

__all__ = ["BatchModel", "BatchedInference", "OutOfDeviceMemory", "Request"]

Item = TypeVar("Item")
Result = TypeVar("Result")

log = logging.getLogger(__name__)

LEAST_RETRY_S, MOST_RETRY_S = 1.0, 120.0
"""What a refused caller is told at least and at most; OpenAI's clients obey up to 120 s."""


class BatchedInference(Generic[Item, Result]):
    """Runs requests as batches of up to `batch_size` on one model per loader.

    Each model gets `workers_per_model` workers: one where a batch fills the device, one per core where a
    model may be called by several threads at once. A worker that finds less than it could take waits up
    to `max_wait_s` for more, except while somebody live waits.

    Models load when they are first needed, all of them, and `idle_unload_s` after the last batch are let go
    of. Use it from one event loop; after `aclose`, from any other.
    """

    def __init__(
        self,
        loaders: Sequence[Callable[[], BatchModel[Item, Result]]],
        *,
        name: str,
        workers_per_model: int,
        batch_size: int,
        max_wait_s: float = 0.01,
        max_queued: int = 256,
        idle_unload_s: float | None = None,
    ) -> None:
        if not loaders or workers_per_model < 1 or batch_size < 1:
            raise ValueError("at least one loader, one worker and a batch of one are needed")
        self._devices = [
            ModelOnDevice(loader, name=name, threads=workers_per_model, batch_size=batch_size)
            for loader in loaders
        ]
        self._name = name
        self._workers_per_model = workers_per_model
        self._max_wait_s = max_wait_s
        self._max_queued = max_queued
        self._idle_unload_s = inf if idle_unload_s is None else idle_unload_s
        self._line: WaitingLine[Item] = WaitingLine()
        self._calls: dict[Ticket[Item], asyncio.Future[Result]] = {}
        self._loads: set[asyncio.Future[None]] = set()
        self._problem: EngineUnavailable | None = None
        self._pace = Pace()
        self._workers = self._new_workers()
        self._round: asyncio.Task[None] | None = None

    @property
    def problem(self) -> EngineUnavailable | None:
        """Why the last try to load failed, None after one that did not. A fresh error, to be raised."""
        return _copy(self._problem) if self._problem else None

    @property
    def loaded(self) -> bool:
        return self._workers.working

    @property
    def waiting(self) -> int:
        """How many requests wait for a worker."""
        return len(self._line)

    async def submit(self, request: Request[Item]) -> Result:
        """The result for one request. Cancelling the call gives up its place.

        Raises `EngineUnavailable` when the models cannot be loaded, `EngineFailed` when they break on this
        item, and `EngineBusy` when `max_queued` requests wait and this one is not admitted.
        """
        if not request.admitted and len(self._line) >= self._max_queued:
            raise EngineBusy(self._name, self._retry_after_s())
        loop = asyncio.get_running_loop()
        ticket = self._line.add(request, now_s=loop.time())
        call: asyncio.Future[Result] = loop.create_future()
        self._calls[ticket] = call
        self._start()
        self._workers.ring()
        try:
            return await call
        finally:
            self._line.remove(ticket)
            del self._calls[ticket]

    async def load(self) -> None:
        """Load all models unless they are there. Raises `EngineUnavailable`."""
        if self.loaded:
            return
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._loads.add(waiter)
        self._start()
        try:
            await waiter
        finally:
            self._loads.discard(waiter)

    async def aclose(self) -> None:
        """Cancel the calls that wait, let the running batches finish, then let go of models and threads."""
        self._send_away()
        if self._round is None and any(device.in_use for device in self._devices):
            # An event loop ended without closing: what it left behind is let go of by a round without work.
            self._start()
        if self._round is not None:
            self._workers.stop()
            await asyncio.shield(self._round)

    def _new_workers(self) -> BatchWorkers[Item, Result]:
        return BatchWorkers(
            self._line,
            [device for device in self._devices for _ in range(self._workers_per_model)],
            self._answer,
            pace=self._pace,
            max_wait_s=self._max_wait_s,
            idle_stop_s=self._idle_unload_s,
        )

    def _start(self) -> None:
        if self._round is None:
            self._workers = self._new_workers()
            # In a context of its own: its log lines belong to no caller.
            self._round = asyncio.get_running_loop().create_task(self._serve(), context=Context())

    async def _serve(self) -> None:
        """One round: load, work until told to stop or idle for long, let go.

        Who comes while models are let go of waits for the next round, so no round ever turns back.
        """
        try:
            if not self._workers.stopping and await self._load_all():
                await self._workers.work()
            await asyncio.gather(*(device.close() for device in self._devices))
            await asyncio.to_thread(return_memory)
        except BaseException:
            # The loop ends, or this is a defect. Either way nobody is left to serve the calls.
            self._workers.stop()
            self._send_away()
            for call in self._calls.values():
                call.cancel()
            raise
        finally:
            self._round = None
        log.info("%s is unloaded", self._name)
        if self._line or self._loads:
            self._start()

    async def _load_all(self) -> bool:
        outcomes = await asyncio.gather(*(device.load() for device in self._devices), return_exceptions=True)
        self._problem = None
        for outcome in outcomes:
            if isinstance(outcome, EngineUnavailable):
                # A copy, because the frames of the error itself may hold half a model.
                self._problem = _copy(outcome)
                self._send_away(self._problem)
                return False
            if outcome is not None:
                raise outcome
        for waiter in self._loads:
            if not waiter.done():
                waiter.set_result(None)
        return True

    def _answer(self, ticket: Ticket[Item], outcome: Result | EngineFailed) -> None:
        call = self._calls.get(ticket)
        if call is None or call.done():
            return
        if isinstance(outcome, EngineFailed):
            call.set_exception(outcome)
        else:
            call.set_result(outcome)

    def _send_away(self, error: EngineUnavailable | None = None) -> None:
        """End the calls that wait: cancelled, or each with a copy of the error."""
        waiting: list[asyncio.Future[Any]] = [self._calls[ticket] for ticket in self._line.clear()]
        for call in (*waiting, *self._loads):
            if call.done():
                continue
            if error is None:
                call.cancel()
            else:
                call.set_exception(_copy(error))

    def _retry_after_s(self) -> float:
        """When what waits will have been worked off, by the speed of the last batches."""
        speed = self._pace.speed * len(self._devices) * self._workers_per_model
        return min(max(self._line.sound_s / speed, LEAST_RETRY_S), MOST_RETRY_S)


def _copy(error: EngineUnavailable) -> EngineUnavailable:
    """The same without frames: an error that is raised again and again would gather them."""
    return EngineUnavailable(error.engine, error.reason, error.remedy)
