"""Choosing tokens one after the other: the likeliest ones, or ones drawn at a temperature."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.adapters.outbound.whisper.model import Decoding, Hypothesis
from app.adapters.outbound.whisper.torch_decoder import Decoder
from app.adapters.outbound.whisper.torch_memory import Past, Sound

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True, kw_only=True)
class Special:
    """What decoding must know of a vocabulary: `end` is the last token that a text may hold.

    All tokens above it are special ones or times and are never chosen, nor are those of `never`; those
    of `not_first` do not begin a text.
    """

    start: int
    end: int
    no_speech: int | None
    never: tuple[int, ...] = ()
    not_first: tuple[int, ...] = ()


@dataclass(slots=True)
class Text:
    """What was chosen for a window so far."""

    tokens: list[int] = field(default_factory=list)
    log_probability: float = 0.0
    ended: bool = False

    @property
    def average(self) -> float:
        """The log-probability of a token, the end being one of them, as OpenAI's implementation has it."""
        return self.log_probability / (len(self.tokens) + 1)

    def with_token(self, token: int, log_probability: float, end: int) -> "Text":
        ended = token == end
        return Text(self.tokens if ended else [*self.tokens, token], log_probability, ended)

    def repeating(self, ngram: int) -> list[int]:
        """The tokens that would end a run of `ngram` tokens that is in the text already; 0 forbids none."""
        if not 0 < ngram <= len(self.tokens):
            return []
        tail = self.tokens[len(self.tokens) - ngram + 1 :]
        ends = range(ngram - 1, len(self.tokens))
        return [self.tokens[end] for end in ends if self.tokens[end - ngram + 1 : end] == tail]


class Opening:
    """The prompt, read once for all windows: what comes first after it, and how likely nobody speaks."""

    def __init__(
        self,
        decoder: Decoder,
        sound: Sound,
        prompts: Sequence[Sequence[int]],
        decoding: Decoding,
        special: Special,
    ) -> None:
        import torch

        length = len(prompts[0])
        # Without room for a single token the model has nothing to say.
        self.max_tokens = max(0, min(decoding.max_tokens, decoder.capacity - length))
        rows = len(prompts) * (1 if decoding.temperature > 0 else decoding.beam_size)
        self.past: Past = decoder.past(rows, length + self.max_tokens)
        # Earlier decoding may have left the windows in another order.
        ordered = [list(prompts[window]) for window in sound.windows]
        hidden = decoder.read(torch.tensor(ordered, device=decoder.device), self.past, sound)
        self.scores = decoder.scores(hidden[:, -1], special.end + 1)
        self.no_speech = [0.0] * len(prompts)
        if special.no_speech is not None:
            after_start = hidden[:, ordered[0].index(special.start)]
            silent = decoder.scores(after_start).softmax(-1)[:, special.no_speech].tolist()
            self.no_speech = [silent[sound.windows.index(window)] for window in range(len(prompts))]

    def hypotheses(self, texts: Sequence[Text]) -> list[Hypothesis]:
        """The windows' texts, in the order of the windows."""
        return [
            Hypothesis(
                tokens=tuple(text.tokens), average_log_probability=text.average, no_speech_probability=silent
            )
            for text, silent in zip(texts, self.no_speech, strict=True)
        ]


def forbid(scores: "torch.Tensor", texts: Sequence[Text], ngram: int, special: Special) -> "torch.Tensor":
    """Log-probabilities (rows, tokens) of what may follow each text; -inf where a token may not."""
    if special.never:
        scores[:, list(special.never)] = -float("inf")
    if special.not_first and not texts[0].tokens:
        scores[:, list(special.not_first)] = -float("inf")
    for row, text in enumerate(texts):
        if repeating := text.repeating(ngram):
            scores[row, repeating] = -float("inf")
    return scores.log_softmax(-1)


def decode(
    decoder: Decoder, sound: Sound, prompts: Sequence[Sequence[int]], decoding: Decoding, special: Special
) -> list[Hypothesis]:
    """One token per window at a time; a window that has ended is dropped from the batch."""
    import torch

    opening = Opening(decoder, sound, prompts, decoding, special)
    draws = draws_of(decoding)
    texts = [Text() for _ in prompts]
    scores = opening.scores
    for step in range(opening.max_tokens):
        live = [texts[window] for window in sound.windows[: len(scores)]]
        likely = forbid(scores, live, decoding.no_repeat_ngram_size, special)
        chosen = draw(likely / decoding.temperature, draws[step]) if draws else likely.argmax(-1)
        gained = likely.gather(-1, chosen[:, None])[:, 0].tolist()
        for text, token, log_probability in zip(live, chosen.tolist(), gained, strict=True):
            text.log_probability += log_probability
            if token == special.end:
                text.ended = True
            else:
                text.tokens.append(token)
        going_on = [row for row, text in enumerate(live) if not text.ended]
        if not going_on or step + 1 == opening.max_tokens:
            break
        order = sound.move_to_front(going_on)
        opening.past.keep(order)
        following = torch.tensor([[live[row].tokens[-1]] for row in order], device=decoder.device)
        scores = decoder.scores(decoder.read(following, opening.past, sound)[:, -1], special.end + 1)
    return opening.hypotheses(texts)


def draws_of(decoding: Decoding) -> list[float]:
    """One number within 0..1 for each step, the same for all windows and on every device.

    So a window gets the same text alone and in any company, and another one at another temperature.
    """
    import torch

    if decoding.temperature <= 0:
        return []
    seeded = torch.Generator().manual_seed(round(decoding.temperature * 1_000))
    drawn: list[float] = torch.rand(decoding.max_tokens, generator=seeded, dtype=torch.float64).tolist()
    return drawn


def draw(scores: "torch.Tensor", at: float) -> "torch.Tensor":
    """The token of each row where its cumulated probability passes `at`."""
    import torch

    sums = scores.double().softmax(-1).cumsum(-1)
    return torch.searchsorted(sums, sums[:, -1:] * at, right=True)[:, 0].clamp(max=scores.shape[-1] - 1)
