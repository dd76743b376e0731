import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.adapters.outbound.persistence.memory import MemoryClipRepository
from app.application.store_audio import StoreAudio, clean_filename
from app.domain.audio import AudioClip, AudioProbe
from app.domain.errors import AudioTooLarge, Conflict, InvalidAudio
from tests.fakes import FakeClock, FakeDecoder, FolderAudioStore


async def _parts(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def _use_case(
    audio_store: FolderAudioStore,
    clips: MemoryClipRepository,
    *,
    decoder: FakeDecoder | None = None,
    max_size_bytes: int | None = None,
) -> StoreAudio:
    return StoreAudio(
        audio_store=audio_store,
        clips=clips,
        decoder=decoder or FakeDecoder(),
        clock=FakeClock(),
        max_size_bytes=max_size_bytes,
    )


async def test_an_upload_is_kept_and_described(
    audio_store: FolderAudioStore, clips: MemoryClipRepository
) -> None:
    clip = await _use_case(audio_store, clips).execute("interview.wav", _parts(b"RI", b"FF"))
    assert (clip.id, clip.filename, clip.size_bytes) == ("id-1", "interview.wav", 4)
    assert (clip.duration, clip.media_type) == (12.5, "audio/wav")
    assert clip.sha256 == hashlib.sha256(b"RIFF").hexdigest()
    assert await clips.get("id-1") == clip
    async with audio_store.local_path("id-1") as path:
        assert path.read_bytes() == b"RIFF"


async def test_a_local_file_is_taken_too(
    audio_store: FolderAudioStore, clips: MemoryClipRepository, tmp_path: Path
) -> None:
    file = tmp_path / "memo.ogg"
    file.write_bytes(b"OggS")
    clip = await _use_case(audio_store, clips).execute(file.name, file)
    assert clip.filename == "memo.ogg"
    assert audio_store.kept == {clip.id}


async def test_what_cannot_be_opened_as_audio_is_not_kept(
    audio_store: FolderAudioStore, clips: MemoryClipRepository
) -> None:
    refusing = _use_case(audio_store, clips, decoder=FakeDecoder(InvalidAudio("not audio")))
    with pytest.raises(InvalidAudio):
        await refusing.execute("notes.txt", _parts(b"dear diary"))
    assert audio_store.kept == set()
    assert (await clips.search()).items == ()


async def test_the_size_limit_reaches_the_store(
    audio_store: FolderAudioStore, clips: MemoryClipRepository
) -> None:
    with pytest.raises(AudioTooLarge):
        await _use_case(audio_store, clips, max_size_bytes=3).execute("a.wav", _parts(b"RIFF"))
    assert (await clips.search()).items == ()


async def test_a_clip_that_cannot_be_remembered_leaves_no_file(audio_store: FolderAudioStore) -> None:
    class FullClipRepository(MemoryClipRepository):
        async def add(self, clip: AudioClip) -> None:
            raise Conflict("full")

    with pytest.raises(Conflict):
        await _use_case(audio_store, FullClipRepository()).execute("a.wav", _parts(b"RIFF"))
    assert audio_store.kept == set()


async def test_a_caller_that_gives_up_leaves_no_file(
    audio_store: FolderAudioStore, clips: MemoryClipRepository
) -> None:
    probing = asyncio.Event()

    class EndlessDecoder(FakeDecoder):
        async def probe(self, path: Path) -> AudioProbe:
            probing.set()
            await asyncio.Event().wait()
            return await super().probe(path)

    upload = asyncio.create_task(
        _use_case(audio_store, clips, decoder=EndlessDecoder()).execute("a.wav", _parts(b"RIFF"))
    )
    await probing.wait()
    assert audio_store.kept == {"id-1"}
    upload.cancel()
    with pytest.raises(asyncio.CancelledError):
        await upload
    assert audio_store.kept == set()


async def test_a_caller_that_gives_up_at_the_last_step_leaves_neither_clip_nor_file(
    audio_store: FolderAudioStore,
) -> None:
    added = asyncio.Event()

    class LateClipRepository(MemoryClipRepository):
        async def add(self, clip: AudioClip) -> None:
            await super().add(clip)
            added.set()
            await asyncio.Event().wait()

    clips = LateClipRepository()
    upload = asyncio.create_task(_use_case(audio_store, clips).execute("a.wav", _parts(b"RIFF")))
    await added.wait()
    upload.cancel()
    with pytest.raises(asyncio.CancelledError):
        await upload
    assert audio_store.kept == set()
    assert (await clips.search()).items == ()


async def test_a_clip_that_was_there_before_stays(
    audio_store: FolderAudioStore, clips: MemoryClipRepository
) -> None:
    first = await _use_case(audio_store, clips).execute("first.wav", _parts(b"RIFF"))
    await audio_store.delete(first.id)
    with pytest.raises(Conflict):
        await _use_case(audio_store, clips).execute("second.wav", _parts(b"RIFF"))
    assert await clips.get(first.id) == first


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("interview.wav", "interview.wav"),
        ("../../etc/passwd", "passwd"),
        ("C:\\fakepath\\Memo 1.m4a", "Memo 1.m4a"),
        ("Größe – 大.ogg", "Größe – 大.ogg"),
        ("a\x00b\r\nc\u2028d\udce9.wav", "abcd.wav"),
        ("  spaced.wav ", "spaced.wav"),
        ("x" * 300 + ".flac", "x" * 250 + ".flac"),
        ("", "recording"),
        ("folder/", "recording"),
        ("..", "recording"),
        (" \t", "recording"),
    ],
)
def test_a_file_name_is_the_printable_last_part_of_what_the_client_sent(given: str, kept: str) -> None:
    assert clean_filename(given) == kept
