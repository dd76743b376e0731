"""The others, used as their documentation says, with the same weights and set to do the same work.

Off on both sides, because random weights would set them off: fallback to other temperatures, the text so far
as a prompt, and suppression. On on both sides: word times. Their own defaults stand for all else.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.geometries import PROMPT_TOKENS, TIMESTAMPS_AROUND
from bench.models import Model, import_transformers
from bench.ours import Heard

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

BATCH_SIZE = 8
_EQUAL_WORK: dict[str, Any] = {
    "language": "en",
    "word_timestamps": True,
    "temperature": 0.0,
    "compression_ratio_threshold": None,
    "log_prob_threshold": None,
    "no_speech_threshold": None,
    "condition_on_previous_text": False,
    "suppress_tokens": [],
    "suppress_blank": False,
}


def faster_whisper(
    model: Model, *, threads: int, device: str = "cpu", compute_type: str = "int8"
) -> "WhisperModel":
    """faster-whisper as it comes: one worker with all the threads."""
    from faster_whisper import WhisperModel

    return WhisperModel(
        str(model.ctranslate2), device=device, compute_type=compute_type, cpu_threads=threads, num_workers=1
    )


def batched(
    whisper: "WhisperModel",
    path: Path,
    tokens: int,
    *,
    batch_size: int = BATCH_SIZE,
    only_first: bool = False,
    at_most_windows: int | None = None,
) -> Heard:
    """`BatchedInferencePipeline`, with its voice activity detection."""
    from faster_whisper import BatchedInferencePipeline

    def start() -> Iterable[Any]:
        segments, _ = BatchedInferencePipeline(whisper).transcribe(
            str(path),
            beam_size=1,
            batch_size=batch_size,
            vad_filter=True,
            max_new_tokens=_new_tokens(tokens, prompt=PROMPT_TOKENS),
            **_EQUAL_WORK,
        )
        return segments

    return _heard(start, at_most=1 if only_first else at_most_windows)


def sequential(whisper: "WhisperModel", path: Path, tokens: int, *, beam_size: int = 1) -> Heard:
    """`WhisperModel.transcribe`: window after window, with timestamps, without voice activity detection."""

    def start() -> Iterable[Any]:
        # Its prompt has no <|notimestamps|>.
        room = _new_tokens(tokens + TIMESTAMPS_AROUND, prompt=PROMPT_TOKENS - 1)
        segments, _ = whisper.transcribe(str(path), beam_size=beam_size, max_new_tokens=room, **_EQUAL_WORK)
        return segments

    return _heard(start)


def one_window(whisper: "WhisperModel", path: Path, tokens: int) -> Heard:
    """`WhisperModel.transcribe` of less than 30 s, without timestamps, so that it is one window."""

    def start() -> Iterable[Any]:
        room = _new_tokens(tokens, prompt=PROMPT_TOKENS)
        segments, _ = whisper.transcribe(
            str(path), beam_size=1, without_timestamps=True, max_new_tokens=room, **_EQUAL_WORK
        )
        return segments

    return _heard(start, at_most=1)


@contextmanager
def transformers_pipeline(
    model: Model, *, threads: int, device: str = "cpu", dtype: str = "float32", batch_size: int = BATCH_SIZE
) -> Iterator[Callable[[Path], Heard]]:
    """The ASR pipeline for long files: chunks of 30 s that overlap, in batches, with word times."""
    import_transformers()
    import torch
    from faster_whisper import decode_audio
    from transformers import pipeline

    threads_before = torch.get_num_threads()
    torch.set_num_threads(threads)
    recognize = pipeline(
        "automatic-speech-recognition",
        model=str(model.transformers),
        dtype=getattr(torch, dtype),
        device=device,
        chunk_length_s=30,
        batch_size=batch_size,
    )
    chosen = {"language": "en", "task": "transcribe", "num_beams": 1, "max_new_tokens": model.tokens}

    def hear(path: Path) -> Heard:
        before = time.perf_counter()
        # Given a path it would start ffmpeg, which need not be there: decoding is PyAV's on both sides.
        sound = {"raw": decode_audio(str(path)), "sampling_rate": 16_000}
        found: Any = recognize(sound, return_timestamps="word", generate_kwargs=dict(chosen))
        total_s = time.perf_counter() - before
        return Heard(first_s=total_s, total_s=total_s, words=len(found["chunks"]))

    try:
        yield hear
    finally:
        torch.set_num_threads(threads_before)


class Locked:
    """faster-whisper in a server of many requests: one model, one lock, one recording at a time."""

    def __init__(self, whisper: "WhisperModel") -> None:
        self._whisper = whisper
        self._lock = threading.Lock()

    def hear(self, path: Path, tokens: int) -> Heard:
        with self._lock:
            return batched(self._whisper, path, tokens)


def _new_tokens(tokens: int, *, prompt: int) -> int:
    """The setting that gives `tokens`: CTranslate2 generates half of prompt and new tokens together."""
    return 2 * tokens - prompt


def _heard(start: Callable[[], Iterable[Any]], *, at_most: int | None = None) -> Heard:
    before = time.perf_counter()
    first_s, words = float("nan"), 0
    for count, segment in enumerate(start(), start=1):
        if count == 1:
            first_s = time.perf_counter() - before
        words += len(segment.words or ())
        if count == at_most:
            break
    return Heard(first_s=first_s, total_s=time.perf_counter() - before, words=words)
