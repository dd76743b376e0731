"""When tokens are spoken, read off the attention that the decoder pays to the sound."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from app.adapters.outbound.whisper.alignment import starts_of_rows
from app.adapters.outbound.whisper.model import SECONDS_PER_POSITION, Alignment
from app.adapters.outbound.whisper.torch_decoder import Decoder
from app.adapters.outbound.whisper.torch_memory import Sound

if TYPE_CHECKING:
    import torch

# Devillard's network of exchanges for the median of 7 ("Fast median search", 1998), in element-wise minima
# and maxima: ten times as fast as torch.median, which sorts every seven numbers by themselves.
_EXCHANGES = (
    (0, 5),
    (0, 3),
    (1, 6),
    (2, 4),
    (0, 1),
    (3, 5),
    (2, 6),
    (2, 3),
    (3, 6),
    (4, 5),
    (1, 4),
    (1, 3),
    (3, 4),
)
_REACH = 3


class Aligner:
    """Reads a text once and looks at the attention of `heads` alone: (layer, head), those that follow speech.

    Without any, all heads of the upper half of the layers.
    """

    def __init__(self, decoder: Decoder, heads: Sequence[tuple[int, int]], *, end: int) -> None:
        upper_half = range(decoder.layers // 2, decoder.layers)
        chosen = heads or [(layer, head) for layer in upper_half for head in range(decoder.heads)]
        self._decoder = decoder
        self._end = end
        self._heads: dict[int, list[int]] = {}
        for layer, head in chosen:
            self._heads.setdefault(layer, []).append(head)

    def align(
        self,
        sound: Sound,
        start: Sequence[int],
        texts: Sequence[Sequence[int]],
        positions: Sequence[int],
    ) -> list[Alignment]:
        """The edges of `texts`, one for each window. `start` ends with `<|notimestamps|>`."""
        import torch

        ordered = [texts[window] for window in sound.windows]
        longest = max(map(len, ordered))
        padded = [[*start, *text, *[self._end] * (longest - len(text) + 1)] for text in ordered]
        tokens = torch.tensor(padded, device=self._decoder.device)
        past = self._decoder.past(*tokens.shape)
        queries: dict[int, torch.Tensor] = {}

        def remember(layer: int, query: torch.Tensor) -> None:
            if layer in self._heads:
                queries[layer] = query[:, self._heads[layer]]

        hidden = self._decoder.read(tokens, past, sound, on_query=remember)
        alignments: list[Alignment | None] = [None] * len(texts)
        for row, (window, text) in enumerate(zip(sound.windows, ordered, strict=True)):
            # What is read at the last start token looks for the first text token, and so on: the row of
            # the last text token looks for the end, and where that begins, the text is over.
            first, last = len(start) - 1, len(start) + len(text)
            keys = (self._decoder.keys(sound, layer)[row, chosen] for layer, chosen in self._heads.items())
            looks = _attention(
                (queries[layer][row, :, : last + 1] for layer in self._heads), keys, positions[window]
            )
            followed = smooth(_distinct(looks)[:, first:last]).mean(0)
            starts = starts_of_rows(-followed.cpu().numpy())
            scores = self._decoder.scores(hidden[row, first : last - 1], self._end)
            chances = scores.softmax(-1).gather(-1, tokens[row, first + 1 : last, None])
            alignments[window] = Alignment(
                edges_s=tuple(round(at * SECONDS_PER_POSITION, 2) for at in starts),
                probabilities=tuple(chances[:, 0].tolist()),
            )
        return [alignment for alignment in alignments if alignment is not None]


def _attention(
    queries: "Iterable[torch.Tensor]", keys: "Iterable[torch.Tensor]", positions: int
) -> "torch.Tensor":
    """(heads, tokens, positions): how much each token looks at each position that holds sound."""
    import torch

    looks = [
        (query.float() * query.shape[-1] ** -0.5) @ key[:, : max(1, positions)].float().transpose(1, 2)
        for query, key in zip(queries, keys, strict=True)
    ]
    return torch.cat(looks).softmax(-1)


def _distinct(looks: "torch.Tensor") -> "torch.Tensor":
    """How much more than the other tokens each one looks at a position, in standard deviations."""
    deviation = looks.std(dim=1, keepdim=True, correction=0)
    distinct: torch.Tensor = (looks - looks.mean(dim=1, keepdim=True)) / deviation.clamp(min=1e-9)
    return distinct


def smooth(looks: "torch.Tensor") -> "torch.Tensor":
    """The median over seven neighbouring positions; what is shorter than half of that stays as it is."""
    import torch

    positions = looks.shape[-1]
    if positions <= _REACH:
        return looks
    padded = torch.nn.functional.pad(looks, (_REACH, _REACH), mode="reflect")
    shifted = [padded[..., shift : shift + positions] for shift in range(2 * _REACH + 1)]
    for low, high in _EXCHANGES:
        one, other = shifted[low], shifted[high]
        shifted[low], shifted[high] = torch.minimum(one, other), torch.maximum(one, other)
    return shifted[_REACH]
