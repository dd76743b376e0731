from pathlib import Path

import pytest

from app.domain.engine import EngineInfo
from app.infrastructure.hardware import Hardware, look_around, usable_memory
from app.infrastructure.whisper_sizes import better_engine, recommend

GIB = 1 << 30


@pytest.mark.parametrize(
    ("cores", "memory_gib", "gpu_gib", "model", "compute_type"),
    [
        (2, 8, None, "small", "int8"),
        (1, 8, None, "base", "int8"),
        (4, 8, None, "medium", "int8"),
        (8, 16, None, "large-v3", "int8"),
        (8, 2, None, "large-v3-turbo", "int8"),
        (8, 1, None, "small", "int8"),
        (1, 0.05, None, "tiny", "int8"),
        (2, 8, 24, "large-v3", "float16"),
        (2, 8, 3, "large-v3-turbo", "float16"),
        (2, 8, 1, "small", "float16"),
        (2, 8, 0.05, "small", "int8"),
    ],
)
def test_the_most_accurate_model_that_fits_is_recommended(
    cores: int, memory_gib: float, gpu_gib: float | None, model: str, compute_type: str
) -> None:
    hardware = Hardware(
        cores=cores,
        memory_bytes=round(memory_gib * GIB),
        gpu_memory_bytes=None if gpu_gib is None else round(gpu_gib * GIB),
    )
    found = recommend(hardware)
    assert (found.model, found.compute_type) == (f"openai/whisper-{model}", compute_type)
    assert f"WHISPER_MODEL={found.model}" in found.text


def test_a_better_engine_is_named_only_where_there_is_none() -> None:
    names = ("pocketsphinx", "faster-whisper", "whisper")
    told = {name: list(better_engine(EngineInfo(name=name, model="m"), "some/model")) for name in names}
    assert told["faster-whisper"] == told["whisper"] == []
    [line] = told["pocketsphinx"]
    assert "diarist models pull" in line
    assert "some/model" in line
    assert list(better_engine(None, "some/model")) == [line]


def test_a_containers_limit_bounds_the_memory(tmp_path: Path) -> None:
    limit = tmp_path / "memory.max"
    limit.write_text("1000000\n")
    assert usable_memory(limit) == 1_000_000
    limit.write_text("max\n")
    assert usable_memory(limit) == usable_memory(tmp_path / "none") > 1_000_000


def test_a_look_around_always_finds_something(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = look_around(3)
    assert (found.cores, found.gpu_memory_bytes) == (3, None)
    driver = tmp_path / "nvidia-smi"
    driver.write_text("#!/bin/sh\necho 81559\necho 24564\n")
    driver.chmod(0o755)
    assert look_around(3).gpu_memory_bytes == 81559 << 20
