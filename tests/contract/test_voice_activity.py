"""What every voice activity detector keeps to."""

import asyncio

import numpy as np
import pytest

from app.domain.audio import SAMPLE_RATE_HZ, Samples, Waveform
from app.domain.ports import VoiceActivityPort, VoiceListener
from app.domain.timeline import TimeRange
from app.domain.voice import OFFSET
from tests.contract.engines import (
    VOICE_ACTIVITY_ENGINES,
    libraries_loaded_by_describing,
    voice_activity_engine,
)
from tests.fixtures.speech import pause, speech_ranges, telephone_talk


@pytest.fixture(params=VOICE_ACTIVITY_ENGINES)
def engine(request: pytest.FixtureRequest) -> VoiceActivityPort:
    return voice_activity_engine(request.param)


async def probabilities(listener: VoiceListener, samples: Samples, cuts: list[int]) -> Samples:
    """What is heard when the blocks end at `cuts`; checks that the frames follow each other."""
    heard: list[Samples] = []
    for first, last in zip([0, *cuts], [*cuts, len(samples)], strict=True):
        block = Waveform(samples=samples[first:last], start_s=first / SAMPLE_RATE_HZ)
        activity = await listener.hear(block)
        frames_before = sum(len(part) for part in heard)
        assert activity.start_s == pytest.approx(frames_before * activity.frame_s)
        heard.append(activity.probabilities)
    return np.concatenate(heard)


@pytest.mark.parametrize("name", VOICE_ACTIVITY_ENGINES)
def test_describing_loads_nothing(name: str) -> None:
    assert libraries_loaded_by_describing(f"voice_activity_engine({name!r})") == set()


async def test_loading_beforehand_changes_nothing_that_is_heard(engine: VoiceActivityPort) -> None:
    fresh = await probabilities(engine.listen(), telephone_talk(), [])
    await engine.aclose()
    await engine.load()
    await engine.load()
    np.testing.assert_array_equal(await probabilities(engine.listen(), telephone_talk(), []), fresh)


async def test_probabilities_are_float32_within_0_and_1(engine: VoiceActivityPort) -> None:
    heard = await probabilities(engine.listen(), telephone_talk(), [])
    assert heard.dtype == np.float32
    assert heard.ndim == 1
    assert heard.min() >= 0
    assert heard.max() <= 1


async def test_how_the_sound_is_cut_into_blocks_changes_nothing(engine: VoiceActivityPort) -> None:
    talk = telephone_talk()[: 12 * SAMPLE_RATE_HZ]
    whole = await probabilities(engine.listen(), talk, [])
    for cuts in ([1, 2, 513], [511, 512, 1024], list(range(7_001, len(talk), 7_001))):
        np.testing.assert_allclose(await probabilities(engine.listen(), talk, cuts), whole, atol=1e-5)


async def test_a_part_of_a_frame_waits_for_the_next_block(engine: VoiceActivityPort) -> None:
    listener = engine.listen()
    first = await listener.hear(Waveform(samples=pause(0.01), start_s=0.0))
    assert len(first.probabilities) == 0
    second = await listener.hear(Waveform(samples=pause(0.09), start_s=0.01))
    assert second.start_s == 0.0
    assert len(second.probabilities) == int(0.1 / second.frame_s)


async def test_listeners_do_not_disturb_each_other(engine: VoiceActivityPort) -> None:
    talk = telephone_talk()
    alone = await probabilities(engine.listen(), talk, [])
    together = await asyncio.gather(
        *(
            probabilities(engine.listen(), talk, list(range(step, len(talk), step)))
            for step in (16_000, 9_999)
        )
    )
    for heard in together:
        np.testing.assert_allclose(heard, alone, atol=1e-5)


async def test_digital_silence_is_no_speech(engine: VoiceActivityPort) -> None:
    assert (await probabilities(engine.listen(), pause(5.0), [])).max() < OFFSET


async def test_two_people_on_the_telephone_are_heard(engine: VoiceActivityPort) -> None:
    found = await speech_ranges(engine, telephone_talk())
    conversation = TimeRange(start=7.6, end=30.0)
    assert sum(part.overlap(conversation) for part in found) > 0.85 * conversation.duration
    assert not any(part.overlap(TimeRange(start=0.0, end=6.0)) for part in found)


async def test_after_closing_it_can_be_used_again(engine: VoiceActivityPort) -> None:
    before = await probabilities(engine.listen(), telephone_talk(), [])
    await engine.aclose()
    np.testing.assert_array_equal(await probabilities(engine.listen(), telephone_talk(), []), before)
    await engine.aclose()
    await engine.aclose()
