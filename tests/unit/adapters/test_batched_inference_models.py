import asyncio
import threading
from collections.abc import Sequence

import pytest

from app.adapters.outbound.batched_inference import BatchedInference
from app.domain.errors import EngineUnavailable
from tests.unit.adapters.batch_models import (
    GENEROUS_S,
    NAME,
    Garage,
    Shouter,
    calling,
    inference,
    request,
    served_by,
    settle,
    soon,
    threads_of_models,
)

pytestmark = pytest.mark.slow


async def errors_of(calls: Sequence[asyncio.Task[object]]) -> list[str]:
    outcomes = await soon(asyncio.gather(*calls, return_exceptions=True))
    assert all(isinstance(outcome, EngineUnavailable) for outcome in outcomes)
    return [str(outcome) for outcome in outcomes]


MISSING = EngineUnavailable(NAME, "there is no model", "Run: diarist models pull")


async def test_nothing_loads_before_the_first_request_and_then_each_model_once() -> None:
    one, other = Garage(), Garage()
    engine = served_by(one, other)
    assert not engine.loaded
    assert (one.threads, threads_of_models()) == ([], [])
    await soon(asyncio.gather(*await calling(engine, *"abcdefgh"), engine.load(), engine.load()))
    assert engine.loaded
    assert (len(one.models), len(other.models)) == (1, 1)
    assert one.threads[0].startswith(NAME)
    await engine.aclose()


async def test_models_can_be_loaded_before_anybody_asks() -> None:
    garage = Garage()
    engine = served_by(garage)
    await soon(engine.load())
    assert engine.loaded
    await soon(engine.load())
    assert len(garage.models) == 1
    await engine.aclose()


async def test_a_failed_load_tells_everybody_and_the_next_request_tries_again() -> None:
    garage = Garage(MISSING)
    engine = served_by(garage)
    asked = [engine.submit(request("a")), engine.submit(request("b")), engine.load()]
    calls = [asyncio.create_task(asking) for asking in asked]
    assert await errors_of(calls) == [str(MISSING)] * 3
    assert str(engine.problem) == str(MISSING)
    assert engine.problem is not engine.problem, "or its trace would grow each time it is raised"
    assert not engine.loaded
    assert await soon(engine.submit(request("again"))) == "AGAIN"
    assert engine.problem is None
    await engine.aclose()


async def test_an_unexpected_error_of_a_loader_is_logged_and_told(caplog: pytest.LogCaptureFixture) -> None:
    engine = served_by(Garage(OSError("disk on fire")))
    with pytest.raises(EngineUnavailable, match=r"could not be loaded \(disk on fire\)"):
        await soon(engine.load())
    assert "Traceback" in caplog.text
    await engine.aclose()


async def test_when_one_of_two_devices_fails_to_load_the_other_is_let_go_of() -> None:
    good, bad = Garage(), Garage(MISSING)
    engine = served_by(good, bad)
    with pytest.raises(EngineUnavailable):
        await soon(engine.load())
    await soon(good.models[0].ended())
    await soon(engine.load())
    assert (len(good.models), len(bad.models)) == (2, 1)
    await engine.aclose()


async def test_idle_models_are_let_go_of_and_come_back_for_the_next_request() -> None:
    garage = Garage()
    engine = served_by(garage, idle_unload_s=0.0)
    for number in range(3):
        assert await soon(engine.submit(request(f"call {number}"))) == f"CALL {number}"
        await soon(garage.models[number].ended())
        assert not engine.loaded
    assert len(garage.models) == 3
    await engine.aclose()


async def test_models_that_nobody_used_after_loading_are_let_go_of_too() -> None:
    garage = Garage()
    engine = served_by(garage, idle_unload_s=0.001)
    await soon(engine.load())
    await soon(garage.models[0].ended())
    await engine.aclose()


async def test_no_model_is_let_go_of_while_a_batch_runs_or_a_request_waits() -> None:
    garage = Garage(held=True)
    engine = served_by(garage, idle_unload_s=0.0, workers_per_model=1)
    (first,) = await calling(engine, "first")
    while not garage.models:
        await asyncio.sleep(0)
    (model,) = garage.models
    await soon(model.begun())
    (second,) = await calling(engine, "second")
    model.let_go(1)
    assert await soon(first) == "FIRST"
    await soon(model.begun())
    assert not model.closed
    model.let_go(1)
    assert await soon(second) == "SECOND"
    await soon(model.ended())
    assert len(garage.models) == 1
    await engine.aclose()


async def test_a_worker_without_work_does_not_stop_the_one_that_runs_a_batch() -> None:
    model = Shouter(held=True)
    engine = inference(model, workers_per_model=2, idle_unload_s=0.0)
    (call,) = await calling(engine, "long")
    await soon(model.begun())
    await settle()
    assert engine.loaded
    model.let_go()
    assert await soon(call) == "LONG"
    await engine.aclose()


class SlowToGo(Shouter):
    """Takes until `may_end` to close."""

    def __init__(self) -> None:
        super().__init__()
        self.closing = threading.Event()
        self.may_end = threading.Event()

    def close(self) -> None:
        self.closing.set()
        assert self.may_end.wait(GENEROUS_S)
        super().close()


async def test_a_request_that_comes_while_models_are_let_go_of_is_served_by_new_ones() -> None:
    old, new = SlowToGo(), Shouter()
    models = iter([old, new])
    engine = BatchedInference(
        [lambda: next(models)], name=NAME, workers_per_model=1, batch_size=1, idle_unload_s=0.0
    )
    await soon(engine.submit(request("before")))
    assert await asyncio.to_thread(old.closing.wait, GENEROUS_S)
    late = [*await calling(engine, "late"), asyncio.create_task(engine.load())]
    await settle()
    assert (engine.loaded, engine.waiting, new.batches) == (False, 1, [])
    old.may_end.set()
    assert await soon(asyncio.gather(*late)) == ["LATE", None]
    assert new.batches == [["late"]]
    await soon(engine.aclose())
