"""Every decoder of recordings, and how the contract tests listen to one."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from app.adapters.outbound.audio.pyav_decoder import PyAvDecoder
from app.domain.audio import SAMPLE_RATE_HZ
from app.domain.errors import AudioTruncated
from app.domain.options import ChannelMode
from app.domain.ports import AudioDecoder

Channels = npt.NDArray[np.float32]

DECODERS: dict[str, Callable[[], AudioDecoder]] = {"PyAV": PyAvDecoder}


async def heard(decoder: AudioDecoder, path: Path, channels: ChannelMode = "mix") -> Channels:
    """All the sound, float32 (channels, n), after a look at how the blocks join."""
    blocks: list[Channels] = []
    try:
        async for block in decoder.blocks(path, channels=channels):
            end_s = sum(part.shape[1] for part in blocks) / SAMPLE_RATE_HZ
            assert {waveform.start_s for waveform in block} == {end_s}
            assert 0 < block[0].end_s - block[0].start_s <= 10
            assert all(waveform.samples.flags.writeable for waveform in block)
            blocks.append(np.stack([waveform.samples for waveform in block]))
    except AudioTruncated as truncated:
        truncated.__notes__ = [f"{sum(part.shape[1] for part in blocks) / SAMPLE_RATE_HZ}"]
        raise
    return np.concatenate(blocks, axis=1)


def pitch_hz(samples: npt.NDArray[np.float32]) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * SAMPLE_RATE_HZ / len(samples))


def loudness(samples: npt.NDArray[np.float32]) -> float:
    return float(np.sqrt(np.mean(samples**2)))
