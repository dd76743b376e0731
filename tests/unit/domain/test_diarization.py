import numpy as np
import pytest

from app.domain.diarization import VoiceSample
from app.domain.timeline import TimeRange

SHORT = TimeRange(start=0.0, end=10.0)


def test_a_voice_sample_is_a_direction() -> None:
    sample = VoiceSample(local_speaker=0, range=SHORT, embedding=np.array([0.6, 0.8], np.float32), model="m")
    assert sample.embedding.shape == (2,)


@pytest.mark.parametrize(
    "embedding", [[0.0, 0.0], [1.0, 1.0], [float("nan"), 1.0], [float("inf"), 0.0], [[1.0], [0.0]]]
)
def test_a_voice_sample_that_is_no_direction_is_refused(embedding: list[float]) -> None:
    with pytest.raises(ValueError, match="unit length"):
        VoiceSample(local_speaker=0, range=SHORT, embedding=np.array(embedding, np.float32), model="m")


def test_a_voice_sample_is_at_most_ten_seconds_long() -> None:
    long = TimeRange(start=0.0, end=10.1)
    with pytest.raises(ValueError, match="at most"):
        VoiceSample(local_speaker=0, range=long, embedding=np.array([1.0], np.float32), model="m")
