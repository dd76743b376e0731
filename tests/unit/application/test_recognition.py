"""What a run asks of its recognizer, and what becomes of its answers beside the words."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from app.domain.engine import EngineInfo
from app.domain.errors import InvalidOptions
from app.domain.events import Done, fold
from app.domain.options import TranscriptionOptions
from app.domain.ports import Priority, TranscriptionPort
from app.domain.timeline import TimeRange
from app.domain.transcript import SuppressedText, TranscriptionText, Word
from app.domain.windows import SpeechWindow
from tests.unit.application.conversations import conversation
from tests.unit.application.stage import (
    OracleTranscriber,
    ToneDecoder,
    run,
    transcribe_audio,
    transcript_of,
    until,
    until_quiet,
)

TALK = conversation(minutes=4)
ALONE = TranscriptionOptions(diarize=False)

Answer = Callable[[SpeechWindow], TranscriptionText]


class Listener(TranscriptionPort):
    """Answers each window as it is told to, the earliest windows last. Keeps what it was asked.

    `gate` holds up the windows from `gated_from` on until it is set.
    """

    gated_from = 1

    def __init__(
        self,
        answer: Answer,
        *,
        windows_at_once: int = 4,
        gate: asyncio.Event | None = None,
        options: frozenset[str] = frozenset({"multilingual"}),
    ) -> None:
        self.options = options
        self.answer = answer
        self.gate = gate
        self.windows_at_once = windows_at_once
        self.asked: list[tuple[int, str | None]] = []
        self.priorities: set[Priority] = set()
        self.running = 0

    def describe(self) -> EngineInfo:
        return EngineInfo(
            name="listener",
            model="ears",
            options=self.options,
            windows_at_once=self.windows_at_once,
        )

    async def transcribe(
        self, window: SpeechWindow, options: TranscriptionOptions, *, priority: Priority = Priority.FILE
    ) -> TranscriptionText:
        self.asked.append((window.index, options.language))
        self.priorities.add(priority)
        self.running += 1
        for _ in range(10 - len(self.asked) % 10):
            await asyncio.sleep(0)
        if self.gate is not None and window.index >= self.gated_from:
            await self.gate.wait()
        self.running -= 1
        return self.answer(window)


def word_in(window: SpeechWindow, text: str = "word") -> Word:
    return Word(word=text, start=window.speech[0].start, end=window.speech[0].start + 0.3)


def says(language: str | None, probability: float | None = None) -> Answer:
    return lambda window: TranscriptionText(
        words=(word_in(window),), language=language, language_probability=probability
    )


def made_up(window: SpeechWindow) -> SuppressedText:
    part = window.speech[-1]
    return SuppressedText(text="Thanks.", start=part.start, end=part.end, reason="no_speech", score=0.9)


async def test_what_was_made_up_is_told_in_order_of_time_and_kept_without_word_times() -> None:
    def answer(window: SpeechWindow) -> TranscriptionText:
        return TranscriptionText(words=(word_in(window),), language="en", suppressed=(made_up(window),))

    for wish in (ALONE, replace(ALONE, word_timestamps=False), replace(ALONE, channels="split")):
        decoder = ToneDecoder(TALK.duration_s, TALK.speech, TALK.speech)
        events = await run(await transcribe_audio(decoder, Listener(answer), None), wish)
        transcript = transcript_of(events)
        starts = [text.start for text in transcript.suppressed]
        assert len(starts) > 5
        assert starts == sorted(starts)
        assert fold([*events[:-1], Done(transcript=replace(transcript, segments=()))]) == transcript


async def test_the_language_is_settled_on_the_first_window_before_the_others_start() -> None:
    transcriber = Listener(says("de", 0.75))
    use_case = await transcribe_audio(ToneDecoder(TALK.duration_s, TALK.speech), transcriber, None)
    transcript = transcript_of(await run(use_case, ALONE))
    assert transcriber.asked[0] == (0, None)
    assert {language for _, language in transcriber.asked[1:]} == {"de"}
    assert (transcript.language, transcript.language_probability) == ("de", 0.75)


async def test_a_window_without_speech_leaves_the_language_to_the_next_one() -> None:
    def answer(window: SpeechWindow) -> TranscriptionText:
        if window.index < 2:
            return TranscriptionText(words=(), suppressed=(made_up(window),))
        return says("de", 0.75)(window)

    transcriber = Listener(answer)
    use_case = await transcribe_audio(ToneDecoder(TALK.duration_s, TALK.speech), transcriber, None)
    transcript = transcript_of(await run(use_case, ALONE))
    assert transcriber.asked[:3] == [(0, None), (1, None), (2, None)]
    assert {language for _, language in transcriber.asked[3:]} == {"de"}
    assert (transcript.language, transcript.language_probability) == ("de", 0.75)


async def test_an_engine_that_tells_no_language_holds_its_windows_up_no_longer_than_one() -> None:
    transcriber = Listener(says(None))
    gate = transcriber.gate = asyncio.Event()
    transcriber.gated_from = 0
    use_case = await transcribe_audio(ToneDecoder(TALK.duration_s, TALK.speech), transcriber, None)
    running = asyncio.create_task(run(use_case, ALONE))
    await until(lambda: transcriber.running == 1)
    await until_quiet(lambda: transcriber.running)
    gate.set()
    await until(lambda: len(transcriber.asked) > 2)
    assert transcriber.running > 1
    assert transcript_of(await running).language is None


async def test_a_doubtful_language_is_settled_by_the_next_window() -> None:
    transcriber = Listener(
        lambda window: says("cy" if window.index == 0 else "de", 0.3 + window.index / 2)(window)
    )
    use_case = await transcribe_audio(ToneDecoder(TALK.duration_s, TALK.speech), transcriber, None)
    transcript = transcript_of(await run(use_case, ALONE))
    assert transcriber.asked[:2] == [(0, None), (1, None)]
    assert {language for _, language in transcriber.asked[2:]} == {"de"}
    assert (transcript.language, transcript.language_probability) == ("de", 0.8)


async def test_the_first_words_of_a_long_recording_have_a_head_start() -> None:
    transcriber = Listener(says("en"))
    gate = transcriber.gate = asyncio.Event()
    transcriber.gated_from = 0
    decoder = ToneDecoder(TALK.duration_s, TALK.speech)
    use_case = await transcribe_audio(decoder, transcriber, None)
    running = asyncio.create_task(run(use_case, replace(ALONE, language="en")))
    await until(lambda: transcriber.running == 1)
    await until_quiet(lambda: decoder.blocks_given)
    assert (len(transcriber.asked), decoder.blocks_given) == (1, 1)
    await until(lambda: len(transcriber.asked) > 1)  # but not for ever
    gate.set()
    await running


async def test_a_language_that_was_given_has_no_probability() -> None:
    transcriber = Listener(says("de", 0.75))
    use_case = await transcribe_audio(ToneDecoder(TALK.duration_s, TALK.speech), transcriber, None)
    transcript = transcript_of(await run(use_case, replace(ALONE, language="de")))
    assert (transcript.language, transcript.language_probability) == ("de", None)


async def test_a_recording_in_several_languages_is_followed_and_named_after_the_one_of_most_speech() -> None:
    def answer(window: SpeechWindow) -> TranscriptionText:
        mine = "ja" if window.index < 2 else "en"
        text = TranscriptionText(words=(word_in(window, "a"), word_in(window, "b")), language=mine)
        return replace(text, language_probability=0.5 if window.index == 2 else 1.0)

    # Six windows with the same amount of speech.
    speech = [TimeRange(start=i * 40.0, end=i * 40.0 + 20.0) for i in range(6)]
    transcriber = Listener(answer)
    gate = transcriber.gate = asyncio.Event()
    use_case = await transcribe_audio(ToneDecoder(240.0, speech), transcriber, None)
    running = asyncio.create_task(run(use_case, replace(ALONE, multilingual=True)))
    await until(lambda: transcriber.running == 4)  # the language of one says nothing of the others
    gate.set()
    transcript = transcript_of(await running)
    assert {language for _, language in transcriber.asked} == {None}
    assert transcript.language == "en"
    assert transcript.language_probability == pytest.approx(0.875, abs=0.01)
    assert [segment.text for segment in transcript.segments] == ["ab", "ab", "a b", "a b", "a b", "a b"]


async def test_several_languages_are_refused_where_the_engine_cannot_follow_them() -> None:
    decoder = ToneDecoder(TALK.duration_s, TALK.speech)
    use_case = await transcribe_audio(decoder, OracleTranscriber(TALK.words), None)
    with pytest.raises(InvalidOptions) as refusal:
        await run(use_case, replace(ALONE, multilingual=True))
    assert refusal.value.option == "multilingual"


@pytest.mark.parametrize(("duration_s", "priority"), [(60.0, Priority.SHORT), (61.0, Priority.FILE)])
async def test_short_clips_go_before_long_ones(duration_s: float, priority: Priority) -> None:
    transcriber = Listener(says("en"))
    use_case = await transcribe_audio(ToneDecoder(duration_s, TALK.speech), transcriber, None)
    await run(use_case, ALONE)
    assert transcriber.priorities == {priority}


@pytest.mark.parametrize(("asked_for", "at_once"), [(None, 5), (2, 2)])
async def test_the_engine_says_how_many_windows_it_can_use_unless_it_is_told(
    asked_for: int | None, at_once: int
) -> None:
    gate = asyncio.Event()
    transcriber = Listener(says("en"), windows_at_once=5, gate=gate)
    decoder = ToneDecoder(TALK.duration_s, TALK.speech)
    use_case = await transcribe_audio(decoder, transcriber, None, windows_in_flight=asked_for)
    running = asyncio.create_task(run(use_case, replace(ALONE, language="en")))
    await until(lambda: transcriber.running == at_once)
    await until_quiet(lambda: transcriber.running)
    assert transcriber.running == at_once
    gate.set()
    await running


async def test_a_translation_is_told_as_english_and_joined_as_english_is() -> None:
    engine = Listener(says("ja", 0.9), options=frozenset({"task"}))
    decoder = ToneDecoder(TALK.duration_s, TALK.speech)
    events = await run(
        await transcribe_audio(decoder, engine, None), replace(ALONE, task="translate", language=None)
    )
    transcript = transcript_of(events)
    assert transcript.language == "en"
    assert transcript.language_probability == 0.9
    assert {language for _, language in engine.asked[1:]} == {"ja"}
    assert max((segment.text for segment in transcript.segments), key=len).split()[0] == "word"


async def test_windows_of_all_channels_are_counted_together() -> None:
    engine = Listener(says("en"))
    decoder = ToneDecoder(TALK.duration_s, TALK.speech, TALK.speech)
    await run(await transcribe_audio(decoder, engine, None), replace(ALONE, channels="split"))
    numbers = sorted(number for number, _ in engine.asked)
    assert numbers == list(range(len(numbers)))
