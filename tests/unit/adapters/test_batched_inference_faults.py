import asyncio
import logging
import weakref
from collections.abc import Callable, Sequence

import pytest

from app.adapters.outbound.batched_inference import BatchedInference, OutOfDeviceMemory
from app.adapters.outbound.model_on_device import ModelOnDevice
from app.domain.errors import EngineFailed
from tests.unit.adapters.batch_models import NAME, Shouter, inference, request, soon

Fault = Callable[[Sequence[str]], object]


def poisonous(error: Exception) -> Fault:
    def fault(batch: Sequence[str]) -> None:
        if "poison" in batch:
            raise error

    return fault


def room_for(most: int) -> Fault:
    def fault(batch: Sequence[str]) -> None:
        if len(batch) > most:
            raise OutOfDeviceMemory(NAME)

    return fault


async def outcomes(engine: BatchedInference[str, str], *items: str) -> list[str | BaseException]:
    calls = (engine.submit(request(item)) for item in items)
    return await soon(asyncio.gather(*calls, return_exceptions=True))


async def test_a_poisonous_window_fails_alone() -> None:
    model = Shouter(fault=poisonous(EngineFailed(NAME, "cannot digest this")))
    engine = inference(model)
    good, bad, fine = await outcomes(engine, "good", "poison", "fine")
    assert (good, fine) == ("GOOD", "FINE")
    assert isinstance(bad, EngineFailed)
    assert bad.reason == "cannot digest this"
    assert model.batches == [["good", "poison", "fine"], ["good"], ["poison"], ["fine"]]
    assert await outcomes(engine, "next", "batch") == ["NEXT", "BATCH"]
    assert model.batches[-1] == ["next", "batch"]
    await engine.aclose()


async def test_an_unexpected_error_is_logged_with_its_trace_and_fails_its_own_caller(
    caplog: pytest.LogCaptureFixture,
) -> None:
    engine = inference(Shouter(fault=poisonous(ZeroDivisionError("no tokens"))))
    good, bad = await outcomes(engine, "good", "poison")
    assert good == "GOOD"
    assert isinstance(bad, EngineFailed)
    assert bad.engine == NAME
    assert "ZeroDivisionError" in bad.reason
    assert isinstance(bad.__cause__, ZeroDivisionError)
    assert "in fault" in caplog.text
    await engine.aclose()


class Forgetful(Shouter):
    def run(self, batch: Sequence[str]) -> list[str]:
        return super().run(batch)[1:]


async def test_a_model_that_forgets_a_result_mixes_none_up() -> None:
    engine = inference(Forgetful())
    for outcome in await outcomes(engine, "a", "b"):
        assert isinstance(outcome, EngineFailed)
    await engine.aclose()


async def test_when_memory_runs_out_the_batch_is_halved_and_stays_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    model = Shouter(fault=room_for(2))
    engine = inference(model, batch_size=8)
    with caplog.at_level(logging.WARNING):
        assert await outcomes(engine, *"abcdefgh") == [*"ABCDEFGH"]
    assert [len(batch) for batch in model.batches] == [8, 4, 2, 2, 4, 2, 2]
    assert "ran out of memory on a batch of 8: it now takes 4 at once" in caplog.text
    model.batches.clear()
    assert await outcomes(engine, *"abcde") == [*"ABCDE"]
    assert sorted(map(len, model.batches)) == [1, 2, 2]
    await engine.aclose()


async def test_a_model_that_is_loaded_anew_is_given_full_batches_again() -> None:
    model = Shouter(fault=room_for(1))
    engine = inference(model, batch_size=4)
    await outcomes(engine, *"abcd")
    await engine.aclose()
    model.closed = False
    model.batches.clear()
    await outcomes(engine, *"abcd")
    assert len(model.batches[0]) == 4
    await engine.aclose()


async def test_one_request_that_is_too_much_for_the_device_fails_with_a_remedy() -> None:
    engine = inference(Shouter(fault=room_for(0)))
    for outcome in await outcomes(engine, "a", "b"):
        assert isinstance(outcome, OutOfDeviceMemory)
        assert "choose a smaller model" in str(outcome)
    await engine.aclose()


async def test_one_device_that_runs_out_of_memory_does_not_shrink_the_other() -> None:
    small, large = Shouter(fault=room_for(1), held=True), Shouter(held=True)
    engine = inference(small, large, batch_size=2)
    running = asyncio.create_task(outcomes(engine, *"abcd"))
    await soon(small.begun())
    await soon(large.begun())
    small.let_go()
    large.let_go()
    assert await running == [*"ABCD"]
    assert ([len(batch) for batch in small.batches], [len(batch) for batch in large.batches]) == (
        [2, 1, 1],
        [2],
    )
    await engine.aclose()


async def test_a_call_that_is_cancelled_just_as_its_result_comes_hurts_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = inference(Shouter())
    run = ModelOnDevice.run

    async def run_and_cancel(device: ModelOnDevice[str, str], batch: Sequence[str]) -> list[object]:
        results = await run(device, batch)
        gone.cancel()
        return results

    monkeypatch.setattr(ModelOnDevice, "run", run_and_cancel)
    gone, stays = (asyncio.create_task(engine.submit(request(item))) for item in ("gone", "stays"))
    assert await soon(stays) == "STAYS"
    assert gone.cancelled()
    assert await outcomes(engine, "next") == ["NEXT"]
    await engine.aclose()


async def test_a_defect_of_a_worker_leaves_no_caller_hanging(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = inference(Shouter(), batch_size=1)
    with monkeypatch.context() as defect:
        defect.delattr(ModelOnDevice, "run")
        for outcome in await outcomes(engine, "a", "b", "c"):
            assert isinstance(outcome, asyncio.CancelledError)
    assert await outcomes(engine, "next") == ["NEXT"]
    await engine.aclose()


class Tensor:
    """Stands for memory on the device."""


async def test_what_failed_has_let_go_of_its_memory_before_it_is_tried_again() -> None:
    tensors: list[weakref.ref[Tensor]] = []
    alive: list[int] = []

    def full(batch: Sequence[str]) -> None:
        alive.append(sum(tensor() is not None for tensor in tensors))
        tensor = Tensor()
        tensors.append(weakref.ref(tensor))
        try:
            raise MemoryError
        except MemoryError as error:
            raise OutOfDeviceMemory(NAME) from error

    engine = inference(Shouter(fault=full))
    kept = await outcomes(engine, *"abcd")
    assert len(kept) == 4
    assert alive == [0] * 7
    await engine.aclose()
