import asyncio
from pathlib import Path

import psutil
import pytest

from app.adapters.outbound.audio import pyav_decoder
from app.adapters.outbound.audio.pyav_decoder import PyAvDecoder
from app.domain.errors import AudioTooLarge, InvalidAudio
from tests.fixtures import sounds

pytestmark = pytest.mark.slow


async def seconds_heard(decoder: PyAvDecoder, path: Path) -> float:
    end_s = 0.0
    async for (block,) in decoder.blocks(path):
        end_s = block.end_s
    return end_s


def children() -> list[psutil.Process]:
    return psutil.Process().children()


@pytest.fixture
def long_recording(tmp_path: Path) -> Path:
    return sounds.write_flac_bomb(tmp_path / "long.flac", hours=10)


@pytest.mark.parametrize("honest", [True, False])
async def test_a_bomb_is_refused_by_what_it_holds_and_not_by_what_it_says(
    tmp_path: Path, honest: bool
) -> None:
    bomb = sounds.write_flac_bomb(tmp_path / "bomb.flac", hours=25, honest=honest)
    assert bomb.stat().st_size < 200_000
    with pytest.raises(AudioTooLarge, match="MAX_AUDIO_DURATION_S"):
        await PyAvDecoder().probe(bomb)


@pytest.mark.parametrize("honest", [True, False])
async def test_decoding_stops_at_the_longest_allowed_duration(tmp_path: Path, honest: bool) -> None:
    bomb = sounds.write_flac_bomb(tmp_path / "bomb.flac", hours=25, honest=honest)
    decoder = PyAvDecoder(max_duration_s=60.0)
    heard_s = 0.0
    with pytest.raises(AudioTooLarge, match="MAX_AUDIO_DURATION_S"):
        async for (block,) in decoder.blocks(bomb):
            heard_s = block.end_s
    assert 50 <= heard_s <= 61


async def test_a_recording_as_long_as_the_limit_is_allowed(tmp_path: Path) -> None:
    path = sounds.write_wav(tmp_path / "upload", sounds.tone(5.0))
    decoder = PyAvDecoder(max_duration_s=5.0)
    assert (await decoder.probe(path)).duration == 5.0
    assert await seconds_heard(decoder, path) == 5.0


async def test_a_header_that_promises_too_much_is_no_reason_to_refuse(tmp_path: Path) -> None:
    path = sounds.write_wav(tmp_path / "upload", sounds.tone(5.0))
    content = path.read_bytes()
    path.write_bytes(content[:40] + (0x7FF0_0000).to_bytes(4, "little") + content[44:])
    assert (await PyAvDecoder(max_duration_s=10.0).probe(path)).duration == 5.0


