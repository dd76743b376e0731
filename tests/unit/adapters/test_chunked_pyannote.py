"""The pyannote diarizer where nothing is loaded: what is missing is told, what is not needed not done."""

import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from app.adapters.outbound.diarization import chunked_pyannote
from app.adapters.outbound.diarization.chunked_pyannote import ChunkedPyannoteDiarizer
from app.domain.audio import SAMPLE_RATE_HZ, AudioChunk, Waveform
from app.domain.errors import EngineUnavailable
from app.domain.timeline import TimeRange
from tests.architecture.sources import ROOT

CHECKPOINT = ROOT / "tests" / "fixtures" / "tiny_pyannote" / "checkpoint"
NAME = "someone/speaker-diarization"
COMMIT = "0123456789abcdef0123456789abcdef01234567"

Spoil = Callable[[Path], object]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty hub's cache, and no way out."""

    def refuse(*_: object) -> None:
        raise AssertionError("the network was asked")

    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.setattr(socket.socket, "connect", refuse)
    return tmp_path / "hub"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the pipeline, to be spoilt."""
    return Path(shutil.copytree(CHECKPOINT, tmp_path / "pipeline"))


def complaint(model: Path | str, **more: str) -> EngineUnavailable:
    with pytest.raises(EngineUnavailable) as caught:
        ChunkedPyannoteDiarizer(str(model), **more).check()
    assert "\n" not in str(caught.value)
    return caught.value


def in_cache(cache: Path) -> None:
    """As huggingface_hub would have left it."""
    repository = cache / f"models--{NAME.replace('/', '--')}"
    shutil.copytree(CHECKPOINT, repository / "snapshots" / COMMIT)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(COMMIT)


def test_a_folder_with_all_of_a_pipeline_passes(folder: Path) -> None:
    engine = ChunkedPyannoteDiarizer(str(folder))
    engine.check()
    info = engine.describe()
    assert (info.name, info.model, info.revision) == ("pyannote", str(folder), None)


def test_a_name_is_found_in_the_hubs_cache(cache: Path) -> None:
    in_cache(cache)
    engine = ChunkedPyannoteDiarizer(NAME)
    engine.check()
    assert (engine.describe().model, engine.describe().revision) == (NAME, COMMIT)


def test_weights_that_are_not_here_are_named_with_the_command_that_brings_them() -> None:
    missing = complaint(NAME)
    assert "its weights are not here" in missing.reason
    assert missing.remedy == f"Run: diarist models pull {NAME}"


def test_a_folder_that_is_not_there_is_a_wrong_setting(tmp_path: Path) -> None:
    wrong = complaint(tmp_path / "nowhere")
    assert "no such folder" in wrong.reason
    assert "PYANNOTE_MODEL" in wrong.remedy


def cut(name: str) -> Spoil:
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:-100])


def lose(name: str) -> Spoil:
    return lambda folder: (folder / name).unlink()


def replace(old: str, new: str) -> Spoil:
    def spoil(folder: Path) -> None:
        config = folder / "config.yaml"
        assert old in config.read_text()
        config.write_text(config.read_text().replace(old, new))

    return spoil


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lose("config.yaml"), "config.yaml is missing"),
        (lambda folder: (folder / "config.yaml").write_bytes(b"\xff\xfe"), "it is no text"),
        (
            replace("pipelines.SpeakerDiarization", "pipelines.VoiceActivityDetection"),
            "no speaker diarization",
        ),
        (lose("segmentation/pytorch_model.bin"), "in segmentation, pytorch_model.bin is missing"),
        (cut("segmentation/pytorch_model.bin"), "in segmentation, pytorch_model.bin is damaged"),
        (lose("embedding/pytorch_model.bin"), "in embedding, pytorch_model.bin is missing"),
        (lose("plda/plda.npz"), "in plda, plda.npz is missing"),
        (cut("plda/xvec_transform.npz"), "in plda, xvec_transform.npz is damaged"),
        (replace("$model/segmentation", "pyannote/segmentation-3.0"), "comes from elsewhere (pyannote/seg"),
        (replace('"plda"', '"other"'), "its plda is not named"),
    ],
)
def test_what_is_wrong_with_a_folder_is_told(folder: Path, spoil: Spoil, said: str) -> None:
    spoil(folder)
    wrong = complaint(folder)
    assert said in wrong.reason
    assert str(folder) in wrong.reason
    assert wrong.remedy


def test_yaml_as_pyannote_writes_it_is_read_like_json(folder: Path) -> None:
    (folder / "config.yaml").write_text(
        """dependencies:
  pyannote.audio: 4.0.0
pipeline:
  name: pyannote.audio.pipelines.SpeakerDiarization
  params:
    clustering: VBxClustering
    segmentation: $model/segmentation
    embedding: '$model/embedding'
    plda: $model/plda
params:
  clustering:
    threshold: 0.6
  segmentation:
    min_duration_off: 0.0
"""
    )
    ChunkedPyannoteDiarizer(str(folder)).check()


def test_a_device_that_does_not_exist_is_a_wrong_setting(folder: Path) -> None:
    assert "PYANNOTE_DEVICE" in complaint(folder, device="tpu").remedy


def test_a_package_that_is_missing_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunked_pyannote, "find_spec", lambda _: None)
    missing = complaint(folder)
    assert "not installed" in missing.reason
    assert missing.remedy.startswith("Run: pip install")


@pytest.mark.parametrize("samples", [0, 5 * SAMPLE_RATE_HZ])
async def test_a_chunk_without_speech_loads_nothing(samples: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def load(*_: object, **__: object) -> None:
        raise AssertionError("it was loaded")

    monkeypatch.setattr(chunked_pyannote, "load_pipeline", load)
    engine = ChunkedPyannoteDiarizer(str(CHECKPOINT))
    whole = TimeRange(start=60.0, end=65.0)
    waveform = Waveform(samples=np.zeros(samples, np.float32), start_s=60.0)
    speech = () if samples else (whole,)
    heard = AudioChunk(clip_id="clip-1", index=1, core=whole, waveform=waveform, speech=speech)
    found = await engine.diarize(heard, max_speakers=None)
    assert (found.turns, found.samples) == ((), ())
    await engine.aclose()


async def test_what_is_missing_is_told_when_it_is_used() -> None:
    engine = ChunkedPyannoteDiarizer(NAME)
    for _ in range(2):
        with pytest.raises(EngineUnavailable, match="models pull"):
            await engine.load()
    with pytest.raises(EngineUnavailable, match="models pull"):
        engine.check()
    await engine.aclose()
