"""The tiny Whisper that the repository carries, and a stand-in for it that says what it is told."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from app.adapters.outbound.whisper.model import Alignment, Decoding, Hypothesis, WhisperModel
from app.adapters.outbound.whisper.vocabulary import Vocabulary
from app.domain.audio import Samples

CHECKPOINT = Path(__file__).parents[3] / "fixtures" / "tiny_whisper" / "checkpoint"


@cache
def vocabulary(*, multilingual: bool = True) -> Vocabulary:
    return Vocabulary.of_model(CHECKPOINT, multilingual=multilingual)


def tokens_of(text: str) -> tuple[int, ...]:
    """The tokens of words that the tiny Whisper knows."""
    return tuple(vocabulary().prompt_tokens(text, ())[1:])


def said(text: str, *, likely: float = -0.2, no_speech: float = 0.0) -> Hypothesis:
    return Hypothesis(tokens=tokens_of(text), average_log_probability=likely, no_speech_probability=no_speech)


class ToldWhisper(WhisperModel[list[Samples]]):
    """Gives each window, known by its length in samples, the next of its hypotheses; notes what it is asked.

    `languages` are its guesses by window. Every token is spoken for a fifth of a second.
    """

    def __init__(
        self,
        script: dict[int, list[Hypothesis]],
        *,
        languages: dict[int, dict[str, float]] | None = None,
        multilingual: bool = True,
    ) -> None:
        self.vocabulary = vocabulary(multilingual=multilingual)
        self._script = {length: list(hypotheses) for length, hypotheses in script.items()}
        self._languages = languages or {}
        self.encoded: list[int] = []
        self.batches: list[int] = []
        self.detected: list[int] = []
        self.generated: list[tuple[int, tuple[int, ...], Decoding]] = []
        self.aligned: list[tuple[tuple[int, ...], tuple[int, ...]]] = []
        self.closed = False

    def encode(self, windows: Sequence[Samples]) -> list[Samples]:
        self.encoded += [len(window) for window in windows]
        self.batches.append(len(windows))
        return list(windows)

    def rows(self, encoded: list[Samples], indexes: Sequence[int]) -> list[Samples]:
        return [encoded[index] for index in indexes]

    def detect_languages(self, encoded: list[Samples]) -> list[dict[str, float]]:
        self.detected += [len(window) for window in encoded]
        return [self._languages[len(window)] for window in encoded]

    def generate(
        self, encoded: list[Samples], prompts: Sequence[Sequence[int]], decoding: Decoding
    ) -> list[Hypothesis]:
        assert len({len(prompt) for prompt in prompts}) == 1
        for window, prompt in zip(encoded, prompts, strict=True):
            self.generated.append((len(window), tuple(prompt), decoding))
        return [self._script[len(window)].pop(0) for window in encoded]

    def align(
        self,
        encoded: list[Samples],
        start: Sequence[int],
        texts: Sequence[Sequence[int]],
        positions: Sequence[int],
    ) -> list[Alignment]:
        assert len(encoded) == len(texts) == len(positions)
        self.aligned += [(tuple(start), tuple(text)) for text in texts]
        return [
            Alignment(
                edges_s=tuple(0.2 * index for index in range(len(text) + 1)),
                probabilities=(0.9,) * len(text),
            )
            for text in texts
        ]

    def close(self) -> None:
        self.closed = True
