"""Counts what both sides do with a model, in the libraries that both of them call."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bench.figures import Work


class Counter:
    """Windows and tokens since the start or the last `take`. Threads may count at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._windows = self._tokens = 0

    def add(self, *, windows: int = 0, tokens: int = 0) -> None:
        with self._lock:
            self._windows += windows
            self._tokens += tokens

    def take(self, *, words: int | None = None) -> Work:
        """What was counted, and start again at nothing."""
        with self._lock:
            done = Work(windows=self._windows, tokens=self._tokens, words=words)
            self._windows = self._tokens = 0
        return done


@contextmanager
def counted() -> Iterator[Counter]:
    """Count in every model of CTranslate2 that is made inside."""
    counter = Counter()
    import ctranslate2

    library: Any = ctranslate2.models
    whisper: Any = library.Whisper

    class CountedWhisper(whisper):
        def encode(self, features: Any, *args: Any, **kwargs: Any) -> Any:
            counter.add(windows=features.shape[0])
            return super().encode(features, *args, **kwargs)

        def generate(self, *args: Any, **kwargs: Any) -> Any:
            results = super().generate(*args, **kwargs)
            counter.add(tokens=sum(len(result.sequences_ids[0]) for result in results))
            return results

    library.Whisper = CountedWhisper
    try:
        yield counter
    finally:
        library.Whisper = whisper


@contextmanager
def counted_in_transformers() -> Iterator[Counter]:
    """Count in every Whisper of transformers that is used inside, by its own decoder or by ours.

    Of its own, tokens are what comes of a prompt or of one token before: passes over a whole text at
    once, for its word times, do not count. Ours tells what it decoded.
    """
    from app.adapters.outbound.whisper.torch_model import TorchWhisper
    from bench.geometries import PROMPT_TOKENS
    from bench.models import import_transformers

    import_transformers()
    from transformers.models.whisper.modeling_whisper import WhisperDecoder, WhisperEncoder

    counter = Counter()
    encode, decode = WhisperEncoder.forward, WhisperDecoder.forward
    generate = TorchWhisper.generate

    def counted_encode(self: Any, *args: Any, **kwargs: Any) -> Any:
        features = kwargs.get("input_features", args[0] if args else None)
        counter.add(windows=features.shape[0])
        return encode(self, *args, **kwargs)

    def counted_decode(self: Any, *args: Any, **kwargs: Any) -> Any:
        fed = kwargs.get("input_ids", args[0] if args else None)
        if fed is not None and fed.shape[1] <= PROMPT_TOKENS:
            counter.add(tokens=fed.shape[0])
        return decode(self, *args, **kwargs)

    def counted_generate(self: Any, *args: Any, **kwargs: Any) -> Any:
        hypotheses = generate(self, *args, **kwargs)
        counter.add(tokens=sum(len(hypothesis.tokens) for hypothesis in hypotheses))
        return hypotheses

    WhisperEncoder.forward, WhisperDecoder.forward = counted_encode, counted_decode
    TorchWhisper.generate = counted_generate
    try:
        yield counter
    finally:
        WhisperEncoder.forward, WhisperDecoder.forward = encode, decode
        TorchWhisper.generate = generate
