"""The machine that figures come from: nothing that says whose it is."""

import platform
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import psutil

from app.infrastructure.settings import usable_cpus

_PACKAGES = (
    *("diarist", "ctranslate2", "faster-whisper", "transformers", "torch", "onnxruntime", "numpy"),
    *("av", "pyannote.audio"),
)


def describe_host() -> dict[str, Any]:
    """Cores, CPU model, memory, GPU, operating system and versions."""
    return {
        "cores": usable_cpus(),
        "cpu": _cpu(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "gpu": _gpu(),
        "os": _os(),
        "versions": {"python": platform.python_version(), **dict(_versions())},
    }


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())


def _gpu() -> str | None:
    # Only where somebody has loaded it already: it takes seconds, and most rows need no GPU.
    torch = sys.modules.get("torch")
    return torch.cuda.get_device_name() if torch is not None and torch.cuda.is_available() else None


def _os() -> str:
    # What follows the version is the builder's own.
    kernel = f"{platform.system()} {platform.release().partition('-')[0]}"
    try:
        return f"{platform.freedesktop_os_release()['PRETTY_NAME']}, {kernel}"
    except (OSError, KeyError):
        return kernel


def _versions() -> list[tuple[str, str]]:
    found = []
    for package in _PACKAGES:
        try:
            found.append((package, metadata.version(package)))
        except metadata.PackageNotFoundError:
            continue
    return found
