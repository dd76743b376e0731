import numpy as np
import pytest

from app.adapters.outbound.voice_activity.energy import EnergyVoiceActivity
from app.domain.audio import Waveform


@pytest.mark.parametrize(
    ("level_dbfs", "probability"), [(-90, 0.0), (-55, 0.0), (-45, 0.5), (-35, 1.0), (-10, 1.0)]
)
async def test_the_louder_the_likelier(level_dbfs: float, probability: float) -> None:
    samples = np.full(512, 10 ** (level_dbfs / 20), np.float32)
    activity = await EnergyVoiceActivity().listen().hear(Waveform(samples=samples, start_s=0.0))
    assert activity.probabilities == pytest.approx([probability], abs=1e-4)
