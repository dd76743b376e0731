"""Two channels that carry one sound: mono stored as stereo, where nobody has a channel of their own."""

import numpy as np
import numpy.typing as npt

from app.domain.audio import SAMPLE_RATE_HZ, Samples, Waveform

SILENT = 3e-5
"""Samples that stay under this are silence: it is the last bit of 16."""
LOUD = 1e-5
"""Mean square of a second that can tell channels apart (-50 dBFS): the hiss of two converters may differ
under one voice."""
LEAST_LIKENESS = 0.97
"""Share of the quieter channel's power that is the other channel's sound: noise 18 dB below is let pass."""
UNLIKE = 0.9
"""A loud second under this ends the question: a microphone's cross-talk or a room in stereo, no copy."""
MOST_GAIN = 10.0
"""Ratio of the channels' powers (10 dB). A voice that leaks into another's microphone is fainter."""
SURE_S = 20
"""Loud seconds alike that make one sound of two channels: longer than most announcements on a line."""
DIVERGED_S = 5
"""Loud seconds unlike, after that, that are worth a warning."""

_SECOND = SAMPLE_RATE_HZ
_FRAME = 500
_LAGS = np.arange(-2.0, 2.01, 0.25)
"""In samples. One sample is late in a recorder that takes its channels in turn, and two at 16 kHz are
one of a telephone's. Microphones apart in a room differ by more."""
_WINDOW = np.hanning(_FRAME)
_LOWEST_BIN = 4
"""From 128 Hz on: hum and direct current are alike on all channels of a device."""
_BINS = np.arange(_LOWEST_BIN, _FRAME // 2)
_TURNED_BACK = np.exp(-2j * np.pi * np.outer(_BINS / _FRAME, _LAGS))


class ChannelWatch:
    """Listens to two channels until it knows whether they are one sound, and then whether they stay so.

    One sound: up to a gain of 10 dB, a turned sign, two samples of delay, and noise 18 dB below.
    `one_sound` is None until it is known: False after the first loud second that differs, True after 20
    loud ones that do not. Keeps a second of sound.
    """

    def __init__(self) -> None:
        self.one_sound: bool | None = None
        self.unlike_since_s: float | None = None
        """From when on channels that were one sound no longer are."""
        self._rest = np.zeros((2, 0), np.float32)
        self._heard_s = 0
        self._all = _Spectra()
        self._loud_s = 0
        self._unlike: list[float] = []
        self._late: Samples = np.zeros(0, np.float32)

    def hear(self, left: Waveform, right: Waveform) -> None:
        """Take the next block of both channels."""
        sound = np.concatenate([self._rest, np.stack([left.samples, right.samples])], axis=1)
        whole = len(sound[0]) // _SECOND * _SECOND
        for first in range(0, whole, _SECOND):
            self._compare(sound[:, first : first + _SECOND])
        self._rest = sound[:, whole:].copy()

    def settle(self) -> bool:
        """Decide by what was heard, for want of more: silence alone is no sound that they share."""
        if self.one_sound is None:
            self._all.add(self._rest)
            self.one_sound = self._all.likeness >= LEAST_LIKENESS
        return self.one_sound

    def mix(self, left: Waveform, right: Waveform) -> Waveform:
        """Both channels as one, in step and with one sign, so that nothing is cancelled out."""
        lag = self._all.lag
        early = left.samples if lag > 0 else right.samples
        if len(self._late) != abs(lag):
            self._late = np.zeros(abs(lag), np.float32)
        both = np.concatenate([self._late, early])
        self._late = both[len(early) :].copy()
        delayed = both[: len(early)]
        one, other = (delayed, right.samples) if lag > 0 else (left.samples, delayed)
        return Waveform(samples=(one + other * self._all.sign) * np.float32(0.5), start_s=left.start_s)

    def _compare(self, second: npt.NDArray[np.float32]) -> None:
        here = _Spectra()
        here.add(second)
        start_s, self._heard_s = self._heard_s, self._heard_s + 1
        loud, alike = here.power > LOUD, here.likeness >= UNLIKE
        if self.one_sound is None:
            self._all.add(second)
            self._loud_s += loud
            if loud and not alike:
                self.one_sound = False
            elif self._loud_s >= SURE_S:
                self.settle()
        elif loud and self.unlike_since_s is None:
            self._unlike = [] if alike else [*self._unlike, start_s]
            if len(self._unlike) >= DIVERGED_S:
                self.unlike_since_s = self._unlike[0]


def as_silence(block: tuple[Waveform, ...]) -> tuple[Waveform, ...] | None:
    """The block's silence in no memory to speak of, None if there is sound in it."""
    if any(np.abs(channel.samples).max(initial=0.0) > SILENT for channel in block):
        return None
    nothing = np.broadcast_to(np.float32(0), block[0].samples.shape)
    return tuple(Waveform(samples=nothing, start_s=channel.start_s) for channel in block)


class _Spectra:
    """Powers and cross-spectrum of two channels, summed over what was added."""

    def __init__(self) -> None:
        self._frames = 0
        self._powers = np.zeros(2)
        self._cross = np.zeros(len(_BINS), np.complex128)

    def add(self, sound: npt.NDArray[np.float32]) -> None:
        count = len(sound[0]) // _FRAME
        frames = sound[:, : count * _FRAME].reshape(2, count, _FRAME) * _WINDOW
        self._frames += count
        left, right = np.fft.rfft(frames)[..., _LOWEST_BIN : _FRAME // 2]
        self._powers += np.square(np.abs([left, right])).sum(axis=(1, 2))
        self._cross += (left * right.conj()).sum(axis=0)

    @property
    def power(self) -> float:
        """Mean square of the louder channel."""
        return float(self._powers.max() * 2 / (max(1, self._frames) * _FRAME * np.square(_WINDOW).sum()))

    @property
    def likeness(self) -> float:
        """0 to 1; 0 where a channel is silent or far fainter than the other."""
        fainter, louder = np.sort(self._powers)
        if fainter * MOST_GAIN < louder or louder == 0:
            return 0.0
        return float(np.square(self._at_lags).max() / (fainter * louder))

    @property
    def lag(self) -> int:
        """How many samples the right channel is late."""
        return round(float(_LAGS[np.square(self._at_lags).argmax()]))

    @property
    def sign(self) -> np.float32:
        return np.float32(-1 if self._at_lags[np.square(self._at_lags).argmax()] < 0 else 1)

    @property
    def _at_lags(self) -> npt.NDArray[np.float64]:
        return (self._cross @ _TURNED_BACK).real
