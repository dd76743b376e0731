"""Recordings of every kind, good, broken and hostile, sent over a real connection."""

import asyncio
from pathlib import Path

import numpy as np
import pytest

from app.adapters.outbound.audio import file_store
from tests.api.service import Service, serving, spoken
from tests.fixtures import sounds


@pytest.mark.parametrize(
    ("kind", "write"),
    [
        ("8 kHz mono", lambda path: sounds.write_wav(path, sounds.tone(rate=8_000), rate=8_000)),
        (
            "48 kHz stereo",
            lambda path: sounds.write_flac(path, sounds.tone(rate=48_000, channels=2), rate=48_000),
        ),
        ("192 kHz", lambda path: sounds.write_flac(path, sounds.tone(rate=192_000), rate=192_000)),
        ("8 channels", lambda path: sounds.write_wav(path, sounds.tone(channels=8))),
        ("a video with sound", lambda path: sounds.write_video(path, sound=sounds.tone(rate=48_000))),
        ("mp3", lambda path: sounds.write_mp3(path, sounds.tone())),
        ("m4a", lambda path: sounds.write_m4a(path, sounds.tone(rate=48_000), rate=48_000)),
        ("opus", lambda path: sounds.write_opus(path, sounds.tone(rate=48_000))),
    ],
)
async def test_whatever_has_sound_in_it_is_transcribed(
    service: Service, tmp_path: Path, kind: str, write
) -> None:  # type: ignore[no-untyped-def]  # a lambda per row
    clip_id = await service.store(write(tmp_path / "upload"))
    response = await service.client.post(f"/api/transcribe/{clip_id}")
    assert response.status_code == 200, kind
    assert "hello there." in [segment["text"] for segment in response.json()["segments"]]


async def test_a_truncated_recording_gives_its_words_and_a_warning(service: Service, tmp_path: Path) -> None:
    path = sounds.cut_off(sounds.write_flac(tmp_path / "cut.flac", noise(4.0)), keep=0.7)
    clip_id = await service.store(path)
    response = await service.client.post(f"/api/transcribe/{clip_id}")
    assert response.status_code == 200
    transcript = response.json()
    assert [segment["text"] for segment in transcript["segments"]] == ["good morning.", "hello there."]
    assert len(transcript["warnings"]) == 1


def noise(duration: float) -> sounds.Sound:
    return np.random.default_rng(3).uniform(-0.5, 0.5, (1, round(duration * 16_000)))


@pytest.mark.parametrize(
    ("kind", "write"),
    [
        ("empty", lambda path: path.write_bytes(b"")),
        ("text", sounds.write_text),
        ("noise", sounds.write_noise_bytes),
        ("a video without sound", lambda path: sounds.write_video(path, sound=None)),
        ("a playlist", lambda path: sounds.write_hls_playlist(path, "http://127.0.0.1:1/segment.ts")),
    ],
)
async def test_what_is_no_recording_is_refused_and_not_kept(
    service: Service, tmp_path: Path, kind: str, write
) -> None:  # type: ignore[no-untyped-def]  # a lambda per row
    path = tmp_path / "upload.wav"
    write(path)
    response = await service.upload(path)
    assert response.status_code == 422, kind
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["type"] == "urn:diarist:problem:InvalidAudio"
    assert await service.is_empty()


async def test_a_script_cannot_make_the_service_read_its_files(service: Service, tmp_path: Path) -> None:
    victim = sounds.write_wav(tmp_path / "victim.wav", sounds.tone())
    await service.store(victim)
    neighbour = service.files()[0]
    response = await service.upload(sounds.write_concat_script(tmp_path / "script.wav", neighbour))
    assert response.status_code == 422
    assert len(await service.clips()) == len(service.files()) == 1


async def test_a_playlist_cannot_make_the_service_call_anybody(service: Service, tmp_path: Path) -> None:
    calls: list[str] = []
    server = await asyncio.start_server(lambda *_: calls.append("called"), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    path = sounds.write_hls_playlist(tmp_path / "list.wav", f"http://127.0.0.1:{port}/segment.ts")
    assert (await service.upload(path)).status_code == 422
    server.close()
    assert calls == []


@pytest.mark.parametrize("honest", [True, False])
async def test_a_decompression_bomb_is_defused(tmp_path: Path, honest: bool) -> None:
    bomb = sounds.write_flac_bomb(tmp_path / "bomb.flac", hours=1.0, honest=honest)
    async with serving(tmp_path / "service", max_audio_duration_s=60.0) as service:
        response = await service.upload(bomb)
        assert response.status_code == 413
        assert "MAX_AUDIO_DURATION" in response.json()["detail"]
        assert await service.is_empty()


async def test_a_recording_that_a_killed_service_left_is_told_when_the_next_one_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(tmp_path, real_storage=True) as service:
        await service.store(spoken(tmp_path))
    (tmp_path / "audio" / "left-over").mkdir()
    (tmp_path / "audio" / "left-over" / "audio").write_bytes(b"no clip knows of it")
    monkeypatch.setattr(file_store, "UNKNOWN_FOR_S", -1)
    async with serving(tmp_path, real_storage=True) as service:
        assert len(await service.clips()) == 1
    assert "left-over; remove it by hand" in caplog.text
