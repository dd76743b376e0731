"""What every store of recordings must do."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from app.adapters.outbound.audio.file_store import FileAudioStore
from app.adapters.outbound.audio.in_place import InPlaceAudioStore
from app.domain.errors import AudioTooLarge, Conflict, InvalidAudio, NotFound
from app.domain.ports import AudioStore

BYTES = b"RIFF and so on" * 50_000
CLIP = "0199-clip_A"


@pytest.fixture(params=["file", "in place"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AudioStore]:
    if request.param == "file":
        yield FileAudioStore(tmp_path / "not yet" / "audio")
    else:
        in_place = InPlaceAudioStore()
        yield in_place
        in_place.close()


async def parts(content: bytes = BYTES, error: BaseException | None = None) -> AsyncIterator[bytes]:
    for first in range(0, len(content), 100_000):
        yield content[first : first + 100_000]
    if error is not None:
        raise error


async def kept(store: AudioStore, clip_id: str = CLIP) -> bytes:
    async with store.local_path(clip_id) as path:
        return path.read_bytes()


async def is_kept(store: AudioStore, clip_id: str = CLIP) -> bool:
    try:
        await kept(store, clip_id)
    except NotFound:
        return False
    return True


async def test_what_came_in_parts_is_kept_as_it_came(store: AudioStore) -> None:
    stored = await store.put(CLIP, parts())
    assert stored.size_bytes == len(BYTES)
    assert stored.sha256 == hashlib.sha256(BYTES).hexdigest()
    assert await kept(store) == BYTES


async def test_a_local_file_is_taken_in_and_stays_where_it_is(store: AudioStore, tmp_path: Path) -> None:
    own = tmp_path / "my talk.wav"
    own.write_bytes(BYTES)
    stored = await store.put(CLIP, own)
    assert stored.sha256 in (hashlib.sha256(BYTES).hexdigest(), None)  # None where it stays in place
    assert await kept(store) == BYTES
    await store.delete(CLIP)
    assert own.read_bytes() == BYTES


async def test_recordings_do_not_mix(store: AudioStore) -> None:
    await store.put("a", parts(b"first"))
    await store.put("b", parts(b"second"))
    await store.delete("a")
    assert not await is_kept(store, "a")
    assert await kept(store, "b") == b"second"


async def test_an_id_is_taken_once(store: AudioStore, tmp_path: Path) -> None:
    own = tmp_path / "own.wav"
    own.write_bytes(b"theirs")
    await store.put(CLIP, parts())
    with pytest.raises(Conflict):
        await store.put(CLIP, parts(b"another"))
    assert await kept(store) == BYTES
    await store.delete(CLIP)
    await store.put(CLIP, parts(b"another"))
    assert await kept(store) == b"another"


@pytest.mark.parametrize("as_path", [False, True])
async def test_the_size_limit_holds_while_bytes_come(
    store: AudioStore, tmp_path: Path, as_path: bool
) -> None:
    own = tmp_path / "big.wav"
    own.write_bytes(BYTES)
    with pytest.raises(AudioTooLarge, match="MAX_UPLOAD_SIZE"):
        await store.put(CLIP, own if as_path else parts(), max_size_bytes=len(BYTES) - 1)
    assert not await is_kept(store)
    await store.put(CLIP, own if as_path else parts(), max_size_bytes=len(BYTES))
    assert await is_kept(store)


async def test_an_endless_upload_is_stopped(store: AudioStore) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield bytes(65_536)

    with pytest.raises(AudioTooLarge):
        await store.put(CLIP, endless(), max_size_bytes=1_000_000)


async def test_nothing_at_all_is_no_recording(store: AudioStore, tmp_path: Path) -> None:
    empty = tmp_path / "empty.wav"
    empty.touch()
    for content in (parts(b""), empty):
        with pytest.raises(InvalidAudio, match="empty"):
            await store.put(CLIP, content)
    assert not await is_kept(store)


async def test_what_is_no_file_is_refused(store: AudioStore, tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing.wav"):
        with pytest.raises(InvalidAudio, match="not a file"):
            await store.put(CLIP, path)


@pytest.mark.parametrize(
    "error", [ConnectionError("gone"), asyncio.CancelledError()], ids=["gone", "cancelled"]
)
async def test_an_upload_that_breaks_off_leaves_nothing(store: AudioStore, error: BaseException) -> None:
    with pytest.raises(type(error)):
        await store.put(CLIP, parts(error=error))
    assert not await is_kept(store)
    await store.put(CLIP, parts())


@pytest.mark.parametrize("clip_id", ["unknown", "../secret", "a/../../secret", "", ".", "a\0b"])
async def test_an_id_that_is_not_kept_is_not_found_and_deleting_it_is_no_error(
    store: AudioStore, tmp_path: Path, clip_id: str
) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "audio").write_bytes(b"secret")
    with pytest.raises(NotFound):
        await kept(store, clip_id)
    await store.delete(clip_id)
    assert (tmp_path / "secret" / "audio").exists()


async def test_a_deleted_recording_is_not_found(store: AudioStore) -> None:
    await store.put(CLIP, parts())
    await store.delete(CLIP)
    assert not await is_kept(store)
    await store.delete(CLIP)
