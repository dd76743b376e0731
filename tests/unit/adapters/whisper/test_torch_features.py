"""Features computed by torch, against transformers'."""

import numpy as np
import pytest
import torch

from app.adapters.outbound import torchaudio_stand_in
from app.adapters.outbound.whisper.torch_features import LogMel

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("bands", [80, 128])
def test_features_are_those_of_transformers(bands: int) -> None:
    torchaudio_stand_in.install()
    from transformers import WhisperFeatureExtractor

    noise = np.random.default_rng(0).normal(size=480_000).astype(np.float32) * 0.1
    windows = [noise, noise[:70_001], noise[:1], np.zeros(16_000, np.float32)]
    extract = WhisperFeatureExtractor(feature_size=bands)
    expected = extract(windows, sampling_rate=16_000, return_tensors="pt").input_features
    found = LogMel(bands, torch.device("cpu"))(windows)
    assert found.shape == (4, bands, 3_000)
    assert float((found - expected).abs().max()) < 1e-3
