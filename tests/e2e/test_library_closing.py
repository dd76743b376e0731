"""What becomes of work in progress when a Diarist is closed, or nobody wants it any more."""

import asyncio
import threading
from pathlib import Path

import pytest

from app.domain.errors import JobCancelled
from app.infrastructure.settings import Settings
from app.library import AsyncDiarist, open_diarist, open_diarist_async
from tests.e2e.parrot import Parrot
from tests.e2e.scene import Scene
from tests.fixtures.sounds import tone, write_wav


async def test_leaving_a_stream_stops_the_work(settings: Settings, tmp_path: Path) -> None:
    """Five minutes are more windows than are held at once, so the work would go on if it could."""
    long = write_wav(tmp_path / "long.wav", tone(300))
    parrot = Parrot(gate=asyncio.Event())
    async with open_diarist_async(settings, transcription=parrot) as diarist:
        reading = asyncio.create_task(diarist.transcribe(long, diarize=False))
        await parrot.begun.wait()
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        parrot.gate.set()
        before = parrot.windows
        await diarist.transcribe(write_wav(tmp_path / "short.wav", tone(2)), diarize=False)
        assert parrot.windows == before + 1


def test_closing_while_another_thread_transcribes_is_an_error_there(
    settings: Settings, scene: Scene, talk: Path
) -> None:
    parrot, said = Parrot(gate=asyncio.Event()), list[BaseException]()
    diarist = open_diarist(settings, transcription=parrot, data_dir=scene.cwd / "data")

    def use() -> None:
        try:
            diarist.transcribe(talk)
        except BaseException as error:  # noqa: BLE001 - whatever it is
            said.append(error)

    using = threading.Thread(target=use)
    using.start()
    diarist._loop.wait_for(parrot.begun.wait())
    diarist.close()
    using.join()
    (error,) = said
    assert isinstance(error, RuntimeError)
    assert "closed" in str(error)
    assert list((scene.cwd / "data" / "audio").glob("*/audio")) == []


async def test_closing_while_another_task_transcribes_is_an_error_there(
    settings: Settings, talk: Path
) -> None:
    parrot = Parrot(gate=asyncio.Event())
    async with open_diarist_async(settings, transcription=parrot) as diarist:
        using = asyncio.create_task(diarist.transcribe(talk))
        await parrot.begun.wait()
    with pytest.raises(JobCancelled):
        await asyncio.wait_for(using, 10)


def test_a_closed_diarist_says_so(settings: Settings, talk: Path) -> None:
    diarist = open_diarist(settings)
    diarist.close()
    diarist.close()
    with pytest.raises(RuntimeError):
        diarist.transcribe(talk)
    with pytest.raises(RuntimeError):
        AsyncDiarist.stream(diarist._diarist, talk)
