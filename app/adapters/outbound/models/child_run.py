"""Runs what is heavy in a child process that can be stopped.

Neither torch's memory nor the hub's threads stay in ours. Blocks, for callers with a thread to spare.
"""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import IO, Any, BinaryIO, cast

from app.adapters.outbound.child_channel import Channel, pack

_PACKAGE_ROOT = Path(__file__).parents[4]
_TICK_S = 0.2
_COMPLAINT_BYTES = 4096
_INHERITED = ("PATH", "HOME", "USER", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH")
_INHERITED_FAMILIES = ("HF_", "HUGGINGFACE_HUB_", "XDG_", "SSL_CERT_", "OMP_", "CUDA_", "MKL_")
_SECRET = "_TOKEN"  # noqa: S105
_NO_SECRETS = ("HF_HUB_DISABLE_IMPLICIT_TOKEN",)
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")

Message = dict[str, Any]


class Stopped(Exception):
    """The caller asked for it; what was begun can be taken up again."""


class ChildDied(Exception):
    """The message is the last that it said, or how it ended."""


def run_child(
    module: str,
    request: Message,
    *,
    on_message: Callable[[Message], bool],
    tick: Callable[[], None] = lambda: None,
    stop: Event | None = None,
    online: bool = False,
) -> None:
    """Give a module a request, and listen to it until `on_message` says that it was the last.

    After each message that is not the last, the child waits for leave to go on. `tick` is called
    several times a second. Only `online` it is told the proxies, which may name a password. However this
    ends, the child is gone then. Raises `ChildDied`, `Stopped`, and what the callbacks raise.
    """
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            env=dict(_environment(online=online)),
            # Ctrl-C is for the parent, which then ends the child.
            start_new_session=True,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        received: SimpleQueue[Message | None] = SimpleQueue()
        reader = Thread(target=_read, args=(process.stdout, received), daemon=True)
        reader.start()
        try:
            _send(process.stdin, request)
            while True:
                if stop is not None and stop.is_set():
                    raise Stopped
                tick()
                try:
                    message = received.get(timeout=_TICK_S)
                except Empty:
                    continue
                if message is None:
                    raise ChildDied(_last_words(process, complaints))
                if on_message(message):
                    return
                _send(process.stdin, {})
        finally:
            process.kill()
            process.wait()
            reader.join()
            process.stdout.close()
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()


def _environment(*, online: bool) -> Iterator[tuple[str, str]]:
    """What finds the hub, its cache and the machine; no token, no address of a database."""
    for name, value in os.environ.items():
        if name.endswith(_SECRET) and name not in _NO_SECRETS:
            continue
        if name in _INHERITED or name.startswith(_INHERITED_FAMILIES):
            yield name, value
        if online and name.upper() in _PROXIES:
            yield name, value
    yield "PYTHONPATH", str(_PACKAGE_ROOT)


def _send(requests: IO[bytes], message: Message) -> None:
    # When it is gone, the next thing that is read from it is its end.
    with contextlib.suppress(BrokenPipeError):
        requests.write(pack(message, 0))
        requests.flush()


def _read(replies: IO[bytes], received: "SimpleQueue[Message | None]") -> None:
    channel = Channel(cast(BinaryIO, replies), cast(BinaryIO, replies))
    try:
        while (frame := channel.receive()) is not None:
            received.put(frame[0])
    finally:
        received.put(None)


def _last_words(process: "subprocess.Popen[bytes]", complaints: IO[bytes]) -> str:
    status = process.wait()
    how = f"killed by {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
    complaints.seek(0)
    lines = complaints.read()[-_COMPLAINT_BYTES:].decode(errors="replace").strip().splitlines()
    return f"{how}: {lines[-1]}" if lines else how
