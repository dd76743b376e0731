"""What every place does that keeps finished work."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from app.domain.diarization import ChunkDiarization
from app.domain.errors import NotFound
from app.domain.finished_work import ChunkKey, EngineIdentity, WindowKey
from app.domain.options import TranscriptionOptions
from app.domain.timeline import TimeRange
from app.domain.transcript import TranscriptionText, Word
from tests.contract.stores import STORES, Store, opened_store
from tests.fixtures.finished_work import (
    a_chunk,
    a_window,
    chunk_keys,
    chunks,
    texts,
    told,
    window_keys,
)
from tests.fixtures.transcripts import a_clip, a_transcript

NOTHING = ChunkDiarization(turns=(), samples=())
SILENCE = TranscriptionText(words=())
HELLO = TranscriptionText(words=(Word(word="hello", start=0.1, end=0.5),), language="en")

anything = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(params=STORES)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    async with opened_store(request.param, tmp_path) as store:
        await store.clips.add(a_clip("clip-1"))
        await store.clips.add(a_clip("clip-2"))
        yield store


@given(key=window_keys, text=texts)
@anything
async def test_words_come_back_equal_to_the_last_bit(
    store: Store, key: WindowKey, text: TranscriptionText
) -> None:
    await store.finished_work.keep_text(key, text)
    assert await store.finished_work.text(key) == text


@given(key=chunk_keys, found=chunks)
@anything
async def test_turns_and_voices_come_back_equal_to_the_last_bit(
    store: Store, key: ChunkKey, found: ChunkDiarization
) -> None:
    await store.finished_work.keep_chunk(key, found)
    assert told(await store.finished_work.chunk(key)) == told(found)
    assert (await store.finished_work.chunks("clip-1"))[-1] == key


async def test_what_was_never_kept_is_not_there(store: Store) -> None:
    assert await store.finished_work.text(a_window()) is None
    assert await store.finished_work.chunk(a_chunk()) is None
    assert await store.finished_work.chunks("clip-1") == []
    assert await store.finished_work.chunks("nobody") == []


@pytest.mark.parametrize(
    "other",
    [
        {"clip_id": "clip-2"},
        {"engine": EngineIdentity(name="engine", model="model", revision="2")},
        {"engine": EngineIdentity(name="engine", model="model", revision=None)},
        {"engine": EngineIdentity(name="engine", model="another", revision="1")},
        {"channel": 1},
        {"pieces": (TimeRange(start=0.1, end=7.1),)},
        {"speech": (TimeRange(start=0.1, end=7.0),)},
        {"options": TranscriptionOptions(language="en")},
        {"options": TranscriptionOptions(task="translate")},
        {"options": TranscriptionOptions(prompt="A talk")},
        {"options": TranscriptionOptions(hotwords=("Oslo",))},
        {"options": TranscriptionOptions(temperature=0.0)},
        {"options": TranscriptionOptions(beam_size=5)},
        {"options": TranscriptionOptions(multilingual=True)},
        {"options": TranscriptionOptions(channels="split")},
        {"options": TranscriptionOptions(word_timestamps=False)},
    ],
    ids=str,
)
async def test_words_of_another_window_engine_or_option_are_not_taken(
    store: Store, other: dict[str, object]
) -> None:
    await store.finished_work.keep_text(a_window(), HELLO)
    assert await store.finished_work.text(replace(a_window(), **other)) is None  # type: ignore[arg-type]
    assert await store.finished_work.text(a_window()) == HELLO


@pytest.mark.parametrize(
    "other",
    [
        {"clip_id": "clip-2"},
        {"engine": EngineIdentity(name="engine", model="model", revision="2")},
        {"core": TimeRange(start=0, end=59)},
        {"heard_until_s": 61.0},
        {"speech": ()},
        {"max_speakers": 2},
    ],
    ids=str,
)
async def test_what_was_found_in_another_chunk_or_within_another_bound_is_not_taken(
    store: Store, other: dict[str, object]
) -> None:
    await store.finished_work.keep_chunk(a_chunk(), NOTHING)
    assert await store.finished_work.chunk(replace(a_chunk(), **other)) is None  # type: ignore[arg-type]
    assert await store.finished_work.chunk(a_chunk()) is not None


async def test_equal_keys_find_the_same_whatever_their_numbers_are_written_as(store: Store) -> None:
    whole, broken = TranscriptionOptions(temperature=0), TranscriptionOptions(temperature=0.0)
    await store.finished_work.keep_text(a_window(options=whole), HELLO)
    assert await store.finished_work.text(a_window(options=broken)) == HELLO


async def test_what_is_kept_again_takes_the_place_of_the_first_and_comes_last(store: Store) -> None:
    first, second = a_chunk(), a_chunk(core=(60.0, 120.0))
    for key in (first, second, first):
        await store.finished_work.keep_chunk(key, NOTHING)
    assert await store.finished_work.chunks("clip-1") == [second, first]
    await store.finished_work.keep_text(a_window(), SILENCE)
    await store.finished_work.keep_text(a_window(), HELLO)
    assert await store.finished_work.text(a_window()) == HELLO


async def test_two_who_keep_the_same_at_once_keep_it_once(store: Store) -> None:
    await asyncio.gather(*(store.finished_work.keep_chunk(a_chunk(), NOTHING) for _ in range(8)))
    assert await store.finished_work.chunks("clip-1") == [a_chunk()]


async def test_each_clip_has_its_own(store: Store) -> None:
    await store.finished_work.keep_chunk(a_chunk("clip-2"), NOTHING)
    assert await store.finished_work.chunks("clip-1") == []
    assert await store.finished_work.chunks("clip-2") == [a_chunk("clip-2")]


async def test_work_on_no_clip_is_refused(store: Store) -> None:
    for keeping in (
        store.finished_work.keep_text(a_window("nobody"), HELLO),
        store.finished_work.keep_chunk(a_chunk("nobody"), NOTHING),
    ):
        with pytest.raises(NotFound) as caught:
            await keeping
        assert (caught.value.kind, caught.value.id) == ("clip", "nobody")


async def test_finished_work_goes_with_its_clip(store: Store) -> None:
    for clip_id in ("clip-1", "clip-2"):
        await store.finished_work.keep_text(a_window(clip_id), HELLO)
        await store.finished_work.keep_chunk(a_chunk(clip_id), NOTHING)
    await store.clips.delete("clip-1")
    await store.clips.add(a_clip("clip-1"))
    assert await store.finished_work.text(a_window("clip-1")) is None
    assert await store.finished_work.chunks("clip-1") == []
    assert await store.finished_work.text(a_window("clip-2")) == HELLO
    assert await store.finished_work.chunks("clip-2") == [a_chunk("clip-2")]


async def test_a_transcript_that_is_deleted_leaves_no_words_behind(store: Store) -> None:
    await store.finished_work.keep_text(a_window("clip-2"), HELLO)
    await store.finished_work.keep_text(a_window(), HELLO)
    with pytest.raises(NotFound):
        await store.transcripts.delete("clip-1")
    assert await store.finished_work.text(a_window()) == HELLO, "nothing was deleted"
    await store.transcripts.save(a_transcript("clip-1"))
    assert await store.finished_work.text(a_window()) == HELLO, "a new transcript takes nothing away"
    await store.transcripts.delete("clip-1")
    assert await store.finished_work.text(a_window()) is None
    assert await store.finished_work.text(a_window("clip-2")) == HELLO
