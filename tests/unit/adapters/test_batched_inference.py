import asyncio
import contextvars
import logging
import threading
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from app.adapters.outbound.batched_inference import BatchedInference
from app.domain.errors import EngineBusy
from app.domain.ports import Priority
from tests.unit.adapters.batch_models import GENEROUS_S, Shouter, calling, inference, request, settle, soon

Build = Callable[..., BatchedInference[str, str]]


@pytest_asyncio.fixture
async def build() -> AsyncIterator[Build]:
    """`inference`, closed at the end, when all models are let go on."""
    built: list[tuple[BatchedInference[str, str], tuple[Shouter, ...]]] = []

    def build(*models: Shouter, **settings: object) -> BatchedInference[str, str]:
        built.append((inference(*models, **settings), models))
        return built[-1][0]

    yield build
    for engine, models in built:
        for model in models:
            model.let_go()
        await soon(engine.aclose())


async def occupied(engine: BatchedInference[str, str], model: Shouter) -> asyncio.Task[str]:
    """A call whose batch keeps a worker of a held model until it is let go."""
    (call,) = await calling(engine, "first", owner="first", priority=Priority.LIVE)
    await soon(model.begun())
    return call


async def test_eight_owners_at_once_get_what_each_gets_alone(build: Build) -> None:
    items = {f"clip {owner}": [f"{owner}, {part}" for part in range(12)] for owner in range(8)}
    model = Shouter()
    engine = build(model, workers_per_model=2, batch_size=4)

    async def run(owner: str) -> list[str]:
        requests = [request(item, owner=owner, length_s=1 + len(item)) for item in items[owner]]
        return list(await asyncio.gather(*map(engine.submit, requests)))

    alone = [await soon(run(owner)) for owner in items]
    model.batches.clear()
    together = await soon(asyncio.gather(*map(run, items)))
    assert together == alone == [[part.upper() for part in parts] for parts in items.values()]
    assert max(map(len, model.batches)) == 4
    assert any(len({item[0] for item in batch}) > 1 for batch in model.batches)


async def test_requests_that_come_while_a_batch_runs_share_the_next(build: Build) -> None:
    model = Shouter(held=True)
    engine = build(model)
    first = await occupied(engine, model)
    calls = await calling(engine, "a", "b", "c")
    assert engine.waiting == 3
    model.let_go()
    assert await soon(asyncio.gather(first, *calls)) == ["FIRST", "A", "B", "C"]
    assert model.batches == [["first"], ["a", "b", "c"]]


async def test_live_goes_first_and_only_equal_kinds_share_a_batch(build: Build) -> None:
    model = Shouter(held=True)
    engine = build(model)
    calls = [await occupied(engine, model)]
    calls += await calling(engine, "file", priority=Priority.FILE)
    calls += await calling(engine, "auf deutsch", priority=Priority.SHORT, kind="de")
    calls += await calling(engine, "in english", priority=Priority.SHORT, kind="en")
    calls += await calling(engine, "live", priority=Priority.LIVE)
    model.let_go()
    await soon(asyncio.gather(*calls))
    assert model.batches == [["first"], ["live"], ["auf deutsch"], ["in english"], ["file"]]


async def test_a_batch_that_is_not_full_waits_for_more_and_a_full_one_does_not(build: Build) -> None:
    model = Shouter()
    engine = build(model, batch_size=2, max_wait_s=2 * GENEROUS_S)
    await soon(engine.load())
    calls = await calling(engine, "a")
    assert (engine.waiting, model.batches) == (1, [])
    calls += await calling(engine, "b")
    assert await soon(asyncio.gather(*calls)) == ["A", "B"]
    assert model.batches == [["a", "b"]]


async def test_the_wait_for_more_ends(build: Build) -> None:
    model = Shouter()
    assert await soon(build(model, max_wait_s=0.001).submit(request("alone"))) == "ALONE"


async def test_who_is_speaking_does_not_wait_for_more(build: Build) -> None:
    engine = build(Shouter(), max_wait_s=2 * GENEROUS_S)
    live = request("now", priority=Priority.LIVE)
    assert await soon(engine.submit(live)) == "NOW"


async def test_two_requests_run_side_by_side_on_two_idle_workers(build: Build) -> None:
    both = threading.Barrier(2, timeout=GENEROUS_S)
    model = Shouter(fault=lambda batch: both.wait())
    engine = build(model, workers_per_model=2)
    assert await soon(asyncio.gather(*await calling(engine, "a", "b"))) == ["A", "B"]
    assert sorted(model.batches) == [["a"], ["b"]]


async def test_two_requests_are_one_batch_for_the_only_worker(build: Build) -> None:
    model = Shouter()
    await soon(asyncio.gather(*await calling(build(model), "a", "b")))
    assert model.batches == [["a", "b"]]