async def test_a_playlist_fetches_nothing(tmp_path: Path) -> None:
    visits = 0

    def visited(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal visits
        visits += 1
        writer.close()

    server = await asyncio.start_server(visited, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        for name in ("playlist.wav", "playlist.m3u8", "playlist"):
            playlist = sounds.write_hls_playlist(tmp_path / name, f"http://127.0.0.1:{port}/1.ts")
            with pytest.raises(InvalidAudio):
                await PyAvDecoder().probe(playlist)
            with pytest.raises(InvalidAudio):
                await seconds_heard(PyAvDecoder(), playlist)
    assert visits == 0


async def test_a_script_reads_no_other_recording(tmp_path: Path) -> None:
    sibling = sounds.write_wav(tmp_path / "sibling.wav", sounds.tone())
    script = sounds.write_concat_script(tmp_path / "upload.wav", sibling)
    with pytest.raises(InvalidAudio):
        await PyAvDecoder().probe(script)
    with pytest.raises(InvalidAudio):
        await seconds_heard(PyAvDecoder(), script)


async def test_too_much_memory_is_a_limit_and_says_so(long_recording: Path) -> None:
    with pytest.raises(AudioTooLarge, match="8 MiB of memory"):
        await seconds_heard(PyAvDecoder(memory_limit_bytes=8 << 20), long_recording)


async def test_the_widest_recordings_fit_into_the_memory_limit(tmp_path: Path) -> None:
    sound = sounds.tone(6.0, rate=192_000, channels=8)
    path = sounds.write_flac(tmp_path / "wide.flac", sound, rate=192_000)
    decoder = PyAvDecoder(memory_limit_bytes=512 << 20)
    blocks = [block async for block in decoder.blocks(path, channels="split")]
    assert [len(block) for block in blocks] == [8, 8]


async def test_too_much_cpu_is_a_limit_and_says_so(long_recording: Path) -> None:
    decoder = PyAvDecoder(cpu_base_s=0.5, cpu_ratio=0.0)
    with pytest.raises(AudioTooLarge, match="more CPU"):
        await seconds_heard(decoder, long_recording)


async def test_the_cpu_limit_grows_with_what_was_decoded(tmp_path: Path) -> None:
    long = sounds.write_flac_bomb(tmp_path / "long.flac", hours=2)
    decoder = PyAvDecoder(cpu_base_s=1.0, cpu_ratio=0.01)
    assert await seconds_heard(decoder, long) == pytest.approx(7_200, abs=10)


async def test_standing_still_is_a_limit_and_says_so(long_recording: Path) -> None:
    with pytest.raises(AudioTooLarge, match="stood still"):
        await PyAvDecoder(stall_limit_s=0.0).probe(long_recording)
    assert children() == []


async def test_a_killed_child_is_told_and_not_waited_for(long_recording: Path) -> None:
    with pytest.raises(InvalidAudio, match="SIGKILL"):
        async for _ in PyAvDecoder().blocks(long_recording):
            for child in children():
                child.kill()
    assert children() == []


async def test_closing_the_blocks_ends_the_child(long_recording: Path) -> None:
    blocks = PyAvDecoder().blocks(long_recording)
    await anext(blocks)
    assert len(children()) == 1
    await blocks.aclose()
    assert children() == []


async def test_cancelling_a_reader_ends_the_child(long_recording: Path) -> None:
    started = asyncio.Event()

    async def read() -> None:
        async for _ in PyAvDecoder().blocks(long_recording):
            started.set()

    reader = asyncio.create_task(read())
    await started.wait()
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    assert children() == []


async def test_many_probes_run_at_once_and_all_answer(tmp_path: Path) -> None:
    path = sounds.write_wav(tmp_path / "upload", sounds.tone(1.0))
    decoder = PyAvDecoder()
    probes = await asyncio.gather(*(decoder.probe(path) for _ in range(8)))
    assert {probe.duration for probe in probes} == {1.0}


async def test_too_many_channels_cannot_be_split_but_mixed(tmp_path: Path) -> None:
    path = sounds.write_wav(tmp_path / "upload", sounds.tone(1.0, channels=24))
    with pytest.raises(InvalidAudio, match="24 channels"):
        async for _ in PyAvDecoder().blocks(path, channels="split"):
            raise AssertionError
    assert await seconds_heard(PyAvDecoder(), path) == 1.0


async def test_no_more_children_probe_at_once_than_allowed(tmp_path: Path) -> None:
    path = sounds.write_wav(tmp_path / "upload", sounds.tone(1.0))
    decoder = PyAvDecoder(probes_at_once=1)
    probes = [asyncio.create_task(decoder.probe(path)) for _ in range(4)]
    most = 0
    while not all(probe.done() for probe in probes):
        most = max(most, len(children()))
        await asyncio.sleep(0)
    assert most == 1


async def test_what_nobody_foresaw_refuses_the_recording_and_is_logged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = sounds.write_wav(tmp_path / "upload", sounds.tone(1.0))
    monkeypatch.setattr(pyav_decoder, "SAMPLE_RATE_HZ", "sixteen")
    with pytest.raises(InvalidAudio, match="it cannot be read"):
        await seconds_heard(PyAvDecoder(), path)
    assert "Traceback" in caplog.text
