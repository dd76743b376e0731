"""`diarist serve` with a Whisper engine, in a process of its own, and clients of it."""

import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.e2e.scene import Scene, environment
from tests.fixtures.held_out import CHECKPOINT

ENGINES = ["faster-whisper", "whisper"]


@dataclass(frozen=True, kw_only=True)
class WhisperService:
    """A running service; `process` is its server."""

    client: httpx.Client
    process: "subprocess.Popen[bytes]"
    scene: Scene
    log_file: Path

    def store(self, path: Path) -> str:
        answer = self.client.post("/api/audio", files={"file": (path.name, path.read_bytes())})
        assert answer.status_code == 201, answer.text
        clip_id: str = answer.json()["clip_id"]
        return clip_id

    def transcribe(self, clip_id: str, **options: Any) -> dict[str, Any]:
        answer = self.client.post("/api/transcribe", params={"clip_id": clip_id, **options})
        assert answer.status_code == 200, answer.text
        transcript: dict[str, Any] = answer.json()
        return transcript

    def transcribe_all(self, paths: list[Path], **options: Any) -> list[dict[str, Any]]:
        """Eight at a time."""
        with ThreadPoolExecutor(8) as pool:
            return list(pool.map(lambda path: self.transcribe(self.store(path), **options), paths))

    def log(self) -> str:
        return self.log_file.read_text()

    def memory_bytes(self) -> int:
        """What the server alone has in memory."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        (size_kb,) = re.findall(r"VmRSS:\s+(\d+) kB", status)
        return int(size_kb) * 1024


@contextmanager
def whisper_service(
    folder: Path,
    engine: str,
    model: str = str(CHECKPOINT),
    *,
    prepare: Callable[[], None] | None = None,
    **settings: str,
) -> Iterator[WhisperService]:
    """`prepare` runs in the server's process before it starts."""
    cwd, tmp = folder / "cwd", folder / "tmp"
    for each in (cwd, tmp):
        each.mkdir(parents=True)
    chosen = {
        "TRANSCRIPTION_ENGINE": engine,
        "WHISPER_MODEL": model,
        "WHISPER_DEVICE": "cpu",
        "MODEL_CACHE_PATH": str(folder / "models"),
        "CPU_THREADS": "2",
        "JOBS_AT_ONCE": "8",
        "HF_HOME": str(folder / "hub"),
    }
    scene = Scene(cwd=cwd, tmp=tmp, env=environment(tmp, **(chosen | settings)))
    with (
        (folder / "log").open("wb") as log,
        scene.start("serve", "--port", "0", stderr=log, preexec_fn=prepare) as process,
    ):
        try:
            with httpx.Client(base_url=_url(process, folder / "log"), timeout=120) as client:
                yield WhisperService(client=client, process=process, scene=scene, log_file=folder / "log")
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=60)


def _url(process: "subprocess.Popen[bytes]", log: Path) -> str:
    """Where it serves, once it does."""
    while process.poll() is None:
        told = log.read_bytes()
        if b"startup complete" in told:
            return re.findall(r"http://127\S+", told.decode())[0]
        try:
            process.wait(timeout=0.05)
        except subprocess.TimeoutExpired:
            continue
    raise AssertionError(log.read_text())
