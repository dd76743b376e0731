"""What every transcription engine keeps to."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import pytest_asyncio

from app.domain.audio import SAMPLE_RATE_HZ, Samples
from app.domain.options import ENGINE_OPTIONS, TranscriptionOptions
from app.domain.ports import Priority, TranscriptionPort
from app.domain.timeline import TimeRange
from app.domain.transcript import TranscriptionText
from app.domain.windows import SpeechWindow
from tests.contract.engines import (
    TRANSCRIPTION_ENGINES,
    libraries_loaded_by_describing,
    transcription_engine,
)
from tests.fixtures.speech import pause, telephone_talk, whole_window

OPTIONS = TranscriptionOptions()


@pytest_asyncio.fixture(params=TRANSCRIPTION_ENGINES)
async def engine(request: pytest.FixtureRequest) -> AsyncIterator[TranscriptionPort]:
    engine = transcription_engine(request.param)
    yield engine
    await engine.aclose()


def sheila() -> Samples:
    """ "And I'm Sheila in Texas, originally from Chicago.\""""
    return telephone_talk()[round(14.4 * SAMPLE_RATE_HZ) : round(17.8 * SAMPLE_RATE_HZ)]


def diane() -> Samples:
    """ "This is Diane in New Jersey.\""""
    return telephone_talk()[round(12.5 * SAMPLE_RATE_HZ) : round(14.3 * SAMPLE_RATE_HZ)]


@pytest.mark.parametrize("name", TRANSCRIPTION_ENGINES)
def test_describing_loads_nothing(name: str) -> None:
    assert libraries_loaded_by_describing(f"transcription_engine({name!r})") == set()


def test_it_honours_only_options_that_there_are(engine: TranscriptionPort) -> None:
    assert engine.describe().options <= set(ENGINE_OPTIONS)


async def test_words_are_in_order_and_inside_the_window(engine: TranscriptionPort) -> None:
    window = whole_window(sheila())
    text = await engine.transcribe(window, OPTIONS)
    assert len(text.words) >= 3
    for word in text.words:
        assert window.range.start <= word.start < word.end <= window.range.end
    assert all(before.start <= after.start for before, after in pairwise(text.words))


async def test_a_window_with_a_shortened_pause_maps_back_to_the_clip(engine: TranscriptionPort) -> None:
    said = sheila()
    length_s = len(said) / SAMPLE_RATE_HZ
    pieces = (TimeRange(start=0.0, end=length_s), TimeRange(start=60.0, end=60.0 + length_s))
    inner = tuple(TimeRange(start=piece.start + 0.3, end=piece.end - 0.3) for piece in pieces)
    window = SpeechWindow(
        clip_id="clip-1", index=0, samples=np.concatenate((said, said)), pieces=pieces, speech=inner
    )
    text = await engine.transcribe(window, OPTIONS)
    first = [word for word in text.words if word.start < 30]
    second = [word for word in text.words if word.start > 30]
    assert first
    assert second
    assert all(any(piece.start <= w.start < w.end <= piece.end for piece in pieces) for w in text.words)
    # An engine that looks at what came before may hear the same sound otherwise the second time.
    if [word.word for word in first] == [word.word for word in second]:
        assert [pytest.approx(word.start + 60, abs=0.1) for word in first] == [word.start for word in second]


async def test_silence_gives_no_words(engine: TranscriptionPort) -> None:
    assert (await engine.transcribe(whole_window(pause(4.0), start_s=200.0), OPTIONS)).words == ()


async def test_the_same_window_gives_the_same_words_whatever_ran_before(engine: TranscriptionPort) -> None:
    first = await engine.transcribe(whole_window(sheila()), OPTIONS)
    await engine.transcribe(whole_window(diane()), OPTIONS)
    await engine.transcribe(whole_window(pause(1.0)), OPTIONS)
    assert await engine.transcribe(whole_window(sheila()), OPTIONS) == first


async def test_calls_at_the_same_time_get_what_they_would_get_alone(engine: TranscriptionPort) -> None:
    windows = [whole_window(samples) for samples in (sheila(), diane(), sheila(), diane())]
    alone = [await engine.transcribe(window, OPTIONS) for window in windows[:2]]
    together = await asyncio.gather(
        *(
            engine.transcribe(replace(window, index=index), OPTIONS, priority=Priority(index % 3))
            for index, window in enumerate(windows)
        )
    )
    for one, other in zip(together, [*alone, *alone], strict=True):
        assert one == with_probabilities_of(one, other)


def with_probabilities_of(one: TranscriptionText, other: TranscriptionText) -> TranscriptionText:
    """`other`, with probabilities as exact as arithmetic in another order leaves them."""
    words = []
    for word, same in zip(one.words, other.words, strict=True):
        assert word.probability == pytest.approx(same.probability, abs=1e-3)
        words.append(replace(same, probability=word.probability))
    return replace(other, words=tuple(words), language_probability=one.language_probability)


async def test_cancelled_calls_give_up_their_places(engine: TranscriptionPort) -> None:
    calls = [asyncio.create_task(engine.transcribe(whole_window(sheila()), OPTIONS)) for _ in range(6)]
    await asyncio.sleep(0)
    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)
    async with asyncio.timeout(60):
        assert (await engine.transcribe(whole_window(sheila()), OPTIONS)).words


async def test_loading_beforehand_changes_no_word(engine: TranscriptionPort) -> None:
    fresh = await engine.transcribe(whole_window(sheila()), OPTIONS)
    await engine.aclose()
    await engine.load()
    await engine.load()
    assert await engine.transcribe(whole_window(sheila()), OPTIONS) == fresh


async def test_after_closing_it_can_be_used_again(engine: TranscriptionPort) -> None:
    before = await engine.transcribe(whole_window(sheila()), OPTIONS)
    await engine.aclose()
    assert await engine.transcribe(whole_window(sheila()), OPTIONS) == before
