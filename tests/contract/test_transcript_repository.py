"""What every transcript repository does."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from app.domain.errors import NotFound
from app.domain.transcript import Transcript
from tests.contract.stores import STORES, Store, opened_store
from tests.fixtures.transcripts import a_clip, a_transcript, transcripts


@pytest.fixture(params=STORES)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    async with opened_store(request.param, tmp_path) as store:
        await store.clips.add(a_clip("clip-1"))
        await store.clips.add(a_clip("clip-2"))
        yield store


@given(transcript=transcripts(clip_id="clip-1"))
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_a_transcript_comes_back_equal_to_the_last_bit(store: Store, transcript: Transcript) -> None:
    await store.transcripts.save(transcript)
    assert await store.transcripts.get("clip-1") == transcript


async def test_a_new_transcript_takes_the_place_of_the_earlier_one(store: Store) -> None:
    await store.transcripts.save(a_transcript(text="a first try"))
    await store.transcripts.save(replace(a_transcript(text="better"), language="de"))
    assert await store.transcripts.get("clip-1") == replace(a_transcript(text="better"), language="de")


async def test_each_clip_has_its_own(store: Store) -> None:
    await store.transcripts.save(a_transcript("clip-1", text="one"))
    await store.transcripts.save(a_transcript("clip-2", text="two"))
    assert (await store.transcripts.get("clip-1")).text == "one"
    assert (await store.transcripts.get("clip-2")).text == "two"


async def test_a_transcript_of_no_clip_is_refused(store: Store) -> None:
    with pytest.raises(NotFound) as caught:
        await store.transcripts.save(a_transcript("nobody"))
    assert (caught.value.kind, caught.value.id) == ("clip", "nobody")
    with pytest.raises(NotFound):
        await store.transcripts.get("nobody")


async def test_a_clip_without_transcript_says_so(store: Store) -> None:
    with pytest.raises(NotFound) as caught:
        await store.transcripts.get("clip-1")
    assert (caught.value.kind, caught.value.id) == ("transcript", "clip-1")


async def test_a_deleted_transcript_is_gone_and_its_clip_stays(store: Store) -> None:
    await store.transcripts.save(a_transcript())
    await store.transcripts.delete("clip-1")
    with pytest.raises(NotFound):
        await store.transcripts.get("clip-1")
    with pytest.raises(NotFound):
        await store.transcripts.delete("clip-1")
    assert await store.clips.get("clip-1") == a_clip("clip-1")


async def test_saving_the_same_clip_many_times_at_once_keeps_one_of_them(store: Store) -> None:
    tries = [a_transcript(text=f"try {number}") for number in range(10)]
    await asyncio.gather(*(store.transcripts.save(transcript) for transcript in tries))
    assert await store.transcripts.get("clip-1") in tries


async def test_a_save_that_is_cancelled_leaves_a_whole_transcript_and_a_working_store(store: Store) -> None:
    await store.transcripts.save(a_transcript(text="before"))
    for tenths_of_a_ms in range(30):
        saving = asyncio.create_task(store.transcripts.save(a_transcript(text="after")))
        await asyncio.wait({saving}, timeout=tenths_of_a_ms / 10_000)
        saving.cancel()
        await asyncio.wait({saving})
        assert (await store.transcripts.get("clip-1")).text in ("before", "after")
        # Not even a lock may be left behind: waiting for one takes SQLite 5 s.
        await asyncio.wait_for(store.transcripts.save(a_transcript(text="before")), timeout=3)
        assert (await store.transcripts.get("clip-1")).text == "before"
