"""Which devices a model can be put on, found without loading a library that drives them."""

import os
from dataclasses import dataclass
from pathlib import Path

from app.domain.errors import EngineUnavailable

_NVIDIA = Path("/proc/driver/nvidia/gpus")


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """`kind` is "cpu" or "cuda"; `index` counts the GPUs that this process may use."""

    kind: str
    index: int = 0


def devices(engine: str, wanted: str, *, setting: str = "WHISPER_DEVICE") -> list[Device]:
    """What a setting for a device names: auto (every GPU, else the CPU), cpu, cuda (every GPU) or cuda:N.

    A GPU that is named is taken at its word: whether it is there shows when a model is loaded onto it.
    Raises `EngineUnavailable` for other names.
    """
    kind, _, index = wanted.partition(":")
    if kind not in ("auto", "cpu", "cuda") or (":" in wanted and (kind != "cuda" or not index.isdigit())):
        reason = f"there is no device {wanted!r}"
        raise EngineUnavailable(engine, reason, f"Set {setting} to auto, cpu, cuda or cuda:N")
    if index:
        return [Device(kind="cuda", index=int(index))]
    count = gpu_count()
    if kind == "cpu" or (kind == "auto" and count == 0):
        return [Device(kind="cpu")]
    return [Device(kind="cuda", index=number) for number in range(max(1, count))]


def gpu_count(driver: Path = _NVIDIA) -> int:
    """How many NVIDIA GPUs this process may use: those of the driver that CUDA_VISIBLE_DEVICES leaves."""
    there = sum(1 for _ in driver.iterdir()) if driver.is_dir() else 0
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is None:
        return there
    named = [name.strip() for name in visible.split(",")]
    # As CUDA reads it: what comes after an impossible one does not count.
    until = next((i for i, name in enumerate(named) if not name or name.startswith("-")), len(named))
    return min(there, until)
