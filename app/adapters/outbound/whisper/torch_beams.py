"""Beam search: several beginnings of a text grow side by side, and the likeliest per token wins."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.adapters.outbound.whisper.model import Decoding, Hypothesis
from app.adapters.outbound.whisper.torch_decoder import Decoder
from app.adapters.outbound.whisper.torch_decoding import Opening, Special, Text, forbid
from app.adapters.outbound.whisper.torch_memory import Sound

if TYPE_CHECKING:
    import torch


class Beams:
    """The search in one window: `beams` go on, `ended` have reached the end of the text.

    It is over when as many have ended as there are beams, as in OpenAI's and CTranslate2's searches.
    """

    def __init__(self, width: int) -> None:
        self.width = width
        self.beams: list[Text] = [Text()]
        self.ended: list[Text] = []

    @property
    def over(self) -> bool:
        return len(self.ended) >= self.width

    def grow(self, candidates: Sequence[tuple[float, int, int]], end: int) -> list[int]:
        """Go on with the best of `candidates`: (log-probability of all, beam, token), likeliest first.

        Returns the beam that each of the new ones continues.
        """
        grown: list[Text] = []
        parents: list[int] = []
        for rank, (log_probability, beam, token) in enumerate(candidates):
            text = self.beams[beam].with_token(token, log_probability, end)
            if not text.ended and len(grown) < self.width:
                grown.append(text)
                parents.append(beam)
            elif text.ended and rank < self.width:
                self.ended.append(text)
        self.beams = grown
        return parents

    def best(self) -> Text:
        # What did not end within the tokens allowed counts only where nothing else is there.
        return max(self.ended or self.beams, key=lambda text: text.average)


def search(
    decoder: Decoder, sound: Sound, prompts: Sequence[Sequence[int]], decoding: Decoding, special: Special
) -> list[Hypothesis]:
    """`decoding.beam_size` beams for each window; a window whose search is over is dropped from the batch."""
    import torch

    width = decoding.beam_size
    opening = Opening(decoder, sound, prompts, decoding, special)
    searches = [Beams(width) for _ in prompts]
    scores = opening.scores
    for step in range(opening.max_tokens):
        live = [searches[window] for window in sound.windows[: len(scores) // (width if step else 1)]]
        beams = [beam for each in live for beam in each.beams]
        likely = forbid(scores, beams, decoding.no_repeat_ngram_size, special)
        told = torch.tensor([beam.log_probability for beam in beams], device=likely.device)
        ranked = _ranked(likely + told[:, None], len(live), 2 * width)
        parents = [each.grow(found, special.end) for each, found in zip(live, ranked, strict=True)]
        going_on = [row for row, each in enumerate(live) if not each.over]
        if not going_on or step + 1 == opening.max_tokens:
            break
        order = sound.move_to_front(going_on)
        beams_before = len(beams) // len(live)
        opening.past.keep([row * beams_before + parent for row in order for parent in parents[row]])
        following = [[beam.tokens[-1]] for row in order for beam in live[row].beams]
        tokens = torch.tensor(following, device=decoder.device)
        hidden = decoder.read(tokens, opening.past, sound, beams=width)
        scores = decoder.scores(hidden[:, -1], special.end + 1)
    return opening.hypotheses([each.best() for each in searches])


def _ranked(scores: "torch.Tensor", windows: int, count: int) -> list[list[tuple[float, int, int]]]:
    """For each window its best candidates: (score, beam, token), best first."""
    vocabulary = scores.shape[-1]
    best = scores.view(windows, -1).topk(count, dim=-1)
    return [
        [(value, *divmod(place, vocabulary)) for value, place in zip(values, places, strict=True)]
        for values, places in zip(best.values.tolist(), best.indices.tolist(), strict=True)
    ]
