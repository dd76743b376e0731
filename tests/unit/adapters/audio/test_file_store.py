import asyncio
import errno
import os
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.adapters.outbound.audio.file_store import FileAudioStore
from app.domain.errors import StorageFailed, StorageFull


async def parts(*content: bytes) -> AsyncIterator[bytes]:
    for part in content:
        yield part


def files_in(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


@pytest.fixture
def store(tmp_path: Path) -> FileAudioStore:
    return FileAudioStore(tmp_path)


async def test_a_recording_is_one_file_in_a_folder_of_its_own(store: FileAudioStore, tmp_path: Path) -> None:
    await store.put("clip", parts(b"sound"))
    assert files_in(tmp_path) == ["clip/audio"]


@pytest.mark.parametrize("clip_id", ["../evil", "a/b", ".incoming", "", "a\n"])
async def test_an_id_that_could_be_a_path_is_never_written_to(tmp_path: Path, clip_id: str) -> None:
    with pytest.raises(ValueError, match="clip id"):
        await FileAudioStore(tmp_path / "store").put(clip_id, parts(b"sound"))
    assert files_in(tmp_path) == []


async def test_a_recording_is_durable_before_it_is_visible(
    store: FileAudioStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    rename, fsync = Path.rename, os.fsync

    def noting_fsync(descriptor: int) -> None:
        steps.append(f"sync {Path(f'/proc/self/fd/{descriptor}').readlink().name}")
        fsync(descriptor)

    def noting_rename(path: Path, target: Path) -> Path:
        steps.append(f"rename {path.name} to {target.name}")
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", noting_fsync)
    monkeypatch.setattr(Path, "rename", noting_rename)
    await store.put("clip", parts(b"sound"))
    temporary = steps[1].removeprefix("sync ")
    assert steps == [
        "sync audio",
        f"sync {temporary}",
        f"rename {temporary} to clip",
        f"sync {tmp_path.name}",
    ]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
async def test_a_full_disk_is_told_and_leaves_nothing(
    store: FileAudioStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def full(_: int) -> None:
        raise OSError(code, "full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageFull, match="no space"):
        await store.put("clip", parts(b"sound"))
    assert files_in(tmp_path) == []


async def test_another_fault_of_the_disk_is_not_called_full(
    store: FileAudioStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: int) -> None:
        raise OSError(errno.EIO, "broken")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(StorageFailed, match="broken") as caught:
        await store.put("clip", parts(b"sound"))
    assert str(tmp_path) in caught.value.reason
    assert files_in(tmp_path) == []


async def test_a_cancelled_upload_leaves_nothing(store: FileAudioStore, tmp_path: Path) -> None:
    written = asyncio.Event()

    async def stalling() -> AsyncIterator[bytes]:
        yield b"sound"
        written.set()
        await asyncio.Event().wait()

    upload = asyncio.create_task(store.put("clip", stalling()))
    await written.wait()
    assert len(files_in(tmp_path)) == 1
    upload.cancel()
    with pytest.raises(asyncio.CancelledError):
        await upload
    assert files_in(tmp_path) == []


async def test_an_upload_cancelled_while_it_is_published_leaves_nothing(
    store: FileAudioStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename
    loop = asyncio.get_running_loop()

    def cancelling_rename(path: Path, target: Path) -> Path:
        loop.call_soon_threadsafe(upload.cancel)
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", cancelling_rename)
    upload = asyncio.create_task(store.put("clip", parts(b"sound")))
    with pytest.raises(asyncio.CancelledError):
        await upload
    assert files_in(tmp_path) == []


def test_a_killed_process_leaves_nothing_visible_and_the_next_start_cleans_up(
    store: FileAudioStore, tmp_path: Path
) -> None:
    script = (
        "import asyncio, os, signal, sys\n"
        "from pathlib import Path\n"
        "from app.adapters.outbound.audio.file_store import FileAudioStore\n"
        "async def dying():\n"
        "    yield bytes(1 << 20)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "asyncio.run(FileAudioStore(Path(sys.argv[1])).put('clip', dying()))\n"
    )
    died = subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    assert died.returncode == -signal.SIGKILL
    assert [name for name in files_in(tmp_path) if not name.startswith(".incoming/")] == []
    assert len(files_in(tmp_path)) == 1
    store.discard_incomplete()
    assert files_in(tmp_path) == []


async def test_cleaning_up_spares_what_is_being_written(store: FileAudioStore, tmp_path: Path) -> None:
    async def interrupted() -> AsyncIterator[bytes]:
        yield b"one "
        FileAudioStore(tmp_path).discard_incomplete()
        yield b"two"

    await store.put("clip", interrupted())
    assert (tmp_path / "clip" / "audio").read_bytes() == b"one two"


def test_cleaning_up_where_nothing_is_yet_is_no_error(tmp_path: Path) -> None:
    FileAudioStore(tmp_path / "nowhere").discard_incomplete()


async def test_cleaning_up_waits_for_a_recording_that_is_just_being_begun(
    store: FileAudioStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_open = Path.open
    cleaners: list[threading.Thread] = []

    def interrupted_open(path: Path, mode: str = "r") -> object:
        if mode == "xb":
            cleaners.append(threading.Thread(target=FileAudioStore(tmp_path).discard_incomplete))
            cleaners[0].start()
            cleaners[0].join(timeout=0.1)
        return real_open(path, mode)

    monkeypatch.setattr(Path, "open", interrupted_open)
    await store.put("clip", parts(b"sound"))
    cleaners[0].join()
    assert files_in(tmp_path) == ["clip/audio"]


async def test_a_store_that_is_made_is_durable_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    fsync = os.fsync

    def noting_fsync(descriptor: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noting_fsync)
    await FileAudioStore(tmp_path / "new" / "audio").put("clip", parts(b"sound"))
    assert {str(tmp_path), str(tmp_path / "new"), str(tmp_path / "new" / "audio")} <= set(synced)


async def test_what_a_crash_left_of_a_deletion_is_cleaned_up(
    store: FileAudioStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.put("clip", parts(b"sound"))
    with monkeypatch.context() as patch:
        patch.setattr("shutil.rmtree", lambda _: None)
        await store.delete("clip")
    assert [name.partition("/")[0] for name in files_in(tmp_path)] == [".incoming"]
    store.discard_incomplete()
    assert files_in(tmp_path) == []
