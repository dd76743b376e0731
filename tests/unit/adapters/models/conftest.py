"""Caches of our own, a hub of our own, and a Whisper small enough to be copied about."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT
from tests.fixtures.hub import Hub, serving

CHECKPOINT = ROOT / "tests" / "fixtures" / "tiny_whisper" / "checkpoint"
NAME = "someone/whisper-tiny"


@pytest.fixture(autouse=True)
def caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder below which the caches of the hub and of conversions are; the hub is out of reach."""
    for name in ("HF_TOKEN", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    return tmp_path


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """Serves the checkpoint under `NAME`, with files beside it that nobody needs."""
    files = {path.name: path.read_bytes() for path in CHECKPOINT.iterdir()}
    superfluous = ("flax_model.msgpack", "pytorch_model.bin", "onnx/model.onnx", "README.md")
    superfluous += ("model.fp32-00001-of-00002.safetensors",)
    hub = Hub(repositories={NAME: files | dict.fromkeys(superfluous, b"of no use")})
    with serving(hub):
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        yield hub


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the checkpoint, to be spoilt."""
    return Path(shutil.copytree(CHECKPOINT, tmp_path / "whisper"))


@pytest.fixture(scope="session")
def converted_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from app.adapters.outbound.models.weights import WhisperWeights

    cache = tmp_path_factory.mktemp("conversions")
    weights = WhisperWeights(str(CHECKPOINT), engine="faster-whisper", layout="ctranslate2", cache=cache)
    return weights.obtain()


@pytest.fixture
def converted(converted_once: Path, tmp_path: Path) -> Path:
    """The checkpoint as CTranslate2 has it, to be spoilt."""
    folder = Path(shutil.copytree(converted_once, tmp_path / "converted"))
    (folder / "diarist.json").unlink()
    return folder
