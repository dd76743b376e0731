import asyncio

import pytest

from app.adapters.outbound.batch_workers import BatchWorkers, Pace
from app.adapters.outbound.model_on_device import ModelOnDevice
from app.adapters.outbound.waiting_line import WaitingLine
from tests.unit.adapters.batch_models import GENEROUS_S, NAME, Shouter, request, settle, soon


def test_the_pace_is_that_of_the_last_batches() -> None:
    pace = Pace()
    assert pace.speed == 1.0
    pace.note(30.0, 3.0)
    assert pace.speed == pytest.approx(10.0)
    for _ in range(50):
        pace.note(30.0, 15.0)
    assert pace.speed == pytest.approx(2.0, rel=0.01)


async def test_a_worker_that_becomes_free_waits_for_those_who_come_back() -> None:
    line, model, answers = WaitingLine[str](), Shouter(), asyncio.Queue[object]()
    device = ModelOnDevice(lambda: model, name=NAME, threads=1, batch_size=2)
    workers = BatchWorkers(
        line,
        [device],
        lambda ticket, outcome: answers.put_nowait(outcome),
        pace=Pace(),
        max_wait_s=2 * GENEROUS_S,
        idle_stop_s=float("inf"),
    )
    await soon(device.load())
    now_s = asyncio.get_running_loop().time()
    line.add(request("has waited for an hour"), now_s=now_s - 3600)
    working = asyncio.create_task(workers.work())
    await settle()
    assert len(line) == 1
    line.add(request("comes back"), now_s=now_s)
    workers.ring()
    assert await soon(answers.get()) == "HAS WAITED FOR AN HOUR"
    workers.stop()
    await soon(working)
    await soon(device.close())
    assert model.batches == [["has waited for an hour", "comes back"]]
