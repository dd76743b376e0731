"""What an hour costs against ten minutes: memory, the wait for the first segment, and `/health` meanwhile.

    python -m bench.long_recording [--minutes 10 60]

Loops examples/conversation.flac, uploads it to a server of its own, and reads the NDJSON stream.
Memory is the proportional set size (PSS) of the server and all its children, sampled every 0.2 s.
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import httpx
import psutil

from bench.recordings import EXAMPLE, looped


class Watch(threading.Thread):
    """Samples the memory of a process tree and the answers of `/health` until stopped, or until one fails."""

    def __init__(self, pid: int, url: str) -> None:
        super().__init__(daemon=True)
        self.root = psutil.Process(pid)
        self.url = url
        self.peak_bytes = 0
        self.health_ms: list[float] = []
        self.stopped = threading.Event()
        self._error: httpx.HTTPError | None = None

    def stop(self) -> None:
        """Raises `httpx.HTTPError` if `/health` failed once: then the figures are not to be trusted."""
        self.stopped.set()
        self.join()
        if self._error is not None:
            raise self._error

    def run(self) -> None:
        try:
            self._watch()
        except httpx.HTTPError as error:
            self._error = error

    def _watch(self) -> None:
        with httpx.Client(base_url=self.url, timeout=30) as client:
            while not self.stopped.wait(0.2):
                self.peak_bytes = max(self.peak_bytes, self._memory_bytes())
                before = time.perf_counter()
                client.get("/health").raise_for_status()
                self.health_ms.append((time.perf_counter() - before) * 1000)

    def _memory_bytes(self) -> int:
        total = 0
        for process in [self.root, *self.root.children(recursive=True)]:
            try:
                total += process.memory_full_info().pss
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
        return total


def measure(minutes: float, folder: Path) -> dict[str, float]:
    """Serve, upload, stream; the figures of one recording."""
    recording = folder / f"{minutes:g}.flac"
    looped(EXAMPLE, recording, minutes)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = os.environ | {
        "AUDIO_STORAGE_PATH": str(folder / f"audio-{minutes:g}"),
        "TRANSCRIPTION_STORAGE_PATH": str(folder / f"transcripts-{minutes:g}"),
        "LOG_LEVEL": "WARNING",
    }
    started = time.perf_counter()
    program = "from app.infrastructure.main import cli; cli()"
    command = [sys.executable, "-c", program, "serve", "--port", str(port)]
    server = subprocess.Popen(command, env=env)
    url = f"http://127.0.0.1:{port}"
    try:
        ready_s = _wait_for(url, started)
        with httpx.Client(base_url=url, timeout=None) as client:
            # Engines are loaded once per server: the figures are about recordings, not about loading.
            clip = client.post("/api/audio", files={"file": EXAMPLE.open("rb")}).raise_for_status().json()
            client.post("/api/transcribe", params={"clip_id": clip["clip_id"]}).raise_for_status()
            with recording.open("rb") as sound:
                clip = client.post("/api/audio", files={"file": sound}).raise_for_status().json()
            watch = Watch(server.pid, url)
            watch.start()
            before, first_s, segments = time.perf_counter(), None, 0
            stream = client.stream("POST", "/api/transcribe/stream", params={"clip_id": clip["clip_id"]})
            with stream as response:
                for line in response.iter_lines():
                    event = json.loads(line)
                    if event["type"] == "segment":
                        segments += 1
                        first_s = first_s or time.perf_counter() - before
            assert event["type"] == "done", event
            total_s = time.perf_counter() - before
            watch.stop()
    finally:
        server.terminate()
        server.wait()
    return {
        "minutes": minutes,
        "health_after_start_s": ready_s,
        "first_segment_s": first_s or float("nan"),
        "total_s": total_s,
        "times_real_time": minutes * 60 / total_s,
        "segments": segments,
        "peak_mib": watch.peak_bytes / 2**20,
        "health_p50_ms": statistics.median(watch.health_ms),
        "health_p99_ms": statistics.quantiles(watch.health_ms, n=100)[98],
    }


def _wait_for(url: str, started: float) -> float:
    while time.perf_counter() - started < 60:
        try:
            httpx.get(f"{url}/health").raise_for_status()
            return time.perf_counter() - started
        except httpx.TransportError:
            time.sleep(0.02)
    raise TimeoutError("the server does not answer")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, nargs="+", default=[10, 60])
    wanted = parser.parse_args().minutes
    with tempfile.TemporaryDirectory() as folder:
        rows = [measure(minutes, Path(folder)) for minutes in wanted]
    for name in rows[0]:
        print(f"{name:24}" + "".join(f"{row[name]:12.3f}" for row in rows))
    if len(rows) > 1:
        for name in ("peak_mib", "first_segment_s"):
            print(f"{name} ratio {rows[-1][name] / rows[0][name]:.3f}")


if __name__ == "__main__":
    main()
