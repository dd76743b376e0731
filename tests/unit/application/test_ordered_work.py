import asyncio

import pytest

from app.application.ordered_work import OrderedWork


async def test_results_are_taken_in_order_though_later_items_finish_first() -> None:
    taken: list[tuple[int, int]] = []
    gates = [asyncio.Event() for _ in range(3)]

    async def work(item: int) -> int:
        await gates[item].wait()
        return item * 10

    async def take(item: int, result: int) -> None:
        taken.append((item, result))

    async with asyncio.TaskGroup() as tasks:
        ordered = OrderedWork(tasks, work, take, limit=3)
        for item in range(3):
            await ordered.add(item)
        ordered.close()
        for gate in reversed(gates):
            gate.set()
    assert taken == [(0, 0), (1, 10), (2, 20)]


async def test_a_slow_taker_slows_the_work() -> None:
    started: list[int] = []
    may_take = asyncio.Event()

    async def work(item: int) -> int:
        started.append(item)
        return item

    async def take(item: int, result: int) -> None:
        await may_take.wait()

    async def feed(ordered: OrderedWork[int, int]) -> None:
        for item in range(6):
            await ordered.add(item)
        ordered.close()

    async with asyncio.TaskGroup() as tasks:
        feeding = tasks.create_task(feed(OrderedWork(tasks, work, take, limit=2)))
        for _ in range(20):
            await asyncio.sleep(0)
        assert started == [0, 1]
        assert not feeding.done()
        may_take.set()
    assert started == list(range(6))


async def test_a_failure_ends_everything_at_once() -> None:
    async def work(item: int) -> int:
        if item == 1:
            raise ValueError("broken")
        await asyncio.Event().wait()
        return item

    async def take(item: int, result: int) -> None:
        raise AssertionError("nothing to take")

    with pytest.raises(ExceptionGroup) as failure:
        async with asyncio.TaskGroup() as tasks:
            ordered = OrderedWork(tasks, work, take, limit=2)
            for item in range(9):
                await ordered.add(item)
    assert failure.group_contains(ValueError, match="broken")
