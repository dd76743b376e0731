"""Parts of any length in, blocks of one length out."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]


class BlockBuffer:
    """Gathers samples of shape (channels, n) and emits them in blocks of `size`, the last one shorter.

    Float recordings may hold anything, and no engine survives a NaN: what is emitted lies within
    -1..1. An emitted block is a view: `emit` must be done with it when it returns.
    """

    def __init__(self, *, channels: int, size: int, emit: Callable[[Samples], None]) -> None:
        self._block = np.zeros((channels, size), np.float32)
        self._emit = emit
        self._filled = 0
        self._emitted = 0

    @property
    def emitted(self) -> int:
        """How many samples went out so far."""
        return self._emitted

    def add(self, part: Samples) -> None:
        """Append a part. Channels that it has not are silent, ones too many are dropped."""
        kept = min(len(self._block), len(part))
        done = 0
        while done < part.shape[1]:
            taken = min(part.shape[1] - done, self._block.shape[1] - self._filled)
            room = self._block[:, self._filled : self._filled + taken]
            room[:kept] = part[:kept, done : done + taken]
            room[kept:] = 0.0
            done += taken
            self._advance(taken)

    def pad_to(self, total: int) -> None:
        """Append silence until `total` samples have come in; nothing if that many have."""
        while (missing := total - self._emitted - self._filled) > 0:
            taken = min(missing, self._block.shape[1] - self._filled)
            self._block[:, self._filled : self._filled + taken] = 0.0
            self._advance(taken)

    def finish(self) -> None:
        """Emit what is left."""
        if self._filled:
            self._flush()

    def _advance(self, count: int) -> None:
        self._filled += count
        if self._filled == self._block.shape[1]:
            self._flush()

    def _flush(self) -> None:
        block = self._block[:, : self._filled]
        np.nan_to_num(block, copy=False, posinf=1.0, neginf=-1.0)
        self._emit(np.clip(block, -1.0, 1.0, out=block))
        self._emitted += self._filled
        self._filled = 0
