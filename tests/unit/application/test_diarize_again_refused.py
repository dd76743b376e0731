"""When the speakers of a transcript cannot be told apart anew, and what to do then."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.errors import Conflict, EngineFailed, InvalidOptions, NotFound
from app.domain.options import TranscriptionOptions
from tests.contract.stores import Store
from tests.unit.application.remembering import TALK, again, heard, opened, transcribed
from tests.unit.application.stage import OracleDiarizer, OracleTranscriber


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with opened("memory", tmp_path) as store:
        yield store


@pytest.mark.parametrize("threshold", [0.0, 1.0, -0.5, 7.0, float("nan")])
async def test_an_impossible_threshold_is_refused_by_name(store: Store, threshold: float) -> None:
    await heard(store)
    with pytest.raises(InvalidOptions) as caught:
        await again(store, threshold=threshold)
    assert caught.value.option == "threshold"


async def test_without_a_transcript_there_is_nothing_to_renew(store: Store) -> None:
    with pytest.raises(NotFound) as caught:
        await again(store)
    assert caught.value.kind == "transcript"


@pytest.mark.parametrize(
    ("chosen", "remedy"),
    [
        (TranscriptionOptions(diarize=False), "diarize=true"),
        (TranscriptionOptions(word_timestamps=False), "word_timestamps=true"),
    ],
    ids=["not diarized", "no words"],
)
async def test_what_cannot_be_renewed_says_what_to_do(
    store: Store, chosen: TranscriptionOptions, remedy: str
) -> None:
    await transcribed(store, OracleTranscriber(TALK.words), OracleDiarizer(TALK.turns), chosen)
    with pytest.raises(Conflict, match=remedy):
        await again(store)


async def test_channels_that_are_speakers_are_not_told_apart_by_voice(store: Store) -> None:
    split = await heard(store)
    engines = {stage: use for stage, use in split.engine.items() if stage != "diarization"}
    await store.transcripts.save(
        replace(split, engine=engines, options=TranscriptionOptions(channels="split"))
    )
    with pytest.raises(Conflict, match="channels=mix"):
        await again(store)


async def test_a_transcript_from_before_anything_was_kept_must_be_made_again(store: Store) -> None:
    first = await heard(store)
    await store.transcripts.save(replace(first, options=None))
    with pytest.raises(Conflict, match="transcribe it again with diarize=true"):
        await again(store)


async def test_a_chunk_that_failed_must_be_heard_first(store: Store) -> None:
    words = OracleTranscriber(TALK.words, language="en")
    lame = OracleDiarizer(TALK.turns, failures={2: EngineFailed("oracle", "lost its voice")})
    broken = await transcribed(store, words, lame)
    assert broken.warnings
    with pytest.raises(Conflict, match="transcribe it again with diarize=true"):
        await again(store)
    assert await store.transcripts.get("clip") == broken
    await transcribed(store, words, OracleDiarizer(TALK.turns))
    assert (await again(store)).warnings == ()
