"""Whether a decoded text can be true. The rules and thresholds are those of OpenAI's Whisper."""

import zlib
from dataclasses import dataclass

from app.adapters.outbound.whisper.model import Hypothesis

MAX_COMPRESSION_RATIO = 2.4
"""A text that deflates better than this repeats itself."""
LEAST_LOG_PROBABILITY = -1.0
"""Tokens less likely than this on average are guesses."""
NO_SPEECH_PROBABILITY = 0.6
"""Above this, a text of guesses was made up in silence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A hypothesis, its text, and what speaks against it."""

    tokens: tuple[int, ...]
    text: str
    compression_ratio: float
    average_log_probability: float
    no_speech_probability: float

    @property
    def is_silence(self) -> bool:
        return (
            self.no_speech_probability > NO_SPEECH_PROBABILITY
            and self.average_log_probability < LEAST_LOG_PROBABILITY
        )

    @property
    def repeats(self) -> bool:
        return self.compression_ratio > MAX_COMPRESSION_RATIO

    @property
    def looks_wrong(self) -> bool:
        """Whether another way of decoding is worth a try."""
        unlikely = self.average_log_probability < LEAST_LOG_PROBABILITY
        return (self.repeats or unlikely) and not self.is_silence

    def better(self, later: "Verdict") -> "Verdict":
        """Which of two to believe: one that does not repeat itself, then the likelier, then this one."""
        return max(self, later, key=lambda each: (not each.repeats, each.average_log_probability))


def judge(hypothesis: Hypothesis, text: str) -> Verdict:
    return Verdict(
        tokens=hypothesis.tokens,
        text=text,
        compression_ratio=compression_ratio(text),
        average_log_probability=hypothesis.average_log_probability,
        no_speech_probability=hypothesis.no_speech_probability,
    )


def compression_ratio(text: str) -> float:
    """How many bytes of text a deflated byte stands for; 0 for no text."""
    plain = text.encode("utf-8")
    return len(plain) / len(zlib.compress(plain)) if plain else 0.0
