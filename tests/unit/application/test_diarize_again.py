"""Telling speakers apart anew gives what a whole new run would, and asks no engine."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.adapters.outbound.diarization.scripted import ScriptedDiarizer
from app.domain.audio import AudioChunk
from app.domain.diarization import ChunkDiarization
from app.domain.engine import EngineInfo
from app.domain.options import SpeakerHints, TranscriptionOptions
from app.domain.ports import Priority
from app.domain.transcript import SpeakerTurn, TranscriptionText, TranscriptWarning, Word
from app.domain.windows import SpeechWindow
from tests.contract.stores import Store
from tests.unit.application.conversations import Conversation
from tests.unit.application.remembering import ANYBODY, TALK, again, heard, opened, transcribed
from tests.unit.application.stage import OracleDiarizer, OracleTranscriber, said


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with opened("memory", tmp_path) as store:
        yield store


def hints(**counts: int) -> SpeakerHints:
    return SpeakerHints(**counts)


def options(speakers: SpeakerHints = ANYBODY) -> TranscriptionOptions:
    return TranscriptionOptions(speakers=speakers)


@pytest.mark.parametrize(
    "speakers",
    [
        ANYBODY,
        hints(num_speakers=1),
        hints(num_speakers=2),
        hints(num_speakers=5),
        hints(max_speakers=2),
        hints(min_speakers=4, max_speakers=6),
    ],
    ids=str,
)
async def test_the_transcript_is_that_of_a_new_run_with_these_hints(
    store: Store, tmp_path: Path, speakers: SpeakerHints
) -> None:
    first = await heard(store)
    renewed = await again(store, speakers)
    assert await store.transcripts.get("clip") == renewed
    assert (renewed == first) == (speakers == ANYBODY)
    async with opened("memory", tmp_path / "other") as other:
        assert renewed == await heard(other, speakers)


async def test_from_hint_to_hint_and_back_nothing_is_lost(store: Store) -> None:
    first = await heard(store)
    assert said(first) == TALK.said
    await again(store, hints(num_speakers=1))
    await again(store, threshold=0.99)
    assert await again(store) == first


@pytest.mark.parametrize("bounds", [[3, 2], [2, 3, 1], [None, 2], [1, None, 2]], ids=str)
async def test_what_was_found_within_the_widest_bound_is_taken(
    store: Store, bounds: list[int | None]
) -> None:
    words, voices = OracleTranscriber(TALK.words, language="en"), ScriptedDiarizer(TALK.turns)
    for bound in bounds:
        last = await transcribed(store, words, voices, options(SpeakerHints(max_speakers=bound)))
    assert said(last) != TALK.said
    assert said(await again(store)) == TALK.said


async def test_what_was_found_within_a_narrow_bound_is_better_than_nothing(store: Store) -> None:
    words, voices = OracleTranscriber(TALK.words, language="en"), ScriptedDiarizer(TALK.turns)
    await transcribed(store, words, voices, options(hints(num_speakers=2)))
    assert len((await again(store, hints(num_speakers=1))).speakers) == 1
    assert len((await again(store)).speakers) >= 2


async def test_what_another_engine_found_is_left_alone(store: Store) -> None:
    words = OracleTranscriber(TALK.words, language="en")
    of_another = await transcribed(store, words, ScriptedDiarizer(TALK.turns))
    await transcribed(store, words, OracleDiarizer(TALK.turns[:2]))
    await store.transcripts.save(of_another)
    assert await again(store) == of_another


class Blurred(OracleDiarizer):
    """Voices of one person are about 0.9 alike, those of two about 0.2."""

    async def diarize(self, chunk: AudioChunk, *, max_speakers: int | None) -> ChunkDiarization:
        found = await super().diarize(chunk, max_speakers=max_speakers)
        return ChunkDiarization(
            turns=found.turns,
            samples=tuple(
                replace(sample, embedding=_blurred(sample.embedding, chunk.index)) for sample in found.samples
            ),
        )


def _blurred(voice: np.ndarray, seed: int) -> np.ndarray:
    noise = np.zeros(32)
    noise[8 + seed % 24] = 0.3
    blurred = np.concatenate([voice, np.zeros(32 - len(voice))]) + noise + 0.08
    return (blurred / np.linalg.norm(blurred)).astype(np.float32)


async def test_a_threshold_decides_who_is_one_person(store: Store) -> None:
    words = OracleTranscriber(TALK.words, language="en")
    first = await transcribed(store, words, Blurred(TALK.turns))
    assert said(first) == TALK.said
    strict = await again(store, threshold=0.995)
    assert len(strict.speakers) > 3
    assert {segment.id for segment in strict.segments}.isdisjoint(segment.id for segment in first.segments)
    assert await again(store, threshold=0.995) == strict
    assert len((await again(store, hints(max_speakers=3), threshold=0.995)).speakers) == 3


async def test_channels_that_were_mixed_because_they_are_one_sound_are_renewed_as_one(store: Store) -> None:
    first = await heard(store)
    await store.transcripts.save(replace(first, options=TranscriptionOptions(channels="split")))
    renewed = await again(store, hints(num_speakers=2))
    assert (renewed.options, len(renewed.speakers)) == (options(hints(num_speakers=2)), 2)


@pytest.mark.parametrize("code", ["diarization_failed", "diarization_unavailable"])
async def test_a_warning_stays_unless_it_is_no_longer_true(store: Store, code: str) -> None:
    first = await heard(store)
    cut = TranscriptWarning(code="audio_truncated", message="the file ends early")
    untold = TranscriptWarning(code=code, message="from 60 to 120 s")
    await store.transcripts.save(replace(first, warnings=(cut, untold)))
    assert (await again(store)).warnings == (cut,)


def interrupted(minutes: int) -> Conversation:
    """Every 20 s somebody talks for 15 s, and for 6 s of it somebody else does too, word over word."""
    turns, said = [], []
    for number in range(minutes * 3):
        start = number * 20 + 1.0
        for label, first, last in (("SPEAKER_00", 0.0, 15.0), ("SPEAKER_01", 5.35, 11.35)):
            turns.append(SpeakerTurn(start=start + first, end=start + last, speaker_label=label))
            for step in range(int((last - first) / 0.4)):
                at = round(start + first + step * 0.4, 3)
                said.append(Word(word=f"{label[-1]}w{len(said)}", start=at, end=round(at + 0.35, 3)))
    words = tuple(sorted(said, key=lambda word: word.start))
    return Conversation(turns=tuple(turns), words=words, duration_s=minutes * 60.0)


async def test_words_of_people_who_interrupt_each_other_come_in_their_order(store: Store) -> None:
    talk = interrupted(3)
    engines = OracleTranscriber(talk.words, language="en"), OracleDiarizer(talk.turns)
    first = await transcribed(store, *engines, talk=talk)
    starts = [word.start for segment in first.segments for word in segment.words]
    assert starts != sorted(starts), "segments interleave, or this shows nothing"
    assert await again(store) == first


class Bilingual(OracleTranscriber):
    """Hears Chinese in the first minute and a half, English after it."""

    def describe(self) -> EngineInfo:
        return EngineInfo(name="oracle", model="words", options=frozenset({"multilingual"}))

    async def transcribe(
        self, window: SpeechWindow, options: TranscriptionOptions, *, priority: Priority = Priority.FILE
    ) -> TranscriptionText:
        text = await super().transcribe(window, options, priority=priority)
        return replace(text, language="zh" if window.range.start < 90 else "en")


async def test_each_segment_is_written_as_its_language_is(store: Store) -> None:
    first = await transcribed(
        store,
        Bilingual(TALK.words),
        OracleDiarizer(TALK.turns),
        TranscriptionOptions(multilingual=True),
    )
    assert " " not in first.segments[0].text
    assert " " in first.segments[-1].text
    assert await again(store) == first
    merged = await again(store, hints(num_speakers=1))
    assert [s.text for s in merged.segments] == [s.text for s in first.segments]


async def test_silence_is_renewed_too(store: Store) -> None:
    nobody = Conversation(turns=(), words=(), duration_s=70.0)
    engines = OracleTranscriber([]), OracleDiarizer([replace(TALK.turns[0])])
    silent = await transcribed(store, *engines, talk=nobody)
    assert await again(store) == silent


async def test_words_keep_what_the_engine_said_of_them(store: Store) -> None:
    words = [replace(word, probability=0.5, timing="interpolated") for word in TALK.words]
    await transcribed(store, OracleTranscriber(words), OracleDiarizer(TALK.turns))
    renewed = await again(store, hints(num_speakers=2))
    told = [word for segment in renewed.segments for word in segment.words]
    assert [
        Word(word=w.word, start=w.start, end=w.end, probability=w.probability, timing=w.timing) for w in told
    ] == words


class Downloading(OracleDiarizer):
    """Learns which revision it is when it is first used."""

    def describe(self) -> EngineInfo:
        return EngineInfo(name="oracle", model="turns", revision="abc" if self.asked else None)


async def test_chunks_are_found_whose_engine_was_fetched_by_that_very_run(store: Store) -> None:
    first = await transcribed(store, OracleTranscriber(TALK.words, language="en"), Downloading(TALK.turns))
    assert first.engine["diarization"].info.revision == "abc"
    assert (await again(store)).segments == first.segments
