"""What this machine has for models."""

import contextlib
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardware:
    """`gpu_memory_bytes` is that of the largest GPU, None where there is none."""

    cores: int
    memory_bytes: int
    gpu_memory_bytes: int | None = None


def look_around(cores: int) -> Hardware:
    """Takes up to a few seconds where a GPU's driver is slow to answer; never fails."""
    return Hardware(cores=cores, memory_bytes=usable_memory(), gpu_memory_bytes=_gpu_memory())


def usable_memory(limit: Path = Path("/sys/fs/cgroup/memory.max")) -> int:
    """What is built in, or less where a container may not have all of it."""
    built_in = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with contextlib.suppress(OSError, ValueError):  # no such file, or "max": no limit
        return min(built_in, int(limit.read_text()))
    return built_in


def _gpu_memory() -> int | None:
    command = ["nvidia-smi", "--query-gpu=memory.total", "--format=csv,noheader,nounits"]
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout
        return max(int(line) for line in told.split()) << 20
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
