import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.adapters.outbound.audio.in_place import InPlaceAudioStore
from app.domain.errors import Conflict, NotFound


def exists(path: Path) -> bool:
    return path.exists()


async def sound() -> AsyncIterator[bytes]:
    yield b"sound"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "talk.wav"
    path.write_bytes(b"their own sound")
    return path


async def test_the_callers_file_is_used_where_it_is(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(own.parent)
    store = InPlaceAudioStore()
    await store.put("clip", Path(own.name))
    async with store.local_path("clip") as path:
        assert path == own
    store.close()
    assert exists(own)


async def test_a_file_that_was_moved_away_is_not_found(own: Path) -> None:
    store = InPlaceAudioStore()
    await store.put("clip", own)
    shutil.move(own, own.with_name("elsewhere.wav"))
    with pytest.raises(NotFound):
        async with store.local_path("clip"):
            pass
    store.close()


async def test_an_id_of_a_file_is_taken(own: Path) -> None:
    store = InPlaceAudioStore()
    await store.put("clip", own)
    for again in (own, sound()):
        with pytest.raises(Conflict):
            await store.put("clip", again)
    store.close()


async def test_closing_leaves_nothing_behind() -> None:
    store = InPlaceAudioStore()
    await store.put("clip", sound())
    async with store.local_path("clip") as path:
        assert path.is_file()
    store.close()
    assert not exists(path.parent.parent)


async def test_after_closing_it_can_be_used_again() -> None:
    store = InPlaceAudioStore()
    await store.put("clip", sound())
    store.close()
    with pytest.raises(NotFound):
        async with store.local_path("clip"):
            pass
    await store.put("clip", sound())
    async with store.local_path("clip") as path:
        assert path.read_bytes() == b"sound"
        assert path.parent.parent.stat().st_mode & 0o777 == 0o700
    store.close()
    assert not exists(path.parent.parent)
