import asyncio
import signal
import threading
from collections.abc import Callable, Iterator

import pytest

from app.infrastructure.background_loop import BackgroundLoop


@pytest.fixture
def loop() -> Iterator[BackgroundLoop]:
    loop = BackgroundLoop()
    yield loop
    loop.close()


async def add(a: int, b: int) -> int:
    await asyncio.sleep(0)
    return a + b


def test_results_and_errors_come_back(loop: BackgroundLoop) -> None:
    async def fail() -> None:
        raise ValueError("no")

    assert loop.wait_for(add(2, 3)) == 5
    with pytest.raises(ValueError, match="no"):
        loop.wait_for(fail())
    assert loop.wait_for(add(3, 4)) == 7


def test_an_interrupt_cancels_the_work_and_waits_until_it_has_tidied_up(loop: BackgroundLoop) -> None:
    tidied = []

    async def work() -> None:
        main = threading.main_thread().ident
        assert main is not None
        signal.pthread_kill(main, signal.SIGINT)
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            tidied.append(True)

    with pytest.raises(KeyboardInterrupt):
        loop.wait_for(work())
    assert tidied == [True]


@pytest.mark.parametrize("handed_over", [True, False])
def test_an_interrupt_while_the_work_is_handed_over_leaves_none_behind(
    loop: BackgroundLoop, handed_over: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, ended = [], []

    async def work() -> None:
        begun.append(True)
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    hand_over = loop._loop.call_soon_threadsafe

    def interrupted(start: Callable[[], None]) -> None:
        monkeypatch.undo()
        if handed_over:
            hand_over(start)
        raise KeyboardInterrupt

    monkeypatch.setattr(loop._loop, "call_soon_threadsafe", interrupted)
    with pytest.raises(KeyboardInterrupt):
        loop.wait_for(work())
    assert begun == ended
    assert loop.wait_for(add(2, 3)) == 5


def test_work_of_others_can_be_cancelled_and_is_told_so(loop: BackgroundLoop) -> None:
    begun, tidied = threading.Event(), []

    async def work() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            tidied.append(True)

    def wait() -> None:
        with pytest.raises(RuntimeError, match="closed"):
            loop.wait_for(work())

    waiting = threading.Thread(target=wait)
    waiting.start()
    assert begun.wait(10)
    loop.wait_for(loop.cancel_others())
    assert tidied == [True]
    waiting.join()


def test_closing_cancels_what_others_still_wait_for() -> None:
    loop, begun, ended = BackgroundLoop(), threading.Event(), threading.Event()

    async def work() -> None:
        begun.set()
        await asyncio.Event().wait()

    def wait() -> None:
        with pytest.raises(RuntimeError, match="closed"):
            loop.wait_for(work())
        ended.set()

    waiting = threading.Thread(target=wait)
    waiting.start()
    assert begun.wait(10)
    loop.close()
    waiting.join()
    assert ended.is_set()


def test_a_closed_loop_takes_no_work_and_may_be_closed_again() -> None:
    loop = BackgroundLoop()
    loop.close()
    loop.close()
    assert not loop.is_open
    with pytest.raises(RuntimeError, match="closed"):
        loop.wait_for(add(2, 3))
