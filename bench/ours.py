"""Diarist as it is measured: from a file to the last event, with everything that lies between."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from app.domain.events import Done, Segment
from app.domain.ports import DiarizationPort, TranscriptionPort
from app.domain.windows import MAX_WINDOW_S, SpeechWindow
from app.infrastructure.settings import Settings
from app.library import Diarist, open_diarist
from bench.models import Model

Engine = Literal["faster-whisper", "transformers"]
NAMES = {"faster-whisper": "Diarist, CTranslate2 engine", "transformers": "Diarist, transformers engine"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One transcription: seconds from the call to the first segment and to the end, and its words."""

    first_s: float
    total_s: float
    words: int


def engine(
    model: Model,
    *,
    threads: int,
    kind: Engine = "faster-whisper",
    device: str = "cpu",
    compute_type: str | None = None,
    batch_size: int | None = None,
    tokens: Callable[[SpeechWindow], int] | None = None,
) -> TranscriptionPort:
    """Our engine for equal work: no fallback, nothing suppressed, texts of the model's number of tokens.

    A first window that is short gets the share of its sound. `tokens` says how many a window gets instead.
    """
    from app.adapters.outbound.whisper.recognizer import DecodingPolicy

    limit = tokens or (lambda window: _tokens(model, window))
    common: dict[str, Any] = {
        "device": device,
        "batch_size": batch_size,
        "threads": threads,
        "policy": DecodingPolicy(fallback=False, suppress=False, max_tokens=limit),
    }
    if kind == "faster-whisper":
        from app.adapters.outbound.transcription.faster_whisper import FasterWhisperTranscriber

        folder = str(model.ctranslate2)
        return FasterWhisperTranscriber(folder, compute_type=compute_type or "int8", **common)
    from app.adapters.outbound.transcription.whisper_transformers import WhisperTransformersTranscriber

    return WhisperTransformersTranscriber(
        str(model.transformers), compute_type=compute_type or "float32", **common
    )


def _tokens(model: Model, window: SpeechWindow) -> int:
    """The model's number, which is that of 30 s of sound."""
    short = window.index == 0 and window.duration < MAX_WINDOW_S / 2
    return max(1, round(model.tokens * window.duration / MAX_WINDOW_S)) if short else model.tokens


def settings(threads: int) -> Settings:
    """Those that a newcomer has, whatever is in the environment's `.env`."""
    return Settings(_env_file=None, cpu_threads=threads)


@contextmanager
def opened(
    transcription: TranscriptionPort, *, threads: int, diarization: DiarizationPort | None = None
) -> Iterator[Diarist]:
    """The library with this engine, reading files where they are and keeping nothing."""
    chosen = {"transcription": transcription, "diarization": diarization or "none"}
    with open_diarist(settings(threads), **chosen) as diarist:
        yield diarist


def hear(
    diarist: Diarist,
    path: Path,
    *,
    diarize: bool = False,
    beam_size: int | None = None,
    only_first: bool = False,
) -> Heard:
    """Transcribe one file; `only_first` stops the work after the first segment."""
    before = time.perf_counter()
    first_s, words = float("nan"), 0
    events = diarist.stream(path, diarize=diarize, language="en", beam_size=beam_size)
    try:
        for event in events:
            if isinstance(event, Segment) and first_s != first_s:
                first_s = time.perf_counter() - before
                if only_first:
                    break
            if isinstance(event, Done):
                words = sum(len(segment.words) for segment in event.transcript.segments)
        return Heard(first_s=first_s, total_s=time.perf_counter() - before, words=words)
    finally:
        events.close()  # type: ignore[attr-defined]
