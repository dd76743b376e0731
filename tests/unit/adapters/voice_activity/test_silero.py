from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from onnxruntime import InferenceSession

from app.adapters.outbound.voice_activity import silero
from app.adapters.outbound.voice_activity.silero import SileroVoiceActivity
from app.domain.audio import SAMPLE_RATE_HZ, Samples, Waveform
from app.domain.errors import EngineUnavailable
from tests.fixtures.speech import pause, telephone_talk

BLOCK = Waveform(samples=pause(1.0), start_s=0.0)


async def test_it_hears_what_the_stepping_model_hears() -> None:
    talk = telephone_talk()[7 * SAMPLE_RATE_HZ : 12 * SAMPLE_RATE_HZ]
    activity = await SileroVoiceActivity().listen().hear(Waveform(samples=talk, start_s=0.0))
    np.testing.assert_allclose(activity.probabilities, _stepped(talk), atol=1e-4)


def _stepped(samples: Samples) -> list[float]:
    """Frame by frame through the other model file of the package, as its own `OnnxWrapper` does."""
    package = find_spec("silero_vad")
    assert package is not None
    assert package.origin is not None
    session = InferenceSession(Path(package.origin).parent / "data" / "silero_vad.onnx")
    state, context = np.zeros((2, 1, 128), np.float32), np.zeros((1, 64), np.float32)
    heard = []
    for first in range(0, len(samples) - 511, 512):
        frame = np.concatenate((context, samples[None, first : first + 512]), axis=1)
        inputs = {"input": frame, "state": state, "sr": np.array(SAMPLE_RATE_HZ, np.int64)}
        probability, state = session.run(None, inputs)
        context = frame[:, -64:]
        heard.append(float(probability[0, 0]))
    return heard


async def test_a_missing_package_names_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silero, "find_spec", lambda name: None)
    with pytest.raises(EngineUnavailable, match="pip install silero-vad"):
        await SileroVoiceActivity().listen().hear(BLOCK)


async def test_a_damaged_model_names_its_remedy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    package = ModuleSpec("silero_vad", None, origin=str(tmp_path / "__init__.py"))
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / f"{silero.MODEL}.onnx").write_bytes(b"damaged")
    monkeypatch.setattr(silero, "find_spec", lambda name: package)
    with pytest.raises(EngineUnavailable, match="pip install --force-reinstall"):
        await SileroVoiceActivity().load()


async def test_a_package_without_the_model_names_its_remedy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    package = ModuleSpec("silero_vad", None, origin=str(tmp_path / "__init__.py"))
    monkeypatch.setattr(silero, "find_spec", lambda name: package)
    with pytest.raises(EngineUnavailable, match="pip install -U"):
        await SileroVoiceActivity().listen().hear(BLOCK)
