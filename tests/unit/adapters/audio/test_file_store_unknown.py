"""What a crash between two steps leaves in the store: recordings that no clip knows of."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.adapters.outbound.audio import file_store
from app.adapters.outbound.audio.file_store import FileAudioStore
from app.adapters.outbound.persistence.memory import MemoryClipRepository
from tests.fixtures.transcripts import a_clip


async def parts(*content: bytes) -> AsyncIterator[bytes]:
    for part in content:
        yield part


def files_in(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


@pytest.fixture
def store(tmp_path: Path) -> FileAudioStore:
    return FileAudioStore(tmp_path)


@pytest.fixture
async def clips() -> MemoryClipRepository:
    clips = MemoryClipRepository()
    for number in range(3):
        await clips.add(a_clip(f"known-{number}"))
    return clips


async def test_recordings_that_no_clip_knows_of_are_told_once_they_are_old_and_never_removed(
    store: FileAudioStore,
    clips: MemoryClipRepository,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for clip_id in ("known-0", "known-2", "left-over"):
        await store.put(clip_id, parts(b"sound"))
    await store.warn_of_unknown(clips)
    assert caplog.text == ""
    monkeypatch.setattr(file_store, "UNKNOWN_FOR_S", -1)
    monkeypatch.setattr(file_store, "_PAGE", 1)
    await store.warn_of_unknown(clips)
    (record,) = caplog.records
    assert str(tmp_path / "left-over") in record.message
    assert files_in(tmp_path) == ["known-0/audio", "known-2/audio", "left-over/audio"]


async def test_what_is_no_recording_is_not_told(
    store: FileAudioStore,
    clips: MemoryClipRepository,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for name in ("album/audio/1.mp3", "two/audio", "two/cover.jpg", "notes", "with space/audio"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"theirs")
    monkeypatch.setattr(file_store, "UNKNOWN_FOR_S", -1)
    await store.warn_of_unknown(clips)
    assert caplog.text == ""


async def test_looking_for_unknown_recordings_where_nothing_is_yet_is_no_error(
    clips: MemoryClipRepository, tmp_path: Path
) -> None:
    await FileAudioStore(tmp_path / "nowhere").warn_of_unknown(clips)
