"""What an engine has done once is looked up, whatever became of the run it was done for."""

import asyncio
import logging
from dataclasses import replace
from pathlib import Path

import pytest

from app.application.formats import FORMATS, CueLayout
from app.application.remembered import RememberedDiarization, RememberedTranscription
from app.domain.engine import EngineInfo
from app.domain.errors import EngineFailed, EngineUnavailable, NotFound, StorageFailed, StorageFull
from app.domain.options import SpeakerHints, TranscriptionOptions
from app.domain.ports import Priority, TranscriptionPort
from app.domain.transcript import TranscriptionText
from app.domain.windows import SpeechWindow
from tests.contract.stores import STORES
from tests.unit.application.remembering import TALK, cut_short, opened, remembering, transcribed
from tests.unit.application.stage import OracleDiarizer, OracleTranscriber, run, said, transcript_of


def engines(language: str | None = "en") -> tuple[OracleTranscriber, OracleDiarizer]:
    return OracleTranscriber(TALK.words, language=language), OracleDiarizer(TALK.turns)


def windows_of(engine: OracleTranscriber) -> list[tuple[float, float]]:
    return [(window.range.start, window.range.end) for window, _ in engine.asked]


def chunks_of(engine: OracleDiarizer) -> list[float]:
    return [chunk.core.start for chunk, _ in engine.asked]


@pytest.mark.parametrize("kind", STORES)
async def test_a_run_that_was_stopped_halfway_is_finished_by_the_next_one(kind: str, tmp_path: Path) -> None:
    words, voices = engines()
    async with opened(kind, tmp_path / "undisturbed") as store:
        undisturbed = await transcribed(store, words, voices)
    everything, all_chunks = windows_of(words), chunks_of(voices)

    async with opened(kind, tmp_path / "stopped") as store:
        first, first_voices = engines()
        second, second_voices = engines()
        use_case = await remembering(store, first, first_voices, windows_in_flight=2)
        await cut_short(use_case, after_s=100)
        if kind == "memory":
            resumed = await transcribed(store, second, second_voices)
    if kind == "sqlite":
        async with opened(kind, tmp_path / "stopped") as store:
            resumed = await transcribed(store, second, second_voices)

    assert len(windows_of(first)) < len(everything)
    # What was at the engine when the run was stopped is asked for again: two windows and two chunks at most.
    asked_twice = set(windows_of(first)) & set(windows_of(second))
    assert len(asked_twice) <= 2
    assert len(set(chunks_of(first_voices)) & set(chunks_of(second_voices))) <= 2
    assert min(start for start, _ in windows_of(second)) > 60
    assert min(chunks_of(second_voices)) >= 120
    assert sorted({*windows_of(first), *windows_of(second)}) == sorted(everything)
    assert sorted({*chunks_of(first_voices), *chunks_of(second_voices)}) == sorted(all_chunks)
    written = [FORMATS["json"].write(each, CueLayout()) for each in (resumed, undisturbed)]
    assert written[0] == written[1]
    assert resumed == undisturbed


@pytest.mark.parametrize("language", ["en", None])
async def test_a_second_run_asks_no_engine_for_anything(language: str | None, tmp_path: Path) -> None:
    async with opened("sqlite", tmp_path) as store:
        first = await transcribed(store, *engines(language))
        words, voices = engines(language)
        assert await transcribed(store, words, voices) == first
    assert said(first) == TALK.said
    assert words.asked == []
    assert voices.asked == []


async def test_other_speaker_counts_cost_no_recognition_and_a_bound_is_a_question_of_its_own(
    tmp_path: Path,
) -> None:
    async with opened("memory", tmp_path) as store:
        await transcribed(store, *engines())
        words, voices = engines()
        bounded = TranscriptionOptions(speakers=SpeakerHints(max_speakers=2))
        await transcribed(store, words, voices, bounded)
        assert words.asked == []
        assert {bound for _, bound in voices.asked} == {2}
        none, again = engines()
        await transcribed(store, none, again, bounded)
        await transcribed(store, none, again, TranscriptionOptions(diarize=False))
        await transcribed(store, none, again, TranscriptionOptions(speakers=SpeakerHints(min_speakers=2)))
        assert (none.asked, again.asked) == ([], [])


async def test_two_runs_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    async with opened("sqlite", tmp_path) as store:
        runs = [run(await remembering(store, *engines())) for _ in range(2)]
        first, second = await asyncio.gather(*runs)
        assert transcript_of(first) == transcript_of(second)
        assert said(transcript_of(first)) == TALK.said
        words, voices = engines()
        await transcribed(store, words, voices)
    assert (words.asked, voices.asked) == ([], [])


