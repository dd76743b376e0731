"""What a library must do to run Whisper for us: four passes over a batch of windows, and nothing else.

Prompts, fallback, suppression and words are decided once, in `recognizer.py`, for all of them.
"""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from app.adapters.outbound.whisper.vocabulary import Vocabulary
from app.domain.audio import Samples

SECONDS_PER_POSITION = 0.02
"""The encoder gives one vector for this much sound: 1,500 of them for 30 s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoding:
    """How tokens are chosen: the likeliest (beam 1), by beam search, or drawn at a `temperature` above 0.

    `no_repeat_ngram_size` n > 0 never gives the same n tokens twice. `max_tokens` ends a text that does
    not end by itself.
    """

    beam_size: int = 1
    temperature: float = 0.0
    no_repeat_ngram_size: int = 0
    max_tokens: int = 224


@dataclass(frozen=True, slots=True, kw_only=True)
class Hypothesis:
    """What was decoded for a window: text tokens only, no special ones.

    `average_log_probability` is over these tokens and the end, as in OpenAI's implementation;
    `no_speech_probability` that of `<|nospeech|>` at the start, 0 where the vocabulary has none.
    """

    tokens: tuple[int, ...]
    average_log_probability: float
    no_speech_probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """When each of n tokens is spoken: token i from `edges_s[i]` to `edges_s[i + 1]`, in window seconds.

    n + 1 edges that never fall, n `probabilities` within 0..1.
    """

    edges_s: tuple[float, ...]
    probabilities: tuple[float, ...]


Encoded = TypeVar("Encoded")


class WhisperModel(Protocol[Encoded]):
    """A loaded Whisper on one device. `Encoded` is the library's own: the encoder's output for a batch.

    Methods block and are called from worker threads, at most as many at once as the model was made
    for. Windows are float32 samples (n,) at 16 kHz, n ≤ 480,000, which the model pads to 30 s. The same
    input gives the same output, whatever else is in the batch. Raises `EngineFailed`.
    """

    vocabulary: Vocabulary

    @abstractmethod
    def encode(self, windows: Sequence[Samples]) -> Encoded:
        """Features and the encoder's output, computed once and used by all that follows."""

    @abstractmethod
    def rows(self, encoded: Encoded, indexes: Sequence[int]) -> Encoded:
        """Some windows of a batch, in the order of `indexes`."""

    @abstractmethod
    def detect_languages(self, encoded: Encoded) -> list[dict[str, float]]:
        """For each window the probability of each language code. Only for multilingual vocabularies."""

    @abstractmethod
    def generate(
        self, encoded: Encoded, prompts: Sequence[Sequence[int]], decoding: Decoding
    ) -> list[Hypothesis]:
        """Continue each window's prompt, which ends with the start tokens. Prompts are of one length."""

    @abstractmethod
    def align(
        self,
        encoded: Encoded,
        start: Sequence[int],
        texts: Sequence[Sequence[int]],
        positions: Sequence[int],
    ) -> list[Alignment]:
        """When the tokens of each text are spoken, by dynamic time warping over cross-attention.

        `start` are the start tokens without `<|notimestamps|>`; `positions` says how many encoder
        positions of each window hold sound. No text is empty.
        """

    @abstractmethod
    def close(self) -> None:
        """Let go of the weights and of the memory they took."""