async def test_the_faster_of_two_devices_does_more(build: Build) -> None:
    fast, slow = Shouter(), Shouter(held=True)
    engine = build(fast, slow, batch_size=1)
    calls = await calling(engine, *"abcdefghij")
    await soon(slow.begun())
    await soon(asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED))
    while sum(call.done() for call in calls) < 9:
        await soon(asyncio.wait([call for call in calls if not call.done()], return_when="FIRST_COMPLETED"))
    assert (len(fast.batches), len(slow.batches)) == (9, 1)
    slow.let_go()
    assert await soon(asyncio.gather(*calls)) == [*"ABCDEFGHIJ"]


async def test_a_full_line_refuses_new_work_but_not_what_was_begun(build: Build) -> None:
    model = Shouter(held=True)
    engine = build(model, workers_per_model=2, max_queued=2)
    calls = [await occupied(engine, model), await occupied(engine, model)]
    calls += await calling(engine, "a", "b", length_s=20.0)
    with pytest.raises(EngineBusy) as refusal:
        await engine.submit(request("too much"))
    assert refusal.value.engine == "shouter"
    assert refusal.value.retry_after_s == 20.0, "in real time by each worker, as no batch was measured yet"
    calls += await calling(engine, "begun", admitted=True)
    model.let_go()
    assert await soon(asyncio.gather(*calls)) == ["FIRST", "FIRST", "A", "B", "BEGUN"]


@pytest.mark.parametrize(("length_s", "retry_after_s"), [(0.1, 1.0), (3600.0, 120.0)])
async def test_who_is_refused_is_told_a_sensible_time(
    build: Build, length_s: float, retry_after_s: float
) -> None:
    model = Shouter(held=True)
    engine = build(model, max_queued=1)
    await occupied(engine, model)
    calls = await calling(engine, "waits", length_s=length_s)
    with pytest.raises(EngineBusy) as refusal:
        await engine.submit(request("too much"))
    assert refusal.value.retry_after_s == retry_after_s
    model.let_go()
    await soon(asyncio.gather(*calls))


async def test_a_cancelled_call_gives_up_its_place_at_once(build: Build) -> None:
    model = Shouter(held=True)
    engine = build(model, max_queued=2)
    first = await occupied(engine, model)
    gone, stays = await calling(engine, "gone", "stays")
    gone.cancel()
    await settle()
    assert engine.waiting == 1
    (late,) = await calling(engine, "late")
    model.let_go()
    assert await soon(asyncio.gather(first, stays, late)) == ["FIRST", "STAYS", "LATE"]
    assert model.batches == [["first"], ["stays", "late"]]


async def test_cancelling_a_call_whose_batch_runs_does_not_touch_the_others(build: Build) -> None:
    model = Shouter(held=True)
    engine = build(model)
    gone, stays = await calling(engine, "gone", "stays")
    await soon(model.begun())
    gone.cancel()
    await settle()
    assert gone.cancelled()
    model.let_go()
    assert await soon(stays) == "STAYS"


async def test_a_worker_survives_all_callers_of_its_batch(build: Build) -> None:
    model = Shouter(held=True)
    engine = build(model)
    calls = await calling(engine, "a", "b")
    await soon(model.begun())
    for call in calls:
        call.cancel()
    model.let_go()
    assert await soon(engine.submit(request("next"))) == "NEXT"


async def test_two_thousand_requests_of_a_hundred_owners_are_worked_off(build: Build) -> None:
    model = Shouter()
    engine = build(model, workers_per_model=2, batch_size=16, max_queued=10_000, max_wait_s=0.001)
    items = [f"item {number}" for number in range(2_000)]
    calls = [engine.submit(request(item, owner=item[-2:])) for item in items]
    assert await soon(asyncio.gather(*calls)) == [item.upper() for item in items]


async def test_its_log_lines_belong_to_no_caller(caplog: pytest.LogCaptureFixture) -> None:
    clip = contextvars.ContextVar("clip", default="nobody's")
    clip.set("the first caller's")
    clips: list[str] = []
    caplog.handler.addFilter(lambda record: clips.append(clip.get()) or True)
    engine = inference(Shouter())
    with caplog.at_level(logging.INFO):
        await soon(engine.submit(request("a")))
        await soon(engine.aclose())
    assert caplog.messages == ["shouter is unloaded"]
    assert clips == ["nobody's"]


@pytest.mark.parametrize("wrong", [{"workers_per_model": 0}, {"batch_size": 0}])
def test_no_workers_and_no_batches_make_no_sense(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="at least one"):
        inference(Shouter(), **wrong)


def test_no_model_makes_no_sense() -> None:
    with pytest.raises(ValueError, match="at least one"):
        inference()
