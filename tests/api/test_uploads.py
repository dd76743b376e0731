"""Recordings come in, whole or not at all, over a real connection."""

import asyncio
import hashlib
from pathlib import Path

import pytest

from tests.api.service import Service, form_of, serving, spoken
from tests.fixtures import sounds

BOUNDARY = "frontier"
MULTIPART = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
PART = b'--frontier\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
END = b"\r\n--frontier--\r\n"


async def test_a_stored_recording_is_described_and_located(
    service: Service, recording: Path, content: bytes
) -> None:
    response = await service.upload(recording)
    stored = response.json()
    assert response.status_code == 201
    assert response.headers["location"] == f"/api/audio/{stored['clip_id']}"
    assert stored["filename"] == "spoken.wav"
    assert stored["size_bytes"] == len(content)
    assert stored["sha256"] == hashlib.sha256(content).hexdigest()
    assert stored["duration"] == pytest.approx(2.0, abs=0.01)
    assert stored["media_type"].startswith("audio/")
    assert stored["message"]
    assert [path.read_bytes() for path in service.files()] == [content]


async def test_a_file_over_the_limit_is_refused_while_it_comes_whatever_it_claims(tmp_path: Path) -> None:
    async with serving(tmp_path, max_upload_size=100_000) as service:
        reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
        head = "POST /api/audio HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
        writer.write(f"{head}Content-Type: {MULTIPART['Content-Type']}\r\n\r\n".encode())
        for part in (PART, bytes(50_000), bytes(50_000), bytes(50_000)):
            writer.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
        # Nothing says that this was all, and nothing more comes.
        answer = await asyncio.wait_for(reader.readuntil(b"}"), 10)
        assert b" 413 " in answer.splitlines()[0]
        assert b"MAX_UPLOAD_SIZE" in answer
        assert await service.is_empty()
        writer.close()


async def test_an_honest_claim_over_the_limit_is_refused_before_anything_comes(tmp_path: Path) -> None:
    async with serving(tmp_path, max_upload_size=100_000) as service:
        reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
        head = "POST /api/audio HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n"
        writer.write(f"{head}Content-Type: {MULTIPART['Content-Type']}\r\n\r\n".encode())
        assert b" 413 " in await asyncio.wait_for(reader.readline(), 10)
        writer.close()


async def test_a_file_of_just_the_limit_is_taken(tmp_path: Path, recording: Path, content: bytes) -> None:
    size_bytes = len(content)
    async with serving(tmp_path / "exact", max_upload_size=size_bytes) as service:
        assert (await service.upload(recording)).status_code == 201
    async with serving(tmp_path / "less", max_upload_size=size_bytes - 1) as service:
        assert (await service.upload(recording)).status_code == 413


async def test_a_claim_that_is_too_small_cuts_the_form_short_and_keeps_nothing(
    service: Service, content: bytes
) -> None:
    body = PART + content + END
    reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    head = "POST /api/audio HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    writer.write(
        f"{head}Content-Type: {MULTIPART['Content-Type']}\r\nContent-Length: 9000\r\n\r\n".encode() + body
    )
    assert b" 400 " in await asyncio.wait_for(reader.readline(), 10)
    writer.close()
    assert await service.is_empty()


@pytest.mark.parametrize("sent", [b"", PART, PART + bytes(300_000)])
async def test_a_client_that_hangs_up_in_the_middle_leaves_nothing_behind(
    service: Service, sent: bytes
) -> None:
    _reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    head = "POST /api/audio HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000000\r\n"
    writer.write(f"{head}Content-Type: {MULTIPART['Content-Type']}\r\n\r\n".encode() + sent)
    await writer.drain()
    if sent:
        await until(lambda: service.files() != [])
    writer.close()
    await until(lambda: service.files() == [])
    assert await service.is_empty()


async def until(condition) -> None:  # type: ignore[no-untyped-def]  # any condition
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0)


async def test_a_client_that_stalls_holds_up_nobody(service: Service, recording: Path) -> None:
    _reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    head = "POST /api/audio HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000000\r\n"
    writer.write(f"{head}Content-Type: {MULTIPART['Content-Type']}\r\n\r\n".encode() + PART)
    await writer.drain()
    assert (await service.upload(recording)).status_code == 201
    writer.close()


FORM = MULTIPART["Content-Type"]


@pytest.mark.parametrize(
    ("content_type", "body", "status", "told"),
    [
        ("audio/wav", b"RIFF", 415, "multipart/form-data"),
        ("application/x-www-form-urlencoded", b"file=x", 415, "multipart/form-data"),
        ("multipart/form-data", PART + b"x" + END, 400, "boundary"),
        (f"multipart/form-data; boundary={'x' * 5000}", PART + b"x" + END, 400, "oundary"),
        (FORM, b"", 400, "closing boundary"),
        (FORM, b"this is no form", 400, "not a form"),
        (FORM, PART + b"never closed", 400, "closing boundary"),
        (FORM, b"--frontier--\r\n", 422, "no field named 'file'"),
        (FORM, PART.replace(b'"file"', b'"audio"') + b"x" + END, 422, "field named 'audio'"),
        (FORM, PART + b"x\r\n" + PART + b"y" + END, 422, "more than one file"),
        (FORM, PART + b"x\r\n" + PART.replace(b'"file"', b'"lang"') + b"y" + END, 422, "field named 'lang'"),
        (FORM, b"--frontier\r\n\r\nx" + END, 422, "field named ''"),
        (FORM, b"--frontier\r\n" + b"H: v\r\n" * 500 + b"\r\nx" + END, 400, "not a form"),
    ],
)
async def test_what_is_no_form_with_one_file_is_refused_and_not_kept(
    service: Service, content_type: str, body: bytes, status: int, told: str
) -> None:
    response = await service.client.post("/api/audio", content=body, headers={"Content-Type": content_type})
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert told in response.json()["detail"]
    assert await service.is_empty()


async def test_a_form_without_any_content_type_is_refused(service: Service) -> None:
    assert (await service.client.post("/api/audio")).status_code == 415


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Gespräch.wav", "Gespräch.wav"),
        ("../../etc/passwd", "passwd"),
        ('a "quoted" name.wav', "a %22quoted%22 name.wav"),
        ("..", "recording"),
        ("", "recording"),
    ],
)
async def test_a_file_name_is_kept_for_people_only(
    service: Service, content: bytes, given: str, kept: str
) -> None:
    body = PART.replace(b"a.wav", given.replace('"', "%22").encode()) + content + END
    response = await service.client.post("/api/audio", content=body, headers=MULTIPART)
    assert (response.status_code, response.json()["filename"]) == (201, kept)
    assert {path.name for path in service.files()} == {"audio"}


async def test_many_uploads_at_once_do_not_mix(service: Service, tmp_path: Path) -> None:
    paths = [
        sounds.write_wav(tmp_path / f"{i}.wav", sounds.tone(1.0 + i / 10, hz=300 + i * 50)) for i in range(6)
    ]
    responses = await asyncio.gather(*(service.client.post("/api/audio", files=form_of(p)) for p in paths))
    stored = [response.json()["sha256"] for response in responses]
    assert stored == [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]


async def test_one_connection_serves_one_upload_after_another(service: Service, tmp_path: Path) -> None:
    for _ in range(3):
        await service.store(spoken(tmp_path))
    assert len(await service.clips()) == 3
