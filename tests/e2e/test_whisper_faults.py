"""What goes wrong with models: told where one looks, with what mends it, and the service stays up."""

import json
import resource
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from app.adapters.outbound.models.weights import WhisperWeights
from tests.e2e.whisper import ENGINES, WhisperService, whisper_service
from tests.fixtures.held_out import CHECKPOINT, held_out
from tests.fixtures.huge_models import MEMORY_LIMIT_BYTES, huge_ctranslate2, huge_transformers

RECORDING = held_out()["en_01.flac"].path


def missing(folder: Path) -> str:
    return "openai/whisper-large-v3"


def no_such_folder(folder: Path) -> str:
    return str(folder / "nowhere")


def truncated(folder: Path) -> str:
    shutil.copytree(CHECKPOINT, folder / "model")
    weights = folder / "model" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100_000])
    return str(folder / "model")


def another_kind_of_model(folder: Path) -> str:
    shutil.copytree(CHECKPOINT, folder / "model")
    config = json.loads((CHECKPOINT / "config.json").read_text())
    (folder / "model" / "config.json").write_text(json.dumps({**config, "model_type": "bert"}))
    return str(folder / "model")


NO_HUB = "http://127.0.0.1:9"
"""Nobody listens there, so nothing can be fetched."""

FAULTS: dict[Callable[[Path], str], tuple[str, str]] = {
    missing: ("openai/whisper-large-v3", "diarist models pull openai/whisper-large-v3"),
    no_such_folder: ("no such folder", "WHISPER_MODEL"),
    truncated: ("model.safetensors", "again"),
    another_kind_of_model: ("bert", "openai/whisper-large-v3"),
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_model_that_cannot_be_had_is_told_everywhere(
    fault: Callable[[Path], str], engine: str, tmp_path: Path
) -> None:
    reason, remedy = FAULTS[fault]
    model = fault(tmp_path)
    with whisper_service(tmp_path / "service", engine, model, HF_ENDPOINT=NO_HUB) as service:
        assert_told_everywhere(service, reason, remedy)
        doctor = service.scene.diarist("doctor")
        assert doctor.status == 1
        assert reason in doctor.stdout
        assert remedy in doctor.stdout


@pytest.mark.parametrize("engine", ENGINES)
def test_a_model_that_does_not_fit_into_memory_is_told_everywhere(engine: str, tmp_path: Path) -> None:
    huge = tmp_path / "huge"
    if engine == "whisper":
        huge_transformers(CHECKPOINT, huge)
    else:
        weights = WhisperWeights(
            str(CHECKPOINT), engine=engine, layout="ctranslate2", cache=tmp_path / "made"
        )
        huge_ctranslate2(weights.obtain(), huge)
    # Silero's and Resemblyzer's libraries would need addresses of their own.
    others = {"DIARIZATION_ENGINE": "none", "VOICE_ACTIVITY_ENGINE": "energy", "PRELOAD_MODELS": "false"}
    with whisper_service(
        tmp_path / "service", engine, str(huge), prepare=with_little_memory, **others
    ) as service:
        clip_id = service.store(RECORDING)
        answer = service.client.post("/api/transcribe", params={"clip_id": clip_id, "diarize": False})
        assert (answer.status_code, answer.json()["type"]) == (503, "urn:diarist:problem:EngineUnavailable")
        assert_told_everywhere(service, "does not fit into the memory", "WHISPER_MODEL to a smaller model")
        doctor = service.scene.diarist("doctor", preexec_fn=with_little_memory)
        assert doctor.status == 1
        assert "does not fit into the memory" in doctor.stdout


def with_little_memory() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES))


def assert_told_everywhere(service: WhisperService, reason: str, remedy: str) -> None:
    """By /ready, and by the answer to a request; and the server goes on."""
    ready = service.client.get("/ready")
    assert ready.status_code == 503
    told = next(each for each in ready.json()["engines"] if each["stage"] == "transcription")
    assert reason in told["problem"]
    assert remedy in told["remedy"]
    clip_id = service.store(RECORDING)
    answer = service.client.post("/api/transcribe", params={"clip_id": clip_id, "diarize": False})
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:diarist:problem:EngineUnavailable")
    assert reason in answer.json()["detail"]
    assert remedy in answer.json()["remedy"]
    assert service.client.get("/health").status_code == 200


@pytest.mark.parametrize("engine", ENGINES)
def test_weights_that_are_mended_are_used_without_a_restart(engine: str, tmp_path: Path) -> None:
    model = truncated(tmp_path)
    with whisper_service(tmp_path / "service", engine, model) as service:
        assert service.client.get("/ready").status_code == 503
        shutil.copy(CHECKPOINT / "model.safetensors", model)
        assert service.client.get("/ready").status_code == 200
        assert service.transcribe(service.store(RECORDING), diarize=False)["segments"]
