import asyncio
import gc
import threading
import weakref

import pytest

from app.adapters.outbound import batched_inference
from app.adapters.outbound.batched_inference import BatchedInference
from app.adapters.outbound.model_on_device import return_memory
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


class Unwilling(Shouter):
    def close(self) -> None:
        super().close()
        raise OSError("will not go")


async def test_a_model_that_cannot_be_closed_is_logged_and_holds_up_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    engine = inference(Unwilling())
    await soon(engine.load())
    await soon(engine.aclose())
    assert "will not go" in caplog.text


async def test_closing_lets_the_running_batch_finish_and_cancels_who_waits() -> None:
    model = Shouter(held=True)
    engine = inference(model, batch_size=1)
    running, waits = await calling(engine, "running", "waits")
    await soon(model.begun())
    closing = asyncio.create_task(engine.aclose())
    await settle()
    assert (waits.cancelled(), running.done(), closing.done()) == (True, False, False)
    assert not model.closed
    model.let_go()
    assert await soon(running) == "RUNNING"
    await soon(closing)
    assert (model.closed, engine.loaded, threads_of_models()) == (True, False, [])
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_closing_while_models_load_waits_for_them_and_lets_them_go() -> None:
    may_load, model = threading.Event(), Shouter()

    def load() -> Shouter:
        assert may_load.wait(GENEROUS_S)
        return model

    engine = BatchedInference([load], name=NAME, workers_per_model=1, batch_size=1)
    calls = [*await calling(engine, "waits"), asyncio.create_task(engine.load())]
    await settle()
    closing = asyncio.create_task(engine.aclose())
    await settle()
    assert all(call.cancelled() for call in calls)
    may_load.set()
    await soon(closing)
    assert (model.closed, model.batches, threads_of_models()) == (True, [], [])


async def test_closing_twice_or_unused_is_no_error_and_a_later_request_starts_afresh() -> None:
    garage = Garage()
    engine = served_by(garage)
    await soon(engine.aclose())
    assert await soon(engine.submit(request("one"))) == "ONE"
    await soon(asyncio.gather(engine.aclose(), engine.aclose()))
    assert await soon(engine.submit(request("two"))) == "TWO"
    await soon(engine.aclose())
    assert [model.closed for model in garage.models] == [True, True]
    assert threads_of_models() == []


def test_after_closing_it_works_in_another_event_loop() -> None:
    garage = Garage()
    engine = served_by(garage, max_wait_s=0.001)

    async def use() -> str:
        result = await soon(engine.submit(request("hello")))
        await soon(engine.aclose())
        return result

    assert [asyncio.run(use()) for _ in range(2)] == ["HELLO", "HELLO"]
    assert len(garage.models) == 2


def test_an_event_loop_that_ended_without_closing_leaves_nothing_that_cannot_be_closed() -> None:
    garage = Garage(held=True)
    engine = served_by(garage)

    async def leave() -> None:
        await soon(engine.load())
        await calling(engine, "never heard")
        await soon(garage.models[0].begun())

    asyncio.run(leave())
    assert (engine.loaded, engine.waiting) == (False, 0)
    garage.models[0].let_go()

    async def return_and_close() -> str:
        result = await soon(engine.submit(request("again")))
        await soon(engine.aclose())
        return result

    assert asyncio.run(return_and_close()) == "AGAIN"
    asyncio.run(engine.aclose())
    assert (garage.models[0].closed, threads_of_models()) == (True, [])


def test_what_an_ended_event_loop_left_loaded_is_let_go_of_without_loading_again() -> None:
    garage = Garage()
    engine = served_by(garage)
    asyncio.run(engine.load())
    asyncio.run(engine.aclose())
    assert [model.closed for model in garage.models] == [True]
    assert threads_of_models() == []


def test_closing_waits_for_a_batch_that_an_ended_event_loop_left_running() -> None:
    model = Shouter(held=True)
    engine = inference(model)

    async def leave() -> None:
        await calling(engine, "never heard")
        await soon(model.begun())

    async def close() -> None:
        closing = asyncio.create_task(engine.aclose())
        await settle()
        assert not model.closed
        model.let_go()
        await soon(closing)

    asyncio.run(leave())
    asyncio.run(close())
    assert model.closed


def test_closing_after_an_event_loop_that_ended_while_loading_loads_nothing() -> None:
    garage, may_load = Garage(EngineUnavailable(NAME, "no model", "Find one.")), threading.Event()

    def load() -> Shouter:
        assert may_load.wait(GENEROUS_S)
        return garage()

    engine = BatchedInference([load], name=NAME, workers_per_model=1, batch_size=1)

    async def leave() -> None:
        await calling(engine, "never heard")

    asyncio.run(leave())
    may_load.set()
    asyncio.run(engine.aclose())
    assert (len(garage.threads), threads_of_models()) == (1, [])


async def test_memory_is_returned_once_after_the_last_model_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    models = Shouter(), Shouter()
    closed_then: list[bool] = []
    monkeypatch.setattr(
        batched_inference, "return_memory", lambda: closed_then.append(all(model.closed for model in models))
    )
    engine = inference(*models)
    await soon(engine.load())
    await soon(engine.aclose())
    assert closed_then == [True]


class Ring:
    """Keeps itself alive, as many a model does."""

    def __init__(self) -> None:
        self.itself = self


def test_returning_memory_frees_what_keeps_itself_alive() -> None:
    gc.disable()
    try:
        ring = weakref.ref(Ring())
        assert ring() is not None
        return_memory()
        assert ring() is None
    finally:
        gc.enable()
