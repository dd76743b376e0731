"""A Python child process that speaks frames: for code that is hostile, holds the GIL, or may crash."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

from app.adapters.outbound.child_channel import LENGTHS, pack

_PACKAGE_ROOT = Path(__file__).parents[3]
_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "LD_LIBRARY_PATH", "SYSTEMROOT")
"""Of the environment a child sees these: it needs no tokens and no database addresses."""

_MAX_HEADER_BYTES = 1 << 20
_MAX_PAYLOAD_BYTES = 1 << 28
_READ_AHEAD_BYTES = 1 << 20
_COMPLAINT_BYTES = 4096


class ChildProcess:
    """A running child and the pipes to it. Make it with `start`; it dies with this process.

        async with await ChildProcess.start("app.adapters.outbound.some_child", "argument") as child:
            await child.send({"op": "decode"}, payload)
            reply = await child.receive()
            if reply is None:
                raise EngineFailed("some engine", await child.exit_reason())
            header, payload = reply

    The module runs as `__main__` and begins with `channel = Channel.open()` (see `child_channel`),
    which makes it nice(5) and its stdout safe from stray prints. A header is a JSON object, a
    payload raw bytes of at most 256 MiB; a numpy array
    crosses as `array.tobytes()` and `np.frombuffer`. One task at a time may send, and one may receive.

    A `receive` that is cancelled or timed out may have read half a frame: kill the child then.
    Leaving the `async with` kills it. `close` is for one that should finish what it is doing.
    """

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        if process.stdin is None or process.stdout is None or process.stderr is None:
            raise ValueError("a child needs three pipes")
        self._process = process
        self._stdin, self._stdout = process.stdin, process.stdout
        self._reading = asyncio.Lock()
        self._complaints = asyncio.create_task(_tail(process.stderr))

    @classmethod
    async def start(cls, module: str, *args: str) -> "ChildProcess":
        """Run `python -m module args…` with this process's interpreter and this package."""
        environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", module, *args),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=environment | {"PYTHONPATH": str(_PACKAGE_ROOT)},
            limit=_READ_AHEAD_BYTES,
            # Ctrl-C is for the parent, which then ends the child in its own order.
            start_new_session=True,
        )
        return cls(process)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it runs still. Linux is asked: asyncio learns of an end only a moment later."""
        if self._process.returncode is not None or sys.platform != "linux":
            return self._process.returncode is None
        try:
            return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None
        except ChildProcessError:
            return False

    async def send(self, header: dict[str, Any], payload: bytes = b"") -> None:
        """Send one frame; waits while the child is not reading.

        Sending to a dead child is no error: the next `receive` gives None.
        """
        with contextlib.suppress(ConnectionError):
            self._stdin.write(pack(header, len(payload)))
            self._stdin.write(payload)
            await self._stdin.drain()

    async def receive(self) -> tuple[dict[str, Any], bytes] | None:
        """The next frame, None when the child is gone (or sent what is no frame, and was killed)."""
        try:
            async with self._reading:
                header_bytes, payload_bytes = LENGTHS.unpack(await self._stdout.readexactly(LENGTHS.size))
                if header_bytes > _MAX_HEADER_BYTES or payload_bytes > _MAX_PAYLOAD_BYTES:
                    raise ValueError("a frame larger than any real one")
                header: dict[str, Any] = json.loads(await self._stdout.readexactly(header_bytes))
                return header, await self._stdout.readexactly(payload_bytes)
        except asyncio.IncompleteReadError:
            return None
        except ValueError:
            await self.kill()
            return None

    async def wait(self) -> int:
        """The exit status: negative is the number of the signal that killed it."""
        async with self._reading:
            # Unread output would keep the pipe open, and asyncio waits for the pipes too.
            while await self._stdout.read(_READ_AHEAD_BYTES):
                pass
        return await self._process.wait()

    async def exit_reason(self) -> str:
        """Why the child is gone, for a log: the signal or status, and its last line on stderr."""
        status = await self.wait()
        how = f"killed by {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
        lines = (await asyncio.shield(self._complaints)).strip().splitlines()
        return f"{how}: {lines[-1]}" if lines else how

    async def close(self, *, grace_s: float = 2.0) -> None:
        """Let the child end by itself (its `receive` gives None); after `grace_s` seconds kill it."""
        self._stdin.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace_s):
                await self.wait()
        await self.kill()

    async def kill(self) -> None:
        """End the child at once and reap it. Killing a dead one is no error."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        self._stdin.close()
        await self.wait()

    async def __aenter__(self) -> "ChildProcess":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.kill()


async def _tail(stream: asyncio.StreamReader) -> str:
    """Read all of a stream, so that its writer never blocks, and keep the end."""
    kept = b""
    while part := await stream.read(_COMPLAINT_BYTES):
        kept = (kept + part)[-_COMPLAINT_BYTES:]
    return kept.decode(errors="replace")
