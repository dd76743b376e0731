"""What the decoder remembers: of the sound it listens to, and of the tokens it has read."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

KeysValues = tuple["torch.Tensor", "torch.Tensor"]


@dataclass(slots=True, eq=False)
class Sound:
    """What the encoder heard in n windows.

    `states` (n, positions, width). `attended` has for each decoder layer the keys and values of its
    cross-attention, (n, heads, positions, head width): it is filled when the decoder first needs it and
    used by every later pass over these windows. Its row r belongs to window `windows[r]`, because decoding
    moves rows about instead of copying what is by far the largest thing in memory.
    """

    states: "torch.Tensor"
    attended: list[KeysValues] = field(default_factory=list)
    windows: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.windows = self.windows or list(range(len(self.states)))

    def __len__(self) -> int:
        return len(self.windows)

    def of_windows(self, indexes: Sequence[int]) -> "Sound":
        """Some of the windows, in the order of `indexes`. Copies, unless it is all of them as they are."""
        if list(indexes) == list(range(len(self))):
            return self
        states = self.states[list(indexes)]
        rows = [self.windows.index(window) for window in indexes]
        return Sound(states, [(keys[rows], values[rows]) for keys, values in self.attended])

    def move_to_front(self, rows: Sequence[int]) -> list[int]:
        """Exchange as few rows as can be so that `rows` (ascending) become the first ones.

        Returns them in their new order.
        """
        kept = list(rows)
        holes = [row for row in range(len(kept)) if row not in kept]
        movers = kept[len(kept) - len(holes) :]
        order = [row for row in kept if row < len(kept)]
        for hole, mover in zip(holes, movers, strict=True):
            for each in (tensor for pair in self.attended for tensor in pair):
                each[[hole, mover]] = each[[mover, hole]]
            self.windows[hole], self.windows[mover] = self.windows[mover], self.windows[hole]
            order.insert(hole, mover)
        return order


class Past:
    """Keys and values of all tokens read so far, of every layer: memory is taken once, not copied to grow.

    Both are (layers, rows, heads, capacity, head width), of which the first `rows` and `length` are in use.
    """

    def __init__(self, like: "torch.Tensor", shape: tuple[int, int, int, int, int]) -> None:
        self.keys, self.values = like.new_empty(shape), like.new_empty(shape)
        self.rows, self.length = shape[1], 0

    def extend(self, layer: int, keys: "torch.Tensor", values: "torch.Tensor") -> KeysValues:
        """Take the keys and values of new tokens (rows, heads, tokens, head width); give those of all.

        `length` grows only by `advance`, when every layer has read the tokens.
        """
        end = self.length + keys.shape[2]
        self.keys[layer, : self.rows, :, self.length : end] = keys
        self.values[layer, : self.rows, :, self.length : end] = values
        return self.keys[layer, : self.rows, :, :end], self.values[layer, : self.rows, :, :end]

    def advance(self, tokens: int) -> None:
        self.length += tokens

    def keep(self, rows: Sequence[int]) -> None:
        """Go on with these rows in this order; a row may be there more than once, or not at all."""
        if list(rows) != list(range(self.rows)):
            for each in (self.keys, self.values):
                each[:, : len(rows), :, : self.length] = each[:, list(rows), :, : self.length]
            self.rows = len(rows)
