"""What a recording adds to voices: the sound of a room, and its noise."""

import numpy as np
import numpy.typing as npt
from scipy.signal import fftconvolve

Samples = npt.NDArray[np.float32]

RATE_HZ = 16_000
NOISE_S = 20
"""Noise is made once for so long, and laid over a recording from a new place each time."""


def room(dice: np.random.Generator, *, reverberation_s: float) -> Samples:
    """The impulse response of a small room: the direct sound, then a tail that fades by 60 dB."""
    count = round(reverberation_s * RATE_HZ)
    fading = np.exp(-6.9 * np.arange(count) / count)
    tail = dice.standard_normal(count) * fading
    tail[: round(dice.uniform(0.002, 0.006) * RATE_HZ)] = 0
    # As loud as a voice at an arm's length or two: 6 to 12 dB under the direct sound.
    tail *= 10 ** (-dice.uniform(6, 12) / 20) / np.linalg.norm(tail)
    tail[0] = 1
    return tail.astype(np.float32)


def heard_in(response: Samples, sound: Samples) -> Samples:
    """As long as it was: the tail is cut, for it carries no word."""
    return fftconvolve(sound, response)[: len(sound)].astype(np.float32)


def add_noise(sound: Samples, dice: np.random.Generator, *, level: float) -> None:
    """Add pink noise of `level` (root mean square) to `sound`, in place."""
    count = NOISE_S * RATE_HZ
    spectrum = np.fft.rfft(dice.standard_normal(count))
    spectrum[1:] /= np.sqrt(np.maximum(np.arange(1, len(spectrum)) * (RATE_HZ / count), 40.0))
    spectrum[0] = 0
    noise = np.fft.irfft(spectrum, count).astype(np.float32)
    noise *= level / np.sqrt(np.mean(np.square(noise)))
    for first in range(0, len(sound), count):
        part = sound[first : first + count]
        part += np.roll(noise, int(dice.integers(count)))[: len(part)]
