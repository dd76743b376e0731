"""What becomes of work in progress when the service is told to stop."""

import json
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path

import httpx
import numpy as np
import pytest

from tests.e2e.scene import Scene
from tests.fixtures.sounds import write_wav
from tests.fixtures.speech import telephone_talk

MUCH_LESS_THAN_PATIENCE_S = 3.0
"""Uvicorn would wait for five seconds."""


class Serving:
    """A server and what it says on standard error, read all the time lest it wait for us."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.process = process
        assert process.stderr is not None
        told = b"".join(takewhile(lambda line: b"startup complete" not in line, process.stderr))
        (self.url,) = re.findall(r"http://127\S+", told.decode())
        self.log = b""
        self._reading = threading.Thread(target=self._read)
        self._reading.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        self.log += self.process.stderr.read()

    def ended(self) -> tuple[int, float]:
        """Its exit status, and how long that took."""
        began = time.monotonic()
        status = self.process.wait(timeout=30)
        self._reading.join()
        return status, time.monotonic() - began


@contextmanager
def serving(scene: Scene) -> Iterator[Serving]:
    with scene.start("serve", "--port", "0", stderr=subprocess.PIPE) as process:
        try:
            yield Serving(process)
        finally:
            process.kill()


@pytest.fixture
def long(tmp_path: Path) -> Path:
    return write_wav(tmp_path / "long.wav", np.tile(telephone_talk(), 10)[None])


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_those_who_wait_are_told_that_the_work_was_cancelled(
    real_scene: Scene, long: Path, stop: signal.Signals
) -> None:
    with serving(real_scene) as server, ThreadPoolExecutor() as pool:
        with httpx.Client(base_url=server.url, timeout=60) as client:
            clip_id = client.post("/api/audio", files={"file": long.open("rb")}).json()["clip_id"]
            waiting = pool.submit(
                httpx.post, f"{server.url}/api/transcribe?clip_id={clip_id}&diarize=false", timeout=60
            )
            with client.stream("POST", f"/api/transcribe/stream?clip_id={clip_id}") as stream:
                lines = stream.iter_lines()
                events = list(takewhile(lambda event: event["type"] != "progress", map(json.loads, lines)))
                assert [event["type"] for event in events][:2] == ["queued", "started"]
                server.process.send_signal(stop)
                last = [json.loads(line) for line in lines][-1]
            status, took_s = server.ended()
        response = waiting.result()
    assert last["type"] == "cancelled"
    assert response.status_code == 409
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["type"] == "urn:diarist:problem:JobCancelled"
    assert status == 0
    assert took_s < MUCH_LESS_THAN_PATIENCE_S
    assert b"Traceback" not in server.log
    assert b"Exception" not in server.log
