"""What every diarization engine keeps to."""

import asyncio
from collections.abc import AsyncIterator

import numpy as np
import pytest
import pytest_asyncio

from app.domain.audio import SAMPLE_RATE_HZ, AudioChunk, Waveform
from app.domain.diarization import ChunkDiarization
from app.domain.ports import DiarizationPort
from app.domain.timeline import TimeRange
from tests.contract.engines import (
    DIARIZATION_ENGINES,
    conversation,
    diarization_engine,
    libraries_loaded_by_describing,
)
from tests.fixtures.tiny_pyannote import UNDERTRAINED

# Of the engine that is tried; the fixture sets them.
SOUND, SPEECH = conversation("scripted")


WANT_GOOD_MODELS = {
    "test_two_people_are_told_apart",
    "test_speech_too_short_to_tell_anything_does_not_break_it",
}


@pytest_asyncio.fixture(params=DIARIZATION_ENGINES)
async def engine(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[DiarizationPort]:
    sound, speech = conversation(request.param)
    monkeypatch.setitem(globals(), "SOUND", sound)
    monkeypatch.setitem(globals(), "SPEECH", speech)
    if request.param == "pyannote" and request.node.originalname in WANT_GOOD_MODELS:
        request.applymarker(pytest.mark.xfail(raises=AssertionError, reason=UNDERTRAINED))
    engine = diarization_engine(request.param)
    yield engine
    await engine.aclose()


def chunk(*, start_s: float = 0.0, end_s: float = 30.0, silent: bool = False) -> AudioChunk:
    """A stretch of two people on the telephone, with the ranges where they speak."""
    samples = SOUND[round(start_s * SAMPLE_RATE_HZ) : round(end_s * SAMPLE_RATE_HZ)]
    whole = TimeRange(start=start_s, end=end_s)
    parts = [part.clamp(whole) for part in SPEECH]
    return AudioChunk(
        clip_id="clip-1",
        index=round(start_s),
        core=whole,
        waveform=Waveform(samples=samples, start_s=start_s),
        speech=() if silent else tuple(part for part in parts if part is not None),
    )


def told(result: ChunkDiarization) -> list[tuple[object, ...]]:
    turns = [(turn.local_speaker, turn.range) for turn in result.turns]
    return [*turns, *((s.local_speaker, s.range, s.model, s.embedding.tobytes()) for s in result.samples)]


@pytest.mark.parametrize("name", DIARIZATION_ENGINES)
def test_describing_loads_nothing(name: str) -> None:
    assert libraries_loaded_by_describing(f"diarization_engine({name!r})") == set()


async def test_loading_beforehand_changes_nobody(engine: DiarizationPort) -> None:
    fresh = await engine.diarize(chunk(), max_speakers=None)
    await engine.aclose()
    await engine.load()
    await engine.load()
    assert told(await engine.diarize(chunk(), max_speakers=None)) == told(fresh)


async def test_two_people_are_told_apart(engine: DiarizationPort) -> None:
    result = await engine.diarize(chunk(), max_speakers=None)
    assert len({turn.local_speaker for turn in result.turns}) == 2


@pytest.mark.parametrize("start_s", [0.0, 10.0])
async def test_turns_lie_in_the_waveform_where_somebody_speaks(
    engine: DiarizationPort, start_s: float
) -> None:
    heard = chunk(start_s=start_s)
    result = await engine.diarize(heard, max_speakers=None)
    assert result.turns
    for turn in result.turns:
        assert heard.waveform.start_s <= turn.range.start < turn.range.end <= heard.waveform.end_s
        spoken_s = sum(turn.range.overlap(part) for part in heard.speech)
        # But for a frame or two at an edge of speech.
        assert spoken_s > 0.8 * turn.range.duration - 0.05


async def test_samples_are_of_unit_length_short_and_not_too_many(engine: DiarizationPort) -> None:
    heard = chunk()
    result = await engine.diarize(heard, max_speakers=None)
    speakers = [sample.local_speaker for sample in result.samples]
    assert set(speakers) <= {turn.local_speaker for turn in result.turns}
    assert all(speakers.count(speaker) <= 16 for speaker in speakers)
    for sample in result.samples:
        assert sample.range.duration <= 10
        assert heard.waveform.start_s <= sample.range.start < sample.range.end <= heard.waveform.end_s
        assert sample.model == engine.describe().model
        assert sample.embedding.dtype == np.float32
        assert sample.embedding.ndim == 1
        assert np.linalg.norm(sample.embedding) == pytest.approx(1, abs=1e-5)


async def test_there_are_no_more_speakers_than_allowed(engine: DiarizationPort) -> None:
    for most in (1, 2):
        result = await engine.diarize(chunk(), max_speakers=most)
        assert len({turn.local_speaker for turn in result.turns}) <= most
        assert result.turns


async def test_where_nobody_speaks_there_are_no_speakers(engine: DiarizationPort) -> None:
    result = await engine.diarize(chunk(silent=True), max_speakers=None)
    assert result.turns == ()
    assert result.samples == ()


async def test_speech_too_short_to_tell_anything_does_not_break_it(engine: DiarizationPort) -> None:
    for length_s in (0.005, 0.12, 0.4):
        heard = chunk(end_s=SPEECH[0].start + length_s)
        result = await engine.diarize(heard, max_speakers=None)
        assert len({turn.local_speaker for turn in result.turns}) <= 1


async def test_the_same_chunk_gives_the_same_answer_whatever_else_is_running(
    engine: DiarizationPort,
) -> None:
    chunks = [chunk(), chunk(start_s=10.0), chunk(end_s=20.0), chunk(silent=True)]
    alone = [told(await engine.diarize(item, max_speakers=None)) for item in chunks]
    together = await asyncio.gather(*(engine.diarize(item, max_speakers=None) for item in chunks))
    assert [told(result) for result in together] == alone


async def test_after_closing_it_can_be_used_again(engine: DiarizationPort) -> None:
    before = told(await engine.diarize(chunk(), max_speakers=None))
    await engine.aclose()
    assert told(await engine.diarize(chunk(), max_speakers=None)) == before
    await engine.aclose()


async def test_sound_that_is_all_zero_where_somebody_is_said_to_speak_does_not_break_it(
    engine: DiarizationPort,
) -> None:
    whole = TimeRange(start=0.0, end=30.0)
    waveform = Waveform(samples=np.zeros(30 * SAMPLE_RATE_HZ, np.float32), start_s=0.0)
    silent = AudioChunk(clip_id="clip-1", index=0, core=whole, waveform=waveform, speech=SPEECH)
    for sample in (await engine.diarize(silent, max_speakers=None)).samples:
        assert np.linalg.norm(sample.embedding) == pytest.approx(1, abs=1e-5)
