"""Whisper by CTranslate2, the library behind faster-whisper: int8 on CPUs, float16 on GPUs."""

from pathlib import Path
from typing import ClassVar

from app.adapters.outbound.models.weights import Layout
from app.adapters.outbound.whisper.ctranslate2_model import ENGINE, CTranslate2Whisper
from app.adapters.outbound.whisper.devices import Device
from app.adapters.outbound.whisper.transcriber import WhisperTranscriber

CPU_BATCH_SIZE = 4
"""For each worker. Larger ones gain nothing on a core of its own, and hold up the first segment."""
GPU_BATCH_SIZE = 16


class FasterWhisperTranscriber(WhisperTranscriber):
    """On a CPU as many single-threaded workers as cores share the weights; each GPU has a copy of its own.

    Weights in the hub's format are converted once and kept in the model cache; repositories that are
    converted already, such as Systran/faster-whisper-large-v3, are taken as they are.
    """

    engine = ENGINE
    layout: ClassVar[Layout] = "ctranslate2"
    package = "ctranslate2"
    remedy = "Run: pip install 'diarist[faster-whisper]'"

    @staticmethod
    def load_model(folder: Path, device: Device, compute_type: str, threads: int) -> CTranslate2Whisper:
        return CTranslate2Whisper.load(
            folder,
            device=device.kind,
            device_index=device.index,
            compute_type=compute_type,
            workers=threads if device.kind == "cpu" else 1,
        )

    @staticmethod
    def batch_size(*, on_cpu: bool) -> int:
        return CPU_BATCH_SIZE if on_cpu else GPU_BATCH_SIZE

    @staticmethod
    def workers(threads: int) -> int:
        return threads
