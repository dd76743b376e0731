"""An event loop on a thread of its own, for callers who have none, or one that they cannot share."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

Result = TypeVar("Result")


class LoopClosed(RuntimeError):
    """The loop was closed before the work was done."""

    def __init__(self) -> None:
        super().__init__("closed before the work was done")


class BackgroundLoop:
    """Runs from its making to `close`. A process that ends without `close` does not wait for it."""

    def __init__(self) -> None:
        self._closing = asyncio.Event()
        self._is_closed = False
        self._handing_over = threading.Lock()
        self._tasks: set[asyncio.Task[Any]] = set()
        started: Future[asyncio.AbstractEventLoop] = Future()
        self._thread = threading.Thread(target=self._run, args=(started,), name="diarist", daemon=True)
        self._thread.start()
        self._loop = started.result()

    @property
    def is_open(self) -> bool:
        return not self._is_closed

    def wait_for(self, work: Coroutine[Any, Any, Result]) -> Result:
        """What `work` gives on the loop; interrupted here, it is cancelled there before this returns.

        Raises `RuntimeError` when the loop is closed, also when that happens meanwhile.
        """
        task: asyncio.Task[Result] | None = None
        ended = threading.Event()

        def start() -> None:
            nonlocal task
            task = self._loop.create_task(work)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            task.add_done_callback(lambda _: ended.set())

        def stop() -> None:
            if task is not None:
                task.cancel()
            else:  # interrupted before it was handed over
                work.close()
                ended.set()

        try:
            self._hand_over(start)
            _wait_for(ended)
        except LoopClosed:
            work.close()
            raise
        except BaseException:
            self._loop.call_soon_threadsafe(stop)
            _wait_for(ended)
            raise
        assert task is not None
        try:
            return task.result()
        except asyncio.CancelledError:
            raise LoopClosed from None

    async def cancel_others(self) -> None:
        """Cancel what other threads wait for, and return once it has tidied up."""
        others = self._tasks - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def close(self) -> None:
        """Cancel what still runs, and end the thread."""
        with suppress(LoopClosed):
            self._hand_over(self._closing.set, last=True)
        self._thread.join()

    def _hand_over(self, call: Callable[[], None], *, last: bool = False) -> None:
        with self._handing_over:  # so that nothing comes after the last one, where nobody would call it
            if self._is_closed:
                raise LoopClosed
            self._is_closed = last
            self._loop.call_soon_threadsafe(call)

    def _run(self, started: "Future[asyncio.AbstractEventLoop]") -> None:
        with asyncio.Runner() as runner:
            started.set_result(runner.get_loop())
            runner.run(self._closing.wait())


def _wait_for(ended: threading.Event) -> None:
    # Again and again: a signal that comes the moment before a wait begins does not interrupt it.
    while not ended.wait(1.0):
        pass
