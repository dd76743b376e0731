"""What every clip repository does."""

import asyncio
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from app.domain.errors import Conflict, InvalidOptions, NotFound
from app.domain.ports import ClipRepository
from tests.contract.stores import STORES, Store, opened_store
from tests.fixtures.transcripts import NOON, a_clip, a_transcript


@pytest.fixture(params=STORES)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    async with opened_store(request.param, tmp_path) as store:
        yield store


@pytest.fixture
def clips(store: Store) -> ClipRepository:
    return store.clips


async def names_found(clips: ClipRepository, text: str) -> set[str]:
    return {clip.filename for clip in (await clips.search(text)).items}


async def pages(clips: ClipRepository, text: str = "", *, limit: int) -> list[list[str]]:
    found, cursor = [], None
    while True:
        page = await clips.search(text, limit=limit, cursor=cursor)
        found.append([clip.id for clip in page.items])
        cursor = page.next_cursor
        if cursor is None:
            return found


async def test_a_clip_comes_back_as_it_was_added(clips: ClipRepository) -> None:
    await clips.add(a_clip(filename="Größe\n'; -- 会议.wav"))
    assert await clips.get("clip-1") == a_clip(filename="Größe\n'; -- 会议.wav")


async def test_a_moment_in_another_time_zone_stays_the_same_moment(clips: ClipRepository) -> None:
    in_tokyo = datetime(2024, 1, 1, 8, 30, 0, 1, tzinfo=timezone(timedelta(hours=9)))
    await clips.add(a_clip(created_at=in_tokyo))
    kept = (await clips.get("clip-1")).created_at
    assert kept == in_tokyo
    assert kept.tzinfo is not None


async def test_an_id_that_is_taken_is_a_conflict_and_the_first_clip_stays(clips: ClipRepository) -> None:
    await clips.add(a_clip(filename="first.wav"))
    with pytest.raises(Conflict):
        await clips.add(a_clip(filename="second.wav"))
    assert (await clips.get("clip-1")).filename == "first.wav"


async def test_an_unknown_clip_is_not_found(clips: ClipRepository) -> None:
    with pytest.raises(NotFound) as caught:
        await clips.get("nobody")
    assert (caught.value.kind, caught.value.id) == ("clip", "nobody")
    with pytest.raises(NotFound):
        await clips.delete("nobody")


async def test_a_deleted_clip_takes_its_transcript_along_and_no_other(store: Store) -> None:
    for clip_id in ("clip-1", "clip-2"):
        await store.clips.add(a_clip(clip_id))
        await store.transcripts.save(a_transcript(clip_id))
    await store.clips.delete("clip-1")
    with pytest.raises(NotFound):
        await store.clips.get("clip-1")
    with pytest.raises(NotFound):
        await store.transcripts.get("clip-1")
    assert await store.transcripts.get("clip-2") == a_transcript("clip-2")


async def test_a_clip_that_comes_again_has_no_transcript_of_its_former_life(store: Store) -> None:
    await store.clips.add(a_clip())
    await store.transcripts.save(a_transcript())
    await store.clips.delete("clip-1")
    await store.clips.add(a_clip())
    with pytest.raises(NotFound):
        await store.transcripts.get("clip-1")


async def test_the_newest_clip_comes_first_whatever_the_order_of_adding(clips: ClipRepository) -> None:
    for clip_id, age_s in (("b", 20), ("c", 0), ("a", 10)):
        await clips.add(a_clip(clip_id, created_at=NOON - timedelta(seconds=age_s)))
    assert [clip.id for clip in (await clips.search()).items] == ["c", "a", "b"]


