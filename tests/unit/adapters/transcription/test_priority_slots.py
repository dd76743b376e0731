import asyncio

import pytest

from app.adapters.outbound.transcription.priority_slots import PrioritySlots


class Work:
    """Holds a place from when it gets one until it is told to finish."""

    def __init__(self, slots: PrioritySlots, priority: int, began: list[str], name: str) -> None:
        self.finish = asyncio.Event()
        self.task = asyncio.create_task(self._run(slots, priority, began, name))

    async def _run(self, slots: PrioritySlots, priority: int, began: list[str], name: str) -> None:
        async with slots.hold(priority):
            began.append(name)
            await self.finish.wait()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_the_lowest_number_goes_first_and_then_who_came_first() -> None:
    slots, began = PrioritySlots(1), []
    work = {}
    for name, priority in [("first", 2), ("file 1", 2), ("file 2", 2), ("live", 0), ("short", 1)]:
        work[name] = Work(slots, priority, began, name)
        await settle()
    for name in ["first", "live", "short", "file 1", "file 2"]:
        assert began[-1] == name
        work[name].finish.set()
        await settle()


async def test_no_more_work_than_places_runs_at_once() -> None:
    slots, began = PrioritySlots(2), []
    work = [Work(slots, 0, began, str(index)) for index in range(3)]
    await settle()
    assert began == ["0", "1"]
    work[1].finish.set()
    await settle()
    assert began == ["0", "1", "2"]
    for item in work:
        item.finish.set()
        await item.task


async def test_who_is_cancelled_while_waiting_gives_up_the_turn() -> None:
    slots, began = PrioritySlots(1), []
    first, second, third = (Work(slots, 0, began, name) for name in ("first", "second", "third"))
    await settle()
    second.task.cancel()
    first.finish.set()
    await settle()
    assert began == ["first", "third"]
    third.finish.set()
    await third.task


async def test_who_is_cancelled_just_as_the_turn_comes_passes_it_on() -> None:
    slots, began = PrioritySlots(1), []
    first, second = (Work(slots, 0, began, name) for name in ("first", "second"))
    await settle()
    first.finish.set()
    # One turn of the loop: the first has gone, the second has its turn but does not know yet.
    await asyncio.sleep(0)
    second.task.cancel()
    await settle()
    assert began == ["first"]
    third = Work(slots, 0, began, "third")
    await settle()
    assert began == ["first", "third"]
    third.finish.set()
    await third.task


async def test_an_error_frees_the_place() -> None:
    slots = PrioritySlots(1)
    for _ in range(2):
        with pytest.raises(KeyError):
            async with slots.hold(0):
                raise KeyError


def test_no_places_make_no_sense() -> None:
    with pytest.raises(ValueError, match="at least one"):
        PrioritySlots(0)
