"""Which Whisper suits which machine."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.domain.engine import EngineInfo
from app.infrastructure.hardware import Hardware

_MILLIONS = {
    "openai/whisper-large-v3": 1550,
    "openai/whisper-large-v3-turbo": 809,
    "openai/whisper-medium": 769,
    "openai/whisper-small": 244,
    "openai/whisper-base": 74,
    "openai/whisper-tiny": 39,
}
"""Parameters in millions, as published with the models; the most accurate first."""

_OVERHEAD = 1.2
"""Activations and buffers, beside the weights."""

_SHARE = 0.5
"""Of the machine's memory that a model may take: recordings, the web and the system need some too."""

_MILLIONS_PER_CORE = 200
"""What a core can compute in reasonable time. A rule of thumb, and none for machines with a GPU."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """`needed_bytes` is what the model takes, in the memory of the GPU or in the machine's."""

    model: str
    compute_type: str
    needed_bytes: int
    text: str


def recommend(hardware: Hardware) -> Recommendation:
    """The most accurate one that fits: float16 on a GPU that holds any, else int8 on the cores."""
    gpu_bytes = hardware.gpu_memory_bytes or 0
    if gpu_bytes >= _needed_bytes("openai/whisper-tiny", bytes_per_weight=2):
        found = [name for name in _MILLIONS if _needed_bytes(name, bytes_per_weight=2) <= gpu_bytes]
        return _told(found[0], "float16", 2, f"a GPU with {gpu_bytes / 1e9:.0f} GB")
    found = [
        name
        for name, millions in _MILLIONS.items()
        if _needed_bytes(name, bytes_per_weight=1) <= _SHARE * hardware.memory_bytes
        and millions <= _MILLIONS_PER_CORE * hardware.cores
    ]
    machine = f"{hardware.cores} cores and {hardware.memory_bytes / 1e9:.0f} GB of memory"
    return _told(found[0] if found else "openai/whisper-tiny", "int8", 1, machine)


def better_engine(transcriber: EngineInfo | None, model: str) -> Iterator[str]:
    """The line that brings a Whisper, where another engine had to do."""
    if transcriber is None or transcriber.name not in ("faster-whisper", "whisper"):
        yield f"for better words: diarist models pull ({model}, which WHISPER_MODEL names)"


def _told(model: str, compute_type: str, bytes_per_weight: int, machine: str) -> Recommendation:
    needed_bytes = _needed_bytes(model, bytes_per_weight=bytes_per_weight)
    size = f"{compute_type}, about {needed_bytes / 1e9:.1f} GB"
    text = f"recommended for {machine}: WHISPER_MODEL={model} ({size})"
    return Recommendation(model=model, compute_type=compute_type, needed_bytes=needed_bytes, text=text)


def _needed_bytes(model: str, *, bytes_per_weight: int) -> int:
    return round(_MILLIONS[model] * 1_000_000 * bytes_per_weight * _OVERHEAD)
