"""The pyannote diarizer with a pipeline loaded, and with one that cannot be."""

import asyncio
import logging
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from app.adapters.outbound.diarization import chunked_pyannote
from app.adapters.outbound.diarization.chunked_pyannote import ChunkedPyannoteDiarizer
from app.adapters.outbound.pyannote.chunk_pipeline import ChunkPipeline
from app.adapters.outbound.pyannote.loading import load_pipeline
from app.domain.audio import SAMPLE_RATE_HZ, AudioChunk, Waveform
from app.domain.errors import EngineFailed, EngineUnavailable
from app.domain.timeline import TimeRange
from tests.fixtures.speech import telephone_talk
from tests.fixtures.tiny_pyannote import CHECKPOINT

pytestmark = pytest.mark.slow


def chunk(length_s: float = 12.0) -> AudioChunk:
    whole = TimeRange(start=0.0, end=length_s)
    samples = telephone_talk()[7 * SAMPLE_RATE_HZ :][: round(length_s * SAMPLE_RATE_HZ)]
    waveform = Waveform(samples=samples, start_s=0.0)
    return AudioChunk(clip_id="clip-1", index=0, core=whole, waveform=waveform, speech=(whole,))


class Loads:
    """Loads as usual, and keeps what was loaded."""

    def __init__(self) -> None:
        self.made: list[ChunkPipeline] = []

    def __call__(self, *args: Any, **kwargs: Any) -> ChunkPipeline:
        self.made.append(load_pipeline(*args, **kwargs))
        return self.made[-1]


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> Loads:
    loads = Loads()
    monkeypatch.setattr(chunked_pyannote, "load_pipeline", loads)
    return loads


@pytest_asyncio.fixture
async def engine(loads: Loads) -> AsyncIterator[ChunkedPyannoteDiarizer]:
    engine = ChunkedPyannoteDiarizer(str(CHECKPOINT), device="cpu")
    yield engine
    await engine.aclose()


async def test_it_loads_once_when_it_is_first_used(engine: ChunkedPyannoteDiarizer, loads: Loads) -> None:
    engine.check()
    assert loads.made == []
    await asyncio.gather(*(engine.diarize(chunk(), max_speakers=None) for _ in range(3)))
    assert len(loads.made) == 1


async def test_it_leaves_memory_when_nobody_needs_it_and_comes_back(loads: Loads) -> None:
    engine = ChunkedPyannoteDiarizer(str(CHECKPOINT), device="cpu", idle_unload_s=0.05)
    before = await engine.diarize(chunk(), max_speakers=None)
    async with asyncio.timeout(30):
        while engine._inference.loaded or hasattr(loads.made[0], "_pipeline"):
            await asyncio.sleep(0.01)
    after = await engine.diarize(chunk(), max_speakers=None)
    assert len(loads.made) == 2
    assert after.turns == before.turns
    await engine.aclose()


async def test_a_chunk_that_breaks_it_fails_alone(
    engine: ChunkedPyannoteDiarizer, loads: Loads, caplog: pytest.LogCaptureFixture
) -> None:
    await engine.load()
    pipeline = loads.made[0]._pipeline
    usual = pipeline.clustering

    def broken(**_: object) -> None:
        raise ValueError("linkage of nothing")

    pipeline.clustering = broken
    with caplog.at_level(logging.ERROR), pytest.raises(EngineFailed, match="pyannote: unexpected ValueError"):
        await engine.diarize(chunk(), max_speakers=None)
    assert "linkage of nothing" in caplog.text
    pipeline.clustering = usual
    await engine.diarize(chunk(), max_speakers=None)


async def test_a_device_that_is_full_is_told(engine: ChunkedPyannoteDiarizer, loads: Loads) -> None:
    import torch

    def full(*_: object, **__: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    await engine.load()
    loads.made[0]._pipeline.get_segmentations = full
    with pytest.raises(EngineFailed, match="out of memory"):
        await engine.diarize(chunk(), max_speakers=None)


async def test_neither_a_file_nor_telemetry_comes_of_it(
    engine: ChunkedPyannoteDiarizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("PYANNOTE_METRICS_ENABLED", "1")
    await engine.diarize(chunk(), max_speakers=None)
    from pyannote.audio.telemetry.metrics import is_metrics_enabled

    assert os.environ["PYANNOTE_METRICS_ENABLED"] == "0"
    assert not is_metrics_enabled()
    assert not any(files(tmp_path))


async def test_what_pyannote_prints_goes_to_the_log(
    engine: ChunkedPyannoteDiarizer, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    await engine.load()
    from pyannote.audio.pipelines import clustering
    from pyannote.audio.utils import vbx

    with caplog.at_level(logging.INFO):
        for module in (clustering, vbx):
            vars(module)["print"]("WARNING:", module.__name__)
    assert capsys.readouterr().out == ""
    assert "WARNING: pyannote.audio.utils.vbx" in caplog.text


def files(folder: Path) -> list[Path]:
    return list(folder.rglob("*"))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("segmentation/pytorch_model.bin", None),
        ("embedding/pytorch_model.bin", None),
        ("plda/plda.npz", None),
        ("config.yaml", b"pipeline:\n  name: pyannote.audio.pipelines.SpeakerDiarization\n   params: ["),
    ],
)
async def test_what_looks_whole_and_is_not_is_told_once_it_is_loaded(
    tmp_path: Path, name: str, content: bytes | None
) -> None:
    folder = Path(shutil.copytree(CHECKPOINT, tmp_path / "pipeline"))
    path = folder / name
    if content is None:
        with path.open("r+b") as file:
            file.seek(200)
            file.write(b"\xff" * (path.stat().st_size // 2))
    else:
        config = path.read_text()
        path.write_bytes(content + b"\n" + config.encode())
    engine = ChunkedPyannoteDiarizer(str(folder), device="cpu")
    for ask in (engine.load, lambda: engine.diarize(chunk(), max_speakers=None)):
        with pytest.raises(EngineUnavailable) as caught:
            await ask()
        assert str(folder) in caught.value.reason
        assert "\n" not in str(caught.value)
    with pytest.raises(EngineUnavailable):
        engine.check()
    await engine.aclose()


async def test_a_gpu_that_is_not_there_is_told() -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is one")
    engine = ChunkedPyannoteDiarizer(str(CHECKPOINT), device="cuda")
    with pytest.raises(EngineUnavailable, match="PYANNOTE_DEVICE=cpu"):
        await engine.load()
    await engine.aclose()
