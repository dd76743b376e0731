"""From blocks of any length to whole frames, which is all that a frame-wise engine needs to stream."""

import numpy as np
import numpy.typing as npt

from app.domain.audio import SAMPLE_RATE_HZ, Waveform

FRAME_SAMPLES = 512
"""Silero VAD's frame at 16 kHz."""
FRAME_S = FRAME_SAMPLES / SAMPLE_RATE_HZ


class FrameCutter:
    """Cuts the consecutive blocks of one channel into frames, keeping an unfinished one for later."""

    def __init__(self) -> None:
        self._rest: npt.NDArray[np.float32] = np.zeros(0, np.float32)

    def cut(self, block: Waveform) -> tuple[float, npt.NDArray[np.float32]]:
        """Where on the clip the first frame starts, in seconds, and the frames, float32 (n, 512)."""
        start_s = block.start_s - len(self._rest) / SAMPLE_RATE_HZ
        samples = np.concatenate((self._rest, block.samples))
        count = len(samples) // FRAME_SAMPLES
        self._rest = samples[count * FRAME_SAMPLES :].copy()
        return start_s, samples[: count * FRAME_SAMPLES].reshape(count, FRAME_SAMPLES)
