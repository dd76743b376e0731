"""Whisper run by CTranslate2."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from app.adapters.outbound.model_on_device import OutOfDeviceMemory
from app.adapters.outbound.whisper.features import log_mel
from app.adapters.outbound.whisper.model import (
    SECONDS_PER_POSITION,
    Alignment,
    Decoding,
    Hypothesis,
    WhisperModel,
)
from app.adapters.outbound.whisper.vocabulary import Vocabulary
from app.domain.audio import Samples
from app.domain.errors import EngineFailed, EngineUnavailable

if TYPE_CHECKING:
    import ctranslate2  # type: ignore[import-untyped]  # it ships no types

_log = logging.getLogger(__name__)

ENGINE = "faster-whisper"


class CTranslate2Whisper(WhisperModel["ctranslate2.StorageView"]):
    """On a GPU one worker has all of it; on a CPU each of several has a core, and they share the weights."""

    def __init__(self, model: "ctranslate2.models.Whisper", vocabulary: Vocabulary) -> None:
        self._model = model
        self.vocabulary = vocabulary

    @classmethod
    def load(
        cls, folder: Path, *, device: str, device_index: int, compute_type: str, workers: int
    ) -> "CTranslate2Whisper":
        """From a folder of CTranslate2's. `compute_type` "auto": int8 on a CPU, float16 on a GPU.

        Raises `EngineUnavailable` when the folder cannot be loaded onto the device.
        """
        import ctranslate2

        fastest = "int8" if device == "cpu" else "float16"
        try:
            model = ctranslate2.models.Whisper(
                str(folder),
                device=device,
                device_index=device_index,
                compute_type=fastest if compute_type == "auto" else compute_type,
                inter_threads=workers,
                intra_threads=1,
            )
            vocabulary = Vocabulary.of_model(folder, multilingual=model.is_multilingual)
        except (RuntimeError, ValueError, OSError, MemoryError) as error:
            raise _unloadable(folder, device, error) from error
        return cls(model, vocabulary)

    def encode(self, windows: Sequence[Samples]) -> "ctranslate2.StorageView":
        import ctranslate2

        features = log_mel(windows, self._model.n_mels)
        if self._model.device != "cpu":
            return self._run("encode", ctranslate2.StorageView.from_array(features))
        # One at a time stays in a core's cache: of eight, each takes 0.53 s instead of 0.41 (tiny, int8), and
        # eight times the memory.
        each = [
            self._run("encode", ctranslate2.StorageView.from_array(features[row : row + 1]))
            for row in range(len(windows))
        ]
        return each[0] if len(each) == 1 else _view(np.concatenate([np.asarray(view) for view in each]))

    def rows(self, encoded: "ctranslate2.StorageView", indexes: Sequence[int]) -> "ctranslate2.StorageView":
        import ctranslate2

        if list(indexes) == list(range(encoded.shape[0])):
            return encoded
        if encoded.device != "cpu":
            # The library cannot index: the host does, and the library takes them to the device again.
            encoded = encoded.to(ctranslate2.DataType.float32).to_device(ctranslate2.Device.cpu)
        return _view(np.asarray(encoded)[list(indexes)])

    def detect_languages(self, encoded: "ctranslate2.StorageView") -> list[dict[str, float]]:
        found = self._run("detect_language", encoded)
        return [{token[2:-2]: probability for token, probability in each} for each in found]

    def generate(
        self, encoded: "ctranslate2.StorageView", prompts: Sequence[Sequence[int]], decoding: Decoding
    ) -> list[Hypothesis]:
        length = len(prompts[0])
        results = self._run(
            "generate",
            encoded,
            [list(prompt) for prompt in prompts],
            beam_size=1 if decoding.temperature > 0 else decoding.beam_size,
            # The library generates at most half of this, and what the prompt leaves of it.
            max_length=max(2 * decoding.max_tokens, decoding.max_tokens + length),
            no_repeat_ngram_size=decoding.no_repeat_ngram_size,
            sampling_topk=0 if decoding.temperature > 0 else 1,
            sampling_temperature=decoding.temperature or 1.0,
            return_scores=True,
            return_no_speech_prob=True,
        )
        return [self._hypothesis(result) for result in results]

    def align(
        self,
        encoded: "ctranslate2.StorageView",
        start: Sequence[int],
        texts: Sequence[Sequence[int]],
        positions: Sequence[int],
    ) -> list[Alignment]:
        frames = [2 * count for count in positions]
        results = self._run("align", encoded, list(start), [list(text) for text in texts], frames)
        return [_alignment(result) for result in results]

    def close(self) -> None:
        self._model.unload_model()

    def _hypothesis(self, result: Any) -> Hypothesis:
        tokens = result.sequences_ids[0]
        # The library's score is the mean over these tokens; the end counts in the sum and, here, in the mean.
        mean = result.scores[0] * len(tokens) / (len(tokens) + 1)
        return Hypothesis(
            tokens=tuple(token for token in tokens if self.vocabulary.is_text(token)),
            average_log_probability=mean,
            no_speech_probability=result.no_speech_prob,
        )

    def _run(self, method: str, *args: Any, **kwargs: Any) -> Any:
        try:
            return getattr(self._model, method)(*args, **kwargs)
        except (RuntimeError, ValueError, MemoryError) as error:
            if _is_out_of_memory(error):
                raise OutOfDeviceMemory(ENGINE) from error
            raise EngineFailed(ENGINE, f"CTranslate2 could not {method}: {error}") from error


def _view(array: npt.NDArray[np.float32]) -> "ctranslate2.StorageView":
    import ctranslate2

    return ctranslate2.StorageView.from_array(np.ascontiguousarray(array))


def _alignment(result: Any) -> Alignment:
    """The library gives the path of the time warping: a token starts where the path first reaches it."""
    path = np.array(result.alignments)
    first = np.flatnonzero(np.diff(path[:, 0], prepend=-1))
    edges = path[first, 1] * SECONDS_PER_POSITION
    return Alignment(edges_s=tuple(edges.tolist()), probabilities=tuple(result.text_token_probs))


def _is_out_of_memory(error: BaseException) -> bool:
    text = str(error).lower()
    told = ("out of memory", "bad_alloc", "failed to allocate", "cannot allocate")
    return isinstance(error, MemoryError) or any(words in text for words in told)


def _unloadable(folder: Path, device: str, error: BaseException) -> EngineUnavailable:
    if _is_out_of_memory(error):
        return EngineUnavailable(
            ENGINE,
            f"{folder.name} does not fit into the memory of {device}",
            "Set WHISPER_MODEL to a smaller model, WHISPER_COMPUTE_TYPE=int8, or WHISPER_DEVICE=cpu",
        )
    if "compute type" in str(error).lower():
        return EngineUnavailable(ENGINE, str(error), "Set WHISPER_COMPUTE_TYPE=auto")
    if "cuda" in str(error).lower() or "cublas" in str(error).lower() or "cudnn" in str(error).lower():
        return EngineUnavailable(
            ENGINE,
            f"the GPU cannot be used: {error}",
            "Install CUDA 12's cuBLAS and cuDNN 9 (pip install nvidia-cublas-cu12 nvidia-cudnn-cu12), or set "
            "WHISPER_DEVICE=cpu",
        )
    return EngineUnavailable(
        ENGINE,
        f"the weights in {folder} cannot be loaded: {error}",
        "Remove and fetch them again: diarist models rm NAME, diarist models pull NAME",
    )
