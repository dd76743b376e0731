"""The GE2E speaker encoder whose weights come inside the Resemblyzer package, run without importing it.

Importing `resemblyzer` needs webrtcvad and `pkg_resources`, which current Pythons no longer have, so
only its file `pretrained.pt` is used. The network and its features are those of "Generalized end-to-end
loss for speaker verification" (Wan and others, 2018) with Resemblyzer 0.1.4's constants.
"""

import importlib.util
import pickle
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from app.adapters.outbound.torch_threads import wait_without_spinning
from app.domain.audio import SAMPLE_RATE_HZ, Samples
from app.domain.errors import EngineUnavailable

if TYPE_CHECKING:
    import torch

Array = npt.NDArray[np.float32]

ENGINE = "resemblyzer"
REMEDY = "Run: pip install --no-deps Resemblyzer==0.1.4"
HOP_SAMPLES = 160
FRAMES_PER_S = SAMPLE_RATE_HZ // HOP_SAMPLES
WINDOW_FRAMES = 160
DIMENSION = 256
_FFT = 400
_MELS = 40
_BATCH = 64


class Ge2eEncoder:
    """Turns 1.6-s windows of mel frames into voices: float32 (256,) of unit length, none negative.

    Loads the weights (17 MB) when made. Raises `EngineUnavailable` when the package is missing.
    """

    def __init__(self) -> None:
        weights = weights_file()
        wait_without_spinning()
        import torch

        self._torch = torch
        self._lstm = torch.nn.LSTM(_MELS, DIMENSION, num_layers=3, batch_first=True)
        self._linear = torch.nn.Linear(DIMENSION, DIMENSION)
        try:
            state = torch.load(weights, map_location="cpu", weights_only=True)["model_state"]
            self._lstm.load_state_dict(_part(state, "lstm."))
            self._linear.load_state_dict(_part(state, "linear."))
        except (OSError, RuntimeError, KeyError, pickle.UnpicklingError) as error:
            raise EngineUnavailable(ENGINE, f"{weights.name} cannot be read ({error})", REMEDY) from error
        self._lstm.eval()
        self._filters = mel_filters()
        self._hann = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_FFT) / _FFT)).astype(np.float32)

    def mel(self, samples: Samples) -> Array:
        """Mel power spectrum, not its logarithm: (n // 160 + 1, 40), frame i centred on sample 160 * i."""
        padded = np.pad(samples, _FFT // 2)
        frames = np.lib.stride_tricks.sliding_window_view(padded, _FFT)[::HOP_SAMPLES]
        spectrum = np.abs(np.fft.rfft(frames * self._hann, axis=1)) ** 2
        return spectrum.astype(np.float32) @ self._filters.T

    def embed(self, windows: Array) -> Array:
        """One voice per window of mel frames: (n, 160, 40) to (n, 256)."""
        torch = self._torch
        voices = np.empty((len(windows), DIMENSION), np.float32)
        with torch.inference_mode():
            for first in range(0, len(windows), _BATCH):
                batch = torch.from_numpy(windows[first : first + _BATCH])
                _, (hidden, _) = self._lstm(batch)
                voice = torch.relu(self._linear(hidden[-1]))
                voice = voice / (voice.norm(dim=1, keepdim=True) + 1e-9)
                voices[first : first + _BATCH] = voice.numpy()
        return voices


def mel_filters() -> Array:
    """Slaney's mel filters, (40, 201): `librosa.filters.mel(sr=16000, n_fft=400, n_mels=40)`."""
    linear_to_hz = 200 / 3
    log_step = np.log(6.4) / 27
    top_mel = 15 + np.log(SAMPLE_RATE_HZ / 2 / 1000) / log_step
    mels = np.linspace(0, top_mel, _MELS + 2)
    edges_hz = np.where(mels < 15, mels * linear_to_hz, 1000 * np.exp(log_step * (mels - 15)))
    bins_hz = np.linspace(0, SAMPLE_RATE_HZ / 2, _FFT // 2 + 1)
    widths = np.diff(edges_hz)[:, None]
    rising = (bins_hz - edges_hz[:-2, None]) / widths[:-1]
    falling = (edges_hz[2:, None] - bins_hz) / widths[1:]
    area = 2 / (edges_hz[2:] - edges_hz[:-2])[:, None]
    filters: Array = (np.maximum(0, np.minimum(rising, falling)) * area).astype(np.float32)
    return filters


def weights_file() -> Path:
    """Where the package keeps its weights. Raises `EngineUnavailable` when they are not there."""
    package = importlib.util.find_spec("resemblyzer")
    weights = Path(package.origin).with_name("pretrained.pt") if package and package.origin else None
    if weights is None or not weights.is_file():
        raise EngineUnavailable(ENGINE, "its speaker encoder is not installed", REMEDY)
    return weights


def _part(state: "dict[str, torch.Tensor]", prefix: str) -> "dict[str, torch.Tensor]":
    return {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}
