import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator

import psutil
import pytest
import pytest_asyncio

from app.adapters.outbound.child import ChildProcess

ECHO = "tests.unit.adapters.echoing_child"


@pytest_asyncio.fixture
async def child() -> AsyncIterator[ChildProcess]:
    async with await ChildProcess.start(ECHO, "an argument") as child:
        yield child


async def test_frames_come_back_as_they_went(child: ChildProcess) -> None:
    payload = os.urandom(3_000_000)
    await child.send({"op": "echo", "name": "Zoë"}, payload)
    assert await child.receive() == ({"op": "echo", "name": "Zoë"}, payload)
    await child.send({"op": "echo"})
    assert await child.receive() == ({"op": "echo"}, b"")


async def test_what_a_library_prints_does_not_break_the_frames(child: ChildProcess) -> None:
    await child.send({"op": "print"})
    await child.send({"op": "echo"}, b"sound")
    assert await child.receive() == ({"op": "print"}, b"")
    assert await child.receive() == ({"op": "echo"}, b"sound")


async def test_a_child_is_nice_and_sees_no_secrets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HUGGINGFACE_AUTH_TOKEN", "hf_secret")
    async with await ChildProcess.start(ECHO, "--flag", "a b") as child:
        await child.send({"op": "describe"})
        reply = await child.receive()
    assert reply is not None
    assert reply[0]["nice"] >= 5
    assert "HUGGINGFACE_AUTH_TOKEN" not in reply[0]["environment"]
    assert reply[0]["argv"] == ["--flag", "a b"]


async def test_a_crash_is_none_and_names_the_signal(child: ChildProcess) -> None:
    await child.send({"op": "crash"})
    assert await child.receive() is None
    assert await child.exit_reason() == "killed by SIGSEGV"
    assert not child.alive


async def test_an_uncaught_error_is_none_and_tells_its_last_line(child: ChildProcess) -> None:
    await child.send({"op": "raise"})
    assert await child.receive() is None
    assert await child.exit_reason() == "exit status 1: ValueError: this input is cursed"


async def test_sending_to_a_dead_child_is_no_error(child: ChildProcess) -> None:
    await child.kill()
    await child.send({"op": "echo"}, bytes(1 << 20))
    assert await child.receive() is None


async def test_bytes_that_are_no_frame_kill_the_child(child: ChildProcess) -> None:
    # The channel's private copy of stdout is the first descriptor free after 0, 1, 2 and its stdin.
    await child.send({"op": "babble", "fd": 4})
    assert await child.receive() is None
    assert await child.exit_reason() == "killed by SIGKILL"


async def test_closing_lets_the_child_finish(child: ChildProcess) -> None:
    await child.close()
    assert await child.wait() == 0


async def test_a_child_that_does_not_finish_in_time_is_killed(child: ChildProcess) -> None:
    await child.send({"op": "hang"})
    await child.close(grace_s=0.01)
    assert await child.wait() == -signal.SIGKILL


async def test_a_child_stuck_on_a_full_pipe_is_killed_and_reaped(child: ChildProcess) -> None:
    await child.send({"op": "flood"})
    assert await child.receive() is not None
    await child.kill()
    assert not process_exists(child.pid)


async def test_killing_wakes_whoever_is_receiving(child: ChildProcess) -> None:
    await child.send({"op": "hang"})
    receiving = asyncio.create_task(child.receive())
    await asyncio.sleep(0)
    await child.kill()
    assert await receiving is None


async def test_leaving_the_block_by_an_error_kills_the_child() -> None:
    with pytest.raises(KeyError):
        async with await ChildProcess.start(ECHO) as child:
            raise KeyError
    assert await child.wait() == -signal.SIGKILL


def test_a_child_does_not_outlive_a_killed_parent() -> None:
    parent = (
        "import asyncio, os, signal\n"
        "from app.adapters.outbound.child import ChildProcess\n"
        "async def main():\n"
        f"    child = await ChildProcess.start({ECHO!r})\n"
        "    await child.send({'op': 'echo'}); await child.receive()\n"
        "    await child.send({'op': 'hang'})\n"
        "    print(child.pid, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run([sys.executable, "-c", parent], stdout=subprocess.PIPE, check=False, timeout=60)
    pid = int(done.stdout)
    assert done.returncode == -signal.SIGKILL
    # The kernel kills it at once, but in its own time.
    for _ in range(2_000):
        if not process_exists(pid):
            return
        subprocess.run(["true"], check=True)
    raise AssertionError(f"child {pid} is still there")


def process_exists(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
