import asyncio
from collections.abc import AsyncIterator

import jiwer
import psutil
import pytest
import pytest_asyncio

from app.adapters.outbound.transcription.pocketsphinx import PocketSphinxTranscriber
from app.domain.errors import EngineFailed, EngineUnavailable
from app.domain.options import TranscriptionOptions
from app.domain.timeline import TimeRange
from app.domain.windows import SpeechWindow
from tests.fixtures.speech import hum, pause, spoken, whole_window
from tests.unit.adapters.transcription.fake_worker import CRASHES_S, HANGS_S, SAYS_NOTHING_S

pytestmark = pytest.mark.slow

FAKE = "tests.unit.adapters.transcription.fake_worker"
MISSING = "tests.unit.adapters.transcription.missing_worker"
OPTIONS = TranscriptionOptions()


@pytest_asyncio.fixture
async def engine() -> AsyncIterator[PocketSphinxTranscriber]:
    engine = PocketSphinxTranscriber(2, worker_module=FAKE)
    yield engine
    await engine.aclose()
    assert workers() == []


def workers() -> list[int]:
    return [child.pid for child in psutil.Process().children() if FAKE in child.cmdline()]


async def test_words_are_in_clip_time_and_inside_the_window(engine: PocketSphinxTranscriber) -> None:
    text = await engine.transcribe(whole_window(hum(1.0), start_s=40.0), OPTIONS)
    early, late = text.words
    assert (early.word, early.start, early.end) == ("early", 40.0, pytest.approx(40.1))
    assert (late.start, late.end) == (pytest.approx(40.1), 41.0)
    assert [early.probability, late.probability] == [0.5, 1.0]
    assert text.language == "en"


async def test_a_long_pause_ends_an_utterance_and_a_short_one_does_not(
    engine: PocketSphinxTranscriber,
) -> None:
    window = whole_window(hum(12.0), (0.5, 1.5), (1.9, 3.4), (5.0, 6.5))
    text = await engine.transcribe(window, OPTIONS)
    assert [word.start for word in text.words if word.word == "early"] == pytest.approx([0.3, 4.8])


async def test_an_utterance_never_reaches_out_of_its_piece(engine: PocketSphinxTranscriber) -> None:
    pieces = (TimeRange(start=10.0, end=12.5), TimeRange(start=20.0, end=21.5))
    window = SpeechWindow(clip_id="clip-1", index=0, samples=hum(4.0), pieces=pieces, speech=pieces)
    text = await engine.transcribe(window, OPTIONS)
    assert [word.start for word in text.words] == pytest.approx([10.0, 10.1, 20.0, 20.1])
    assert [word.end for word in text.words] == pytest.approx([10.1, 12.5, 20.1, 21.5])


async def test_an_utterance_that_is_not_understood_gives_no_words(engine: PocketSphinxTranscriber) -> None:
    text = await engine.transcribe(whole_window(hum(SAYS_NOTHING_S)), OPTIONS)
    assert text.words == ()


async def test_digital_silence_is_not_given_to_the_decoder(engine: PocketSphinxTranscriber) -> None:
    text = await engine.transcribe(whole_window(pause(1.0)), OPTIONS)
    assert text.words == ()


async def test_loading_starts_one_worker_which_then_does_the_work(engine: PocketSphinxTranscriber) -> None:
    await engine.load()
    (pid,) = workers()
    text = await engine.transcribe(whole_window(hum(1.0)), OPTIONS)
    assert text.words[1].word == f"by-{pid}"
    assert workers() == [pid]


async def test_a_load_without_the_package_names_its_remedy() -> None:
    with pytest.raises(EngineUnavailable, match="pip install pocketsphinx"):
        await PocketSphinxTranscriber(1, worker_module=MISSING).load()


def test_it_wants_a_window_for_each_worker_and_two_behind_them() -> None:
    assert PocketSphinxTranscriber(3).describe().windows_at_once == 5


async def test_no_worker_starts_before_there_is_speech_to_decode(engine: PocketSphinxTranscriber) -> None:
    silent = SpeechWindow(
        clip_id="clip-1",
        index=0,
        samples=pause(1.0),
        pieces=(TimeRange(start=0.0, end=1.0),),
        speech=(),
    )
    await engine.transcribe(silent, OPTIONS)
    assert workers() == []


async def test_many_windows_share_the_workers(engine: PocketSphinxTranscriber) -> None:
    texts = await asyncio.gather(*(engine.transcribe(whole_window(hum(1.0)), OPTIONS) for _ in range(8)))
    assert len({text.words[-1].word for text in texts}) == 2
    assert len(workers()) == 2


async def test_a_crash_fails_its_window_only_and_a_fresh_worker_takes_the_next(
    engine: PocketSphinxTranscriber,
) -> None:
    with pytest.raises(EngineFailed, match="SIGSEGV"):
        await engine.transcribe(whole_window(hum(CRASHES_S)), OPTIONS)
    assert (await engine.transcribe(whole_window(hum(1.0)), OPTIONS)).words


async def test_a_worker_that_dies_while_idle_is_replaced(engine: PocketSphinxTranscriber) -> None:
    await engine.transcribe(whole_window(hum(1.0)), OPTIONS)
    [pid] = workers()
    psutil.Process(pid).kill()
    while engine._idle[0].alive:
        await asyncio.sleep(0)
    assert (await engine.transcribe(whole_window(hum(1.0)), OPTIONS)).words
    assert workers() != [pid]


async def test_cancelling_a_call_ends_its_work_and_frees_its_place() -> None:
    engine = PocketSphinxTranscriber(1, worker_module=FAKE)
    await engine.transcribe(whole_window(hum(1.0)), OPTIONS)
    [pid] = workers()
    call = asyncio.create_task(engine.transcribe(whole_window(hum(HANGS_S)), OPTIONS))
    await asyncio.sleep(0)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert not psutil.pid_exists(pid)
    assert (await engine.transcribe(whole_window(hum(1.0)), OPTIONS)).words
    await engine.aclose()


async def test_closing_ends_a_call_that_is_under_way(engine: PocketSphinxTranscriber) -> None:
    await engine.transcribe(whole_window(hum(1.0)), OPTIONS)
    call = asyncio.create_task(engine.transcribe(whole_window(hum(HANGS_S)), OPTIONS))
    await asyncio.sleep(0)
    await engine.aclose()
    with pytest.raises(EngineFailed):
        await call


async def test_a_missing_package_names_its_remedy() -> None:
    engine = PocketSphinxTranscriber(1, worker_module=MISSING)
    for _ in range(2):
        with pytest.raises(EngineUnavailable, match="pip install pocketsphinx"):
            await engine.transcribe(whole_window(hum(1.0)), OPTIONS)


async def test_a_sentence_read_aloud_is_understood() -> None:
    engine = PocketSphinxTranscriber(1)
    sentence = "the box was thrown beside the parked truck"
    text = await engine.transcribe(whole_window(spoken(sentence)), OPTIONS)
    await engine.aclose()
    assert jiwer.wer(sentence, text.text) <= 0.25
    assert all(word.word.isalpha() for word in text.words)
