"""Whisper by torch and transformers: bfloat16 or float16 on GPUs, float32 on CPUs."""

from pathlib import Path
from typing import ClassVar

from app.adapters.outbound.models.weights import Layout
from app.adapters.outbound.whisper.devices import Device
from app.adapters.outbound.whisper.torch_model import ENGINE, TorchWhisper
from app.adapters.outbound.whisper.transcriber import WhisperTranscriber

CPU_BATCH_SIZE = 8
GPU_BATCH_SIZE = 16


class WhisperTransformersTranscriber(WhisperTranscriber):
    """One worker for each device: on a CPU torch itself spreads a batch over `threads` cores."""

    engine = ENGINE
    layout: ClassVar[Layout] = "transformers"
    package = "transformers"
    remedy = "Run: pip install transformers"

    @staticmethod
    def load_model(folder: Path, device: Device, compute_type: str, threads: int) -> TorchWhisper:
        name = f"cuda:{device.index}" if device.kind == "cuda" else device.kind
        return TorchWhisper.load(folder, device=name, dtype=compute_type, threads=threads)

    @staticmethod
    def batch_size(*, on_cpu: bool) -> int:
        return CPU_BATCH_SIZE if on_cpu else GPU_BATCH_SIZE

    @staticmethod
    def workers(threads: int) -> int:  # noqa: ARG004 - torch's own threads share the work
        return 1
