"""Whisper run by torch, over weights in the format of transformers."""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.adapters.outbound.model_on_device import OutOfDeviceMemory
from app.adapters.outbound.whisper.model import Alignment, Decoding, Hypothesis, WhisperModel
from app.adapters.outbound.whisper.torch_alignment import Aligner
from app.adapters.outbound.whisper.torch_beams import search
from app.adapters.outbound.whisper.torch_decoder import Decoder
from app.adapters.outbound.whisper.torch_decoding import Special, decode
from app.adapters.outbound.whisper.torch_features import LogMel
from app.adapters.outbound.whisper.torch_loading import ENGINE, load_network
from app.adapters.outbound.whisper.torch_memory import Sound
from app.adapters.outbound.whisper.vocabulary import Vocabulary
from app.domain.audio import Samples
from app.domain.errors import EngineFailed

__all__ = ["ENGINE", "TorchWhisper"]


class TorchWhisper(WhisperModel[Sound]):
    """One thread at a time may call it. `network` is a WhisperForConditionalGeneration, set to evaluate."""

    def __init__(self, network: Any, vocabulary: Vocabulary, *, threads: int) -> None:
        settings = network.generation_config
        self.vocabulary = vocabulary
        self._threads = threads
        self._encoder = network.model.encoder
        self._decoder = Decoder(network)
        self._features = LogMel(network.config.num_mel_bins, self._decoder.device)
        self._special = Special(
            start=vocabulary.start,
            end=vocabulary.end,
            no_speech=vocabulary.no_speech,
            never=_below(vocabulary.end + 1, settings.suppress_tokens),
            not_first=_below(vocabulary.end + 1, settings.begin_suppress_tokens),
        )
        heads = [(layer, head) for layer, head in getattr(settings, "alignment_heads", None) or ()]
        self._aligner = Aligner(self._decoder, heads, end=vocabulary.end)

    @classmethod
    def load(cls, folder: Path, *, device: str, dtype: str, threads: int) -> "TorchWhisper":
        """From a folder of transformers'. `device` and `dtype` are torch's names: cuda:0, bfloat16.

        Raises `EngineUnavailable` when it cannot be loaded onto the device.
        """
        network, vocabulary = load_network(folder, device=device, dtype=dtype)
        return cls(network, vocabulary, threads=threads)

    def encode(self, windows: Sequence[Samples]) -> Sound:
        with self._running("encode"):
            features = self._features(windows).to(self._encoder.conv1.weight.dtype)
            return Sound(self._encoder(features).last_hidden_state)

    def rows(self, encoded: Sound, indexes: Sequence[int]) -> Sound:
        with self._running("select windows"):
            return encoded.of_windows(indexes)

    def detect_languages(self, encoded: Sound) -> list[dict[str, float]]:
        codes, tokens = zip(*self.vocabulary.languages.items(), strict=True)
        with self._running("detect languages"):
            import torch

            start = torch.full((len(encoded), 1), self.vocabulary.start, device=self._decoder.device)
            hidden = self._decoder.read(start, self._decoder.past(len(encoded), 1), encoded)
            chances = self._decoder.scores(hidden[:, -1])[:, list(tokens)].softmax(-1).tolist()
            return [
                dict(zip(codes, chances[encoded.windows.index(window)], strict=True))
                for window in range(len(encoded))
            ]

    def generate(
        self, encoded: Sound, prompts: Sequence[Sequence[int]], decoding: Decoding
    ) -> list[Hypothesis]:
        choose = search if decoding.beam_size > 1 and decoding.temperature <= 0 else decode
        with self._running("generate"):
            return choose(self._decoder, encoded, prompts, decoding, self._special)

    def align(
        self,
        encoded: Sound,
        start: Sequence[int],
        texts: Sequence[Sequence[int]],
        positions: Sequence[int],
    ) -> list[Alignment]:
        with self._running("align"):
            started = [*start, self.vocabulary.no_timestamps]
            return self._aligner.align(encoded, started, texts, positions)

    def close(self) -> None:
        on_gpu = self._decoder.device.type == "cuda"
        del self._encoder, self._decoder, self._aligner, self._features
        if on_gpu:
            import torch

            # The network refers to itself: only when it is collected is there something to give back.
            gc.collect()
            torch.cuda.empty_cache()

    @contextmanager
    def _running(self, task: str) -> Iterator[None]:
        """Torch without gradients, with this model's number of threads, and with Diarist's errors."""
        import torch

        # The number holds for the calling thread, but other models change what new threads begin with.
        if torch.get_num_threads() != self._threads:
            torch.set_num_threads(self._threads)
        try:
            with torch.inference_mode():
                yield
        except (torch.OutOfMemoryError, MemoryError) as error:
            raise OutOfDeviceMemory(ENGINE) from error
        except RuntimeError as error:
            if "can't allocate memory" in str(error):
                raise OutOfDeviceMemory(ENGINE) from error
            raise EngineFailed(ENGINE, f"torch could not {task}: {error}") from error


def _below(end: int, tokens: Sequence[int] | None) -> tuple[int, ...]:
    """Those of `tokens` that a text can hold at all; a negative one stands for others."""
    return tuple(token for token in tokens or () if 0 <= token < end)
