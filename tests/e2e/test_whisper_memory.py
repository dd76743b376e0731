"""An idle model leaves the memory, and clients that leave give up their places."""

import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from bench.models import random_model
from tests.e2e.whisper import ENGINES, WhisperService, whisper_service
from tests.fixtures.held_out import held_out

RECORDING = held_out()["en_01.flac"].path
LONG = held_out()["three_voices_100_s.ogg"].path
IDLE_S = 1.0
MODEL_BYTES = {"faster-whisper": 35 << 20, "whisper": 140 << 20}
"""What the weights of tiny take at least: int8 and float32."""


@pytest.mark.parametrize("engine", ENGINES)
def test_an_idle_model_returns_its_memory_and_comes_back(engine: str, tmp_path: Path) -> None:
    model = random_model("tiny", 8, cache=tmp_path / "random").transformers
    settings = {"MODEL_IDLE_UNLOAD_S": str(IDLE_S), "PRELOAD_MODELS": "false", "DIARIZATION_ENGINE": "none"}
    # Random weights find no end, and so every way of decoding would be tried; a temperature is tried once.
    asked = {"diarize": False, "language": "en", "temperature": 0.2}
    with whisper_service(tmp_path / "service", engine, str(model), **settings) as service:
        clip_id = service.store(RECORDING)
        assert service.transcribe(clip_id, **asked)["segments"]
        loaded = service.memory_bytes()
        until(lambda: service.memory_bytes() < loaded - MODEL_BYTES[engine], within_s=20)
        assert service.client.get("/ready").status_code == 200
        assert service.transcribe(clip_id, **asked)["segments"]


@pytest.mark.parametrize("engine", ENGINES)
def test_clients_that_leave_give_up_their_places(engine: str, tmp_path: Path) -> None:
    with whisper_service(tmp_path / "service", engine, LINGER_S="0", DIARIZATION_ENGINE="none") as service:
        service.transcribe(service.store(RECORDING), diarize=False)  # so that the model is there
        for _ in range(3):
            leave_early(service, service.store(LONG))
        until(lambda: service.log().count(" cancelled ") == 3, within_s=60)
        assert service.transcribe(service.store(RECORDING), diarize=False)["segments"]


def leave_early(service: WhisperService, clip_id: str) -> None:
    """Ask for a transcript, and go once the work has begun."""
    url = f"/api/transcribe/{clip_id}/stream"
    with (
        httpx.Client(base_url=service.client.base_url, timeout=60) as client,
        client.stream("GET", url, params={"diarize": False}) as lines,
    ):
        assert any('"started"' in line for line in lines.iter_lines())


def until(holds: Callable[[], bool], *, within_s: float) -> None:
    deadline_s = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline_s, "it does not come to hold"
        time.sleep(0.1)
