"""A service in a process of its own: started, asked over the loopback, and stopped."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from bench.figures import Work
from bench.models import Model

HEALTH_EVERY_S = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What one transcription took; CPU time is that of all processes that took part in it."""

    wall_s: float
    cpu_s: float
    words: int


class Server:
    """A running service and a client of it."""

    def __init__(self, process: psutil.Process, url: str, counts: Path) -> None:
        self.url = url
        self._process = process
        self._counts = counts

    def work(self, *, words: int | None = None) -> Work:
        """What it did since it was last asked."""
        self._counts.unlink(missing_ok=True)
        self._process.send_signal(signal.SIGUSR1)
        while not self._counts.exists():
            time.sleep(0.01)
        done = json.loads(self._counts.read_text(encoding="utf-8"))
        return Work(windows=done["windows"], tokens=done["tokens"], words=words)

    def transcribe(self, path: Path) -> Spent:
        """Upload a recording and read its stream to the end."""
        with httpx.Client(base_url=self.url, timeout=None) as client:
            before, cpu_before = time.perf_counter(), self._cpu_s()
            with path.open("rb") as sound:
                clip = client.post("/api/audio", files={"file": sound}).raise_for_status().json()
            asked = {"clip_id": clip["clip_id"], "diarize": "false", "language": "en"}
            words, event = 0, {"type": "nothing"}
            with client.stream("POST", "/api/transcribe/stream", params=asked) as response:
                response.raise_for_status()
                for line in response.iter_lines():
                    event = json.loads(line)
                    words += len(event["words"]) if event["type"] == "segment" else 0
            spent = Spent(wall_s=time.perf_counter() - before, cpu_s=self._cpu_s() - cpu_before, words=words)
            if event["type"] != "done":
                raise RuntimeError(f"the service ended with {event}")
            client.delete(f"/api/audio/{clip['clip_id']}").raise_for_status()
            return spent

    def _cpu_s(self) -> float:
        """Of the server and of the children that it has waited for, as decoders end with their recording."""
        return sum(self._process.cpu_times()[:4])


@contextmanager
def serving(model: Model, threads: int, folder: Path) -> Iterator[Server]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    counts = folder / "counts.json"
    told = [port, threads, model.tokens, model.ctranslate2, folder / "data", counts]
    process = subprocess.Popen([sys.executable, "-m", "bench.serving", *map(str, told)], env=os.environ)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(url, process)
        yield Server(psutil.Process(process.pid), url, counts)
    finally:
        process.terminate()
        process.wait()


def wait_for(url: str, process: "subprocess.Popen[bytes]", *, at_most_s: float = 120.0) -> None:
    until = time.perf_counter() + at_most_s
    while time.perf_counter() < until and process.poll() is None:
        try:
            httpx.get(f"{url}/health").raise_for_status()
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("the service does not answer")


class Health:
    """Asks `/health` again and again, and keeps how long each answer took, run by run."""

    def __init__(self) -> None:
        self.runs_ms: list[list[float]] = []

    @contextmanager
    def polled(self, url: str) -> Iterator[None]:
        """Raises `httpx.HTTPError` at the end if one answer failed."""
        answers_ms: list[float] = []
        failures: list[httpx.HTTPError] = []
        enough = threading.Event()

        def ask() -> None:
            with httpx.Client(base_url=url, timeout=30) as client:
                try:
                    while not enough.wait(HEALTH_EVERY_S):
                        before = time.perf_counter()
                        client.get("/health").raise_for_status()
                        answers_ms.append((time.perf_counter() - before) * 1000)
                except httpx.HTTPError as failure:
                    failures.append(failure)

        asking = threading.Thread(target=ask, daemon=True)
        asking.start()
        try:
            yield
        finally:
            enough.set()
            asking.join()
            self.runs_ms.append(answers_ms)
        if failures:
            raise failures[0]
