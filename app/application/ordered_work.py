"""Work done side by side whose results are taken in order."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class OrderedWork(Generic[Item, Result]):
    """Runs `work` on at most `limit` items at once; `take` gets each item's result in order of arrival.

    An item counts against the limit until its result is taken, so a slow taker slows the work too.
    Lives inside a task group: a failure of `work` or `take` ends the group.
    """

    def __init__(
        self,
        tasks: asyncio.TaskGroup,
        work: Callable[[Item], Awaitable[Result]],
        take: Callable[[Item, Result], Awaitable[None]],
        *,
        limit: int,
    ) -> None:
        self._tasks = tasks
        self._work = work
        self._take = take
        self._room = asyncio.Semaphore(limit)
        self._started: asyncio.Queue[tuple[Item, asyncio.Task[Result]] | None] = asyncio.Queue()
        tasks.create_task(self._take_all())

    async def add(self, item: Item) -> None:
        """Start on an item, once there is room for it."""
        await self._room.acquire()
        self._started.put_nowait((item, self._tasks.create_task(self._run(item))))

    def close(self) -> None:
        """No item is to come: the work ends once all results are taken."""
        self._started.put_nowait(None)

    async def _run(self, item: Item) -> Result:
        return await self._work(item)

    async def _take_all(self) -> None:
        while (started := await self._started.get()) is not None:
            item, task = started
            await self._take(item, await task)
            self._room.release()


def first_cause(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """What broke first in a group of tasks."""
    first = group.exceptions[0]
    return first_cause(first) if isinstance(first, BaseExceptionGroup) else first