async def test_pages_hold_every_clip_once_even_those_of_one_moment(clips: ClipRepository) -> None:
    for number in range(7):
        await clips.add(a_clip(f"clip-{number}", created_at=NOON + timedelta(microseconds=number // 3)))
    ids = [f"clip-{number}" for number in reversed(range(7))]
    assert await pages(clips, limit=2) == [ids[0:2], ids[2:4], ids[4:6], ids[6:7]]
    assert await pages(clips, limit=7) == [ids]
    assert await pages(clips, limit=100) == [ids]


async def test_turning_pages_neither_repeats_nor_skips_while_clips_come_and_go(clips: ClipRepository) -> None:
    for number in range(4):
        await clips.add(a_clip(f"clip-{number}", created_at=NOON + timedelta(seconds=number)))
    first = await clips.search(limit=2)
    await clips.add(a_clip("newcomer", created_at=NOON + timedelta(hours=1)))
    await clips.delete("clip-2")
    second = await clips.search(limit=2, cursor=first.next_cursor)
    assert [clip.id for clip in first.items + second.items] == ["clip-3", "clip-2", "clip-1", "clip-0"]
    assert second.next_cursor is None


async def test_no_clips_are_an_empty_page(clips: ClipRepository) -> None:
    page = await clips.search()
    assert (page.items, page.next_cursor) == ((), None)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("board", {"Board Meeting.wav"}),
        ("MEETING", {"Board Meeting.wav"}),
        ("%", {"100% sure.wav"}),
        ("_", {"a_b.wav"}),
        ("/", {"and/or.wav"}),
        ("\\", {"back\\slash.wav"}),
        ("'", {"o'clock.wav"}),
        ("STRASSE", {"Straße.wav"}),
        ("ÉCOLE", {"e\N{COMBINING ACUTE ACCENT}cole.wav"}),
        ("привет", {"ПРИВЕТ.wav"}),
        ("nothing", set()),
    ],
)
async def test_a_search_takes_its_text_literally_and_in_any_case(
    clips: ClipRepository, text: str, found: set[str]
) -> None:
    names = ["Board Meeting.wav", "100% sure.wav", "a_b.wav", "and/or.wav", "back\\slash.wav", "o'clock.wav"]
    names += ["Straße.wav", "e\N{COMBINING ACUTE ACCENT}cole.wav", "ПРИВЕТ.wav"]
    for number, name in enumerate(names):
        await clips.add(a_clip(f"clip-{number}", filename=name))
    assert await names_found(clips, text) == found


async def test_a_search_turns_its_own_pages(clips: ClipRepository) -> None:
    for number in range(6):
        name = "keep.wav" if number % 2 else "skip.wav"
        await clips.add(a_clip(f"clip-{number}", filename=name, created_at=NOON + timedelta(seconds=number)))
    assert await pages(clips, "keep", limit=2) == [["clip-5", "clip-3"], ["clip-1"]]


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "garbage",
        "é",
        "!!!!",
        urlsafe_b64encode(b"\xff\xfe").decode(),
        urlsafe_b64encode(b"yesterday clip-1").decode(),
        urlsafe_b64encode(b"2024-05-17T12:00:00 clip-1").decode(),
        urlsafe_b64encode(b"2024-05-17T12:00:00+02:00 clip-1").decode(),
        urlsafe_b64encode(b"0001-01-01T00:00:00+23:00 clip-1").decode(),
        urlsafe_b64encode(b"2024-05-17T12:00:00+00:00").decode(),
        urlsafe_b64encode(b"2024-05-17T12:00:00+00:00 clip-1").decode() + "\n",
    ],
)
async def test_a_cursor_that_no_page_gave_is_refused(clips: ClipRepository, cursor: str) -> None:
    await clips.add(a_clip())
    with pytest.raises(InvalidOptions) as caught:
        await clips.search(cursor=cursor)
    assert caught.value.option == "cursor"


async def test_a_page_holds_at_least_one_clip(clips: ClipRepository) -> None:
    with pytest.raises(InvalidOptions) as caught:
        await clips.search(limit=0)
    assert caught.value.option == "limit"


async def test_clips_added_at_the_same_time_are_all_kept(clips: ClipRepository) -> None:
    moments = [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=number) for number in range(30)]
    await asyncio.gather(
        *(clips.add(a_clip(f"clip-{number}", created_at=at)) for number, at in enumerate(moments))
    )
    assert len((await clips.search(limit=100)).items) == 30


async def test_of_two_clips_added_at_once_under_one_id_one_is_kept(clips: ClipRepository) -> None:
    results = await asyncio.gather(clips.add(a_clip()), clips.add(a_clip()), return_exceptions=True)
    assert sorted(map(type, results), key=str) == sorted([type(None), Conflict], key=str)