async def test_failures_are_not_remembered(tmp_path: Path) -> None:
    async with opened("memory", tmp_path) as store:
        lame = OracleTranscriber(TALK.words, failure=EngineFailed("oracle", "lost its tongue"))
        with pytest.raises(EngineFailed):
            await run(await remembering(store, lame, OracleDiarizer(TALK.turns)))
        deaf = OracleDiarizer(TALK.turns, failures={1: EngineFailed("oracle", "lost its voice")})
        words, voices = engines()
        assert (await transcribed(store, words, deaf)).warnings
        assert words.asked
        transcript = await transcribed(store, words, voices)
    assert chunks_of(voices) == [60.0]
    assert transcript.warnings == ()
    assert said(transcript) == TALK.said


class Broken:
    """A place for finished work that is no place."""

    def __init__(self, reading: Exception | None, writing: Exception) -> None:
        self.reading = reading
        self.writing = writing

    async def text(self, key: object) -> None:
        if self.reading:
            raise self.reading

    chunk = text

    async def keep_text(self, key: object, found: object) -> None:
        raise self.writing

    keep_chunk = keep_text


@pytest.mark.parametrize(
    ("reading", "writing", "told"),
    [
        (StorageFailed("locked"), StorageFailed("locked"), {"looked up: locked", "kept: locked"}),
        (None, StorageFull("no room"), {"kept: no room"}),
        (None, NotFound("clip", "clip"), set()),
    ],
    ids=["locked", "full", "clip gone"],
)
async def test_where_nothing_can_be_kept_the_engines_do_the_work_and_the_log_says_so(
    reading: Exception | None,
    writing: Exception,
    told: set[str],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with opened("memory", tmp_path) as store:
        broken = replace(store, finished_work=Broken(reading, writing))  # type: ignore[arg-type]
        with caplog.at_level(logging.INFO):
            transcript = await transcribed(broken, *engines())
    assert said(transcript) == TALK.said
    assert transcript.warnings == ()
    assert {record.message.removeprefix("finished work cannot be ") for record in caplog.records} == told


class Downloading(OracleTranscriber):
    """Learns which revision it is when it is first used."""

    def describe(self) -> EngineInfo:
        return EngineInfo(name="oracle", model="words", revision="abc" if self.asked else None)


async def test_what_the_first_use_downloaded_is_known_by_its_revision(tmp_path: Path) -> None:
    async with opened("memory", tmp_path) as store:
        words = Downloading(TALK.words, language="en")
        await transcribed(store, words, OracleDiarizer(TALK.turns))
        asked = len(words.asked)
        await transcribed(store, words, OracleDiarizer(TALK.turns))
        assert len(words.asked) == asked
        await transcribed(store, newcomer := Downloading(TALK.words, language="en"), OracleDiarizer([]))
    assert windows_of(newcomer)[0] == windows_of(words)[0], "nobody knows yet that it is the same"


class Watched(TranscriptionPort):
    """Notes what is done to it."""

    def __init__(self) -> None:
        self.done: list[object] = []

    def describe(self) -> EngineInfo:
        return EngineInfo(name="watched", model="m", windows_at_once=7)

    def check(self) -> None:
        raise EngineUnavailable("watched", "no model", "Get one")

    async def load(self) -> None:
        self.done.append("loaded")

    async def aclose(self) -> None:
        self.done.append("closed")

    async def transcribe(
        self, window: SpeechWindow, options: TranscriptionOptions, *, priority: Priority = Priority.FILE
    ) -> TranscriptionText:
        self.done.append(priority)
        return TranscriptionText(words=())


@pytest.mark.parametrize("wrapper", [RememberedTranscription, RememberedDiarization])
async def test_a_remembered_engine_is_asked_whatever_an_engine_can_be_asked(
    wrapper: type[RememberedTranscription], tmp_path: Path
) -> None:
    engine = Watched()
    async with opened("memory", tmp_path) as store:
        remembered = wrapper(engine, store.finished_work)
        assert remembered.describe() == engine.describe()
        assert remembered.describe().windows_at_once == 7
        with pytest.raises(EngineUnavailable, match="no model"):
            remembered.check()
        await remembered.load()
        await remembered.aclose()
        assert engine.done == ["loaded", "closed"]


async def test_who_is_in_a_hurry_stays_so(tmp_path: Path) -> None:
    words, voices = engines()
    engine = Watched()
    async with opened("memory", tmp_path) as store:
        await transcribed(store, words, voices)
        window, options = words.asked[0]
        remembered = RememberedTranscription(engine, store.finished_work)
        await remembered.transcribe(window, options, priority=Priority.LIVE)
    assert engine.done == [Priority.LIVE]
