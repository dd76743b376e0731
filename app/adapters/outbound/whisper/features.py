"""Log-mel features as Whisper wants them, in numpy: for libraries that leave them to the caller."""

from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from app.domain.audio import SAMPLE_RATE_HZ, Samples

FRAMES = 3_000
"""Whisper hears 30 s, 100 frames a second."""

_FFT = 400
_HOP = 160
_FLOOR = 1e-10

Features = npt.NDArray[np.float32]


def log_mel(windows: Sequence[Samples], mel_bands: int) -> Features:
    """Features of windows of at most 30 s, float32 (windows, mel_bands, 3000): silence follows each."""
    return np.stack([_log_mel(samples, mel_bands) for samples in windows])


def _log_mel(samples: Samples, mel_bands: int) -> Features:
    # Only frames that touch sound are computed: the rest of the 30 s is silence, whose features are known.
    samples = samples[: FRAMES * _HOP]
    sound = np.zeros(len(samples) + 2 * _FFT, np.float32)
    sound[_FFT // 2 : _FFT // 2 + len(samples)] = samples
    # Reflected at the start, as a centred short-time Fourier transform does; silence follows at the end.
    reflected = samples[1 : _FFT // 2 + 1][::-1]
    sound[_FFT // 2 - len(reflected) : _FFT // 2] = reflected
    heard = min(FRAMES, -(-(len(samples) + _FFT // 2) // _HOP))
    frames = np.lib.stride_tricks.sliding_window_view(sound, _FFT)[: heard * _HOP : _HOP]
    power = np.square(np.abs(np.fft.rfft(frames * _hann(), axis=-1)))
    loud = np.full((mel_bands, FRAMES), np.log10(_FLOOR), np.float32)
    loud[:, : len(frames)] = np.log10(np.maximum(_mel_filters(mel_bands) @ power.T, _FLOOR))
    features: Features = (np.maximum(loud, loud.max() - 8.0) + 4.0) / 4.0
    return features


@cache
def _hann() -> Features:
    window: Features = np.hanning(_FFT + 1)[:-1].astype(np.float32)
    return window


@cache
def _mel_filters(bands: int) -> Features:
    """Triangles of equal area on Slaney's mel scale, (bands, 201), linear below 1 kHz and logarithmic above.

    The scale is that of Malcolm Slaney's Auditory Toolbox (1998), which Whisper was trained on.
    """
    knee_hz, hz_per_mel, step = 1_000.0, 200.0 / 3, np.log(6.4) / 27
    knee = knee_hz / hz_per_mel
    top = knee + np.log(SAMPLE_RATE_HZ / 2 / knee_hz) / step
    mels = np.linspace(0.0, top, bands + 2)
    edges = np.where(mels < knee, mels * hz_per_mel, knee_hz * np.exp(step * (mels - knee)))
    bins = np.fft.rfftfreq(_FFT, 1 / SAMPLE_RATE_HZ)
    low, centre, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising, falling = (bins - low) / (centre - low), (high - bins) / (high - centre)
    filters: Features = (np.maximum(0.0, np.minimum(rising, falling)) * 2.0 / (high - low)).astype(np.float32)
    return filters
