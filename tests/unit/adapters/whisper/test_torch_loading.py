"""What is wrong with a folder of weights is said, with what to do."""

import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from app.adapters.outbound.whisper.torch_loading import load_network
from app.adapters.outbound.whisper.torch_model import TorchWhisper
from app.domain.errors import EngineUnavailable
from tests.fixtures.held_out import CHECKPOINT

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CHECKPOINT, tmp_path / "tiny"))


def refusal(folder: Path, *, device: str = "cpu", dtype: str = "float32") -> EngineUnavailable:
    with pytest.raises(EngineUnavailable) as refused:
        TorchWhisper.load(folder, device=device, dtype=dtype, threads=1)
    assert refused.value.engine == "whisper"
    return refused.value


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json"])
def test_a_missing_file_is_fetched_again(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert "diarist models pull" in refusal(folder).remedy


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json"])
def test_a_broken_file_is_fetched_again(folder: Path, name: str) -> None:
    (folder / name).write_bytes((folder / name).read_bytes()[:100])
    assert "diarist models pull" in refusal(folder).remedy


def test_weights_that_are_not_there_are_not_made_up(folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    lost = next(name for name in weights if "decoder.layers" in name)
    del weights[lost]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    assert lost in refusal(folder).reason


def test_no_folder_is_no_model(tmp_path: Path) -> None:
    assert "nowhere" in refusal(tmp_path / "nowhere").reason


def test_a_number_format_that_torch_does_not_compute_in_is_refused() -> None:
    refused = refusal(CHECKPOINT, dtype="int8")
    assert "int8" in refused.reason
    assert "WHISPER_COMPUTE_TYPE" in refused.remedy


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_the_remedy_is_the_cpu() -> None:
    assert "WHISPER_DEVICE=cpu" in refusal(CHECKPOINT, device="cuda:0").remedy


def test_too_little_memory_asks_for_a_smaller_model(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(torch.nn.Module, "to", full)
    refused = refusal(CHECKPOINT)
    assert "memory" in refused.reason
    assert "smaller model" in refused.remedy


def test_a_cpu_computes_in_float32_unless_told_otherwise() -> None:
    network, _ = load_network(CHECKPOINT, device="cpu", dtype="auto")
    assert network.dtype == torch.float32
