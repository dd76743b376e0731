"""The encoder is found without importing its package, and a missing one names the remedy."""

import importlib.util
import sys

import numpy as np
import pytest

from app.adapters.outbound.diarization import ge2e_encoder, resemblyzer
from app.adapters.outbound.diarization.ge2e_encoder import Array, Ge2eEncoder, mel_filters
from app.adapters.outbound.diarization.resemblyzer import ResemblyzerDiarizer
from app.domain.audio import SAMPLE_RATE_HZ, AudioChunk, Waveform
from app.domain.errors import EngineUnavailable
from app.domain.timeline import TimeRange
from tests.fixtures.speech import telephone_talk


@pytest.fixture(scope="module")
def encoder() -> Ge2eEncoder:
    return Ge2eEncoder()


async def test_a_missing_package_names_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    second = TimeRange(start=0, end=1)
    waveform = Waveform(samples=np.zeros(SAMPLE_RATE_HZ, np.float32), start_s=0)
    chunk = AudioChunk(clip_id="clip-1", index=0, core=second, waveform=waveform, speech=(second,))

    with pytest.raises(EngineUnavailable) as caught:
        await ResemblyzerDiarizer().diarize(chunk, max_speakers=None)

    assert "pip install --no-deps Resemblyzer==0.1.4" in caught.value.remedy


def test_the_package_itself_is_never_imported(encoder: Ge2eEncoder) -> None:
    assert "resemblyzer" not in sys.modules


def test_mel_filters_cover_the_spectrum_with_slaneys_areas() -> None:
    filters = mel_filters()
    assert filters.shape == (40, 201)
    widths_hz = (filters > 0).sum(axis=1) * SAMPLE_RATE_HZ / 400
    assert np.all(np.diff(filters.argmax(axis=1)) >= 0)
    assert filters.max(axis=1) * widths_hz == pytest.approx(2, rel=0.6)


def test_a_tone_is_loudest_in_the_band_that_holds_it(encoder: Ge2eEncoder) -> None:
    seconds = np.arange(SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    mel = encoder.mel(np.sin(2 * np.pi * 1000 * seconds).astype(np.float32))
    assert mel.shape == (101, 40)
    band = int(mel[50].argmax())
    assert abs(int(mel_filters()[band].argmax()) * SAMPLE_RATE_HZ / 400 - 1000) <= 80


def test_voices_are_unit_vectors_that_do_not_depend_on_their_company(encoder: Ge2eEncoder) -> None:
    windows = np.random.default_rng(0).random((5, 160, 40), np.float32) * 1e-3
    voices = encoder.embed(windows)
    assert voices.shape == (5, ge2e_encoder.DIMENSION)
    assert np.linalg.norm(voices, axis=1) == pytest.approx(1, abs=1e-5)
    assert voices.min() >= 0
    np.testing.assert_allclose(encoder.embed(windows[3:]), voices[3:], atol=1e-5)


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf])
async def test_a_voice_that_cannot_be_measured_gives_no_sample(
    monkeypatch: pytest.MonkeyPatch, value: float
) -> None:
    class DeafEncoder(Ge2eEncoder):
        def embed(self, windows: Array) -> Array:
            return np.full((len(windows), ge2e_encoder.DIMENSION), value, np.float32)

    monkeypatch.setattr(resemblyzer, "Ge2eEncoder", DeafEncoder)
    whole = TimeRange(start=0, end=20)
    waveform = Waveform(samples=np.zeros(20 * SAMPLE_RATE_HZ, np.float32), start_s=0)
    chunk = AudioChunk(clip_id="clip-1", index=0, core=whole, waveform=waveform, speech=(whole,))
    engine = ResemblyzerDiarizer()
    result = await engine.diarize(chunk, max_speakers=None)
    await engine.aclose()
    assert [turn.range for turn in result.turns] == [whole]
    assert result.samples == ()


async def test_two_people_on_the_telephone_are_told_apart_and_nobody_said_how_many_they_are() -> None:
    spans = [(6.75, 7.23), (7.62, 17.92), (18.05, 21.6), (21.79, 30.0)]
    chunk = AudioChunk(
        clip_id="call",
        index=0,
        core=TimeRange(start=0, end=30),
        waveform=Waveform(samples=telephone_talk(), start_s=0),
        speech=tuple(TimeRange(start=start, end=end) for start, end in spans),
    )
    engine = ResemblyzerDiarizer()
    turns = (await engine.diarize(chunk, max_speakers=None)).turns
    await engine.aclose()

    def speaker(moment_s: float) -> int:
        [found] = [turn.local_speaker for turn in turns if turn.range.contains(moment_s)]
        return found

    assert len({turn.local_speaker for turn in turns}) == 2
    assert speaker(9) == speaker(13) == speaker(20.5) == speaker(29.3)
    assert speaker(16) == speaker(24) == speaker(26.5) != speaker(13)
