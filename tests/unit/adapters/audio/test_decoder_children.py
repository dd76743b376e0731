import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from app.adapters.outbound.audio import decoder_children
from app.adapters.outbound.audio.pyav_decoder import PyAvDecoder
from tests.fixtures import sounds

pytestmark = pytest.mark.slow


@pytest.fixture
async def decoder() -> AsyncIterator[PyAvDecoder]:
    decoder = PyAvDecoder(keep_children=True)
    yield decoder
    await decoder.aclose()
    assert children() == set()


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return sounds.write_wav(tmp_path / "upload", sounds.tone(5.0))


def children() -> set[int]:
    return {child.pid for child in psutil.Process().children() if child.status() != psutil.STATUS_ZOMBIE}


async def pids_while_decoding(decoder: PyAvDecoder, path: Path) -> set[int]:
    blocks = decoder.blocks(path)
    assert (await anext(blocks))[0].end_s > 0
    during = children()
    async for _ in blocks:
        pass
    return during


async def until(*, count: int) -> set[int]:
    async with asyncio.timeout(10):
        while len(found := children()) != count:
            await asyncio.sleep(0.01)
    return found


async def test_the_process_that_probed_a_recording_decodes_it(decoder: PyAvDecoder, recording: Path) -> None:
    await decoder.probe(recording)
    probed = children()
    assert len(probed) == 1
    assert await pids_while_decoding(decoder, recording) == probed


async def test_a_recording_that_has_changed_gets_a_process_of_its_own(
    decoder: PyAvDecoder, recording: Path
) -> None:
    await decoder.probe(recording)
    probed = children()
    sounds.write_wav(recording, sounds.tone(6.0))
    assert len(await pids_while_decoding(decoder, recording) - probed) == 1


async def test_after_a_recording_the_next_process_is_ready(decoder: PyAvDecoder, recording: Path) -> None:
    first = await pids_while_decoding(decoder, recording)
    ready = await until(count=1)
    assert ready.isdisjoint(first)
    assert await pids_while_decoding(decoder, recording) == ready


async def test_one_that_died_waiting_is_not_used(decoder: PyAvDecoder, recording: Path) -> None:
    await decoder.probe(recording)
    (pid,) = children()
    psutil.Process(pid).kill()
    await until(count=0)
    assert pid not in await pids_while_decoding(decoder, recording)


async def test_whoever_waits_too_long_goes(
    decoder: PyAvDecoder, recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoder_children, "WAIT_S", 0.05)
    await decoder.probe(recording)
    await until(count=0)
    await pids_while_decoding(decoder, recording)
    await until(count=0)


async def test_few_probed_recordings_wait_at_once(decoder: PyAvDecoder, tmp_path: Path) -> None:
    for number in range(decoder_children.MOST_PROBED + 2):
        await decoder.probe(sounds.write_wav(tmp_path / str(number), sounds.tone(1.0)))
    assert len(children()) == decoder_children.MOST_PROBED


async def test_without_keeping_nothing_is_left(recording: Path) -> None:
    decoder = PyAvDecoder()
    await decoder.probe(recording)
    assert children() == set()
    await pids_while_decoding(decoder, recording)
    assert children() == set()
