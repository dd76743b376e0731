"""Features, against faster-whisper's, which are OpenAI's."""

import numpy as np
import pytest
from faster_whisper.feature_extractor import FeatureExtractor

from app.adapters.outbound.whisper.features import FRAMES, log_mel
from app.domain.audio import SAMPLE_RATE_HZ

WHOLE = 30 * SAMPLE_RATE_HZ


@pytest.mark.parametrize("bands", [80, 128])
@pytest.mark.parametrize("length", [WHOLE, WHOLE - 1, 112_033, 16_000, 200, 5, 0])
def test_features_are_whispers_whatever_the_length(length: int, bands: int) -> None:
    sound = np.random.default_rng(length).normal(0, 0.1, length).astype(np.float32)
    padded = np.zeros(WHOLE, np.float32)
    padded[:length] = sound
    features = log_mel([sound], bands)
    assert (features.shape, features.dtype) == ((1, bands, FRAMES), np.float32)
    expected = FeatureExtractor(feature_size=bands)(padded)[:, :FRAMES]
    np.testing.assert_allclose(features[0], expected, atol=1e-5)


def test_windows_do_not_touch_each_other() -> None:
    loud, soft = (np.full(8_000, level, np.float32) for level in (0.9, 0.001))
    together = log_mel([loud, soft], 80)
    np.testing.assert_array_equal(together, np.concatenate([log_mel([loud], 80), log_mel([soft], 80)]))
