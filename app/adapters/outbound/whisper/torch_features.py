"""Log-mel features as Whisper wants them, computed on the model's own device."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from app.domain.audio import SAMPLE_RATE_HZ, Samples

if TYPE_CHECKING:
    import torch

_WINDOW_SAMPLES = 30 * SAMPLE_RATE_HZ
_FFT = 400
_HOP = 160
_FLOOR = 1e-10


class LogMel:
    """Features of windows of at most 30 s, float32 (windows, mel_bands, 3000): silence follows each."""

    def __init__(self, mel_bands: int, device: "torch.device") -> None:
        import torch
        from transformers.audio_utils import mel_filter_bank

        bank = mel_filter_bank(
            num_frequency_bins=_FFT // 2 + 1,
            num_mel_filters=mel_bands,
            min_frequency=0.0,
            max_frequency=SAMPLE_RATE_HZ / 2,
            sampling_rate=SAMPLE_RATE_HZ,
            norm="slaney",
            mel_scale="slaney",
        )
        self._device = device
        self._filters = torch.from_numpy(bank.T.astype(np.float32)).to(device)
        self._hann = torch.hann_window(_FFT, device=device)

    def __call__(self, windows: Sequence[Samples]) -> "torch.Tensor":
        import torch

        padded = np.zeros((len(windows), _WINDOW_SAMPLES), np.float32)
        for row, samples in zip(padded, windows, strict=True):
            row[: len(samples)] = samples[:_WINDOW_SAMPLES]
        sound = torch.from_numpy(padded).to(self._device)
        spectrum = torch.stft(sound, _FFT, _HOP, window=self._hann, return_complex=True)
        # A centred transform gives one frame more than Whisper was trained on.
        loud = (self._filters @ spectrum[..., :-1].abs().square()).clamp(min=_FLOOR).log10()
        loudest = loud.amax(dim=(1, 2), keepdim=True)
        return (loud.maximum(loudest - 8.0) + 4.0) / 4.0
