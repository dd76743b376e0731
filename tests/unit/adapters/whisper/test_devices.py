"""Where a model may be put."""

from pathlib import Path

import pytest

from app.adapters.outbound.whisper import devices as module
from app.adapters.outbound.whisper.devices import Device, devices, gpu_count
from app.domain.errors import EngineUnavailable

CPU = Device(kind="cpu")


def gpus(*indexes: int) -> list[Device]:
    return [Device(kind="cuda", index=index) for index in indexes]


@pytest.mark.parametrize(
    ("wanted", "there", "taken"),
    [
        ("auto", 0, [CPU]),
        ("auto", 3, gpus(0, 1, 2)),
        ("cpu", 3, [CPU]),
        ("cuda", 2, gpus(0, 1)),
        ("cuda", 0, gpus(0)),
        ("cuda:1", 2, gpus(1)),
    ],
)
def test_a_device_is_chosen(
    monkeypatch: pytest.MonkeyPatch, wanted: str, there: int, taken: list[Device]
) -> None:
    monkeypatch.setattr(module, "gpu_count", lambda: there)
    assert devices("some engine", wanted) == taken


@pytest.mark.parametrize("wanted", ["gpu", "cuda:", "cuda:x", "cpu:1", "auto:0", ""])
def test_other_names_are_refused_with_those_there_are(wanted: str) -> None:
    with pytest.raises(EngineUnavailable, match="WHISPER_DEVICE") as refused:
        devices("some engine", wanted)
    assert repr(wanted) in refused.value.reason


@pytest.mark.parametrize(
    ("visible", "count"),
    [(None, 4), ("", 0), ("0", 1), ("2,0", 2), ("GPU-8f1,GPU-9a2", 2), ("0,-1,2", 1), ("0,1,2,3,4,5", 4)],
)
def test_only_visible_gpus_count(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, visible: str | None, count: int
) -> None:
    for number in range(4):
        (tmp_path / f"0000:0{number}:00.0").mkdir()
    if visible is None:
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    else:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert gpu_count(tmp_path) == count


def test_without_a_driver_there_are_no_gpus(tmp_path: Path) -> None:
    assert gpu_count(tmp_path / "nvidia") == 0
