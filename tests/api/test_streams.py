"""Transcripts as they come about, over a real connection."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from app.domain.errors import EngineFailed
from tests.api.service import Service, lines_of, serving, spoken


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/transcribe/stream?clip_id={}"),
        ("GET", "/api/transcribe/{}/stream"),
        ("POST", "/api/transcribe/{}/stream"),
    ],
)
async def test_the_events_of_a_run_come_one_a_line(
    service: Service, clip_id: str, method: str, path: str
) -> None:
    response = await service.client.request(method, path.format(clip_id))
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/x-ndjson"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-accel-buffering"] == "no"
    events = lines_of(response.text)
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert [event["type"] for event in events][:2] == ["queued", "started"]
    assert events[-1]["type"] == "done"
    assert events[-1]["clip_id"] == clip_id
    said = [event["text"] for event in events if event["type"] == "segment"]
    assert said == ["good morning.", "hello there."]


async def test_events_come_while_the_work_goes_on(service: Service, clip_id: str) -> None:
    service.engine.gate.clear()
    async with service.client.stream("GET", f"/api/transcribe/{clip_id}/stream") as response:
        lines = response.aiter_lines()
        types = [json.loads(await anext(lines))["type"], json.loads(await anext(lines))["type"]]
        assert types == ["queued", "started"]
        service.engine.gate.set()
        assert json.loads([line async for line in lines][-1])["type"] == "done"


async def test_silence_is_filled_with_heartbeats(tmp_path: Path) -> None:
    async with serving(tmp_path, heartbeat_s=0.02) as service:
        clip_id = await service.store(spoken(tmp_path))
        service.engine.gate.clear()
        async with service.client.stream("GET", f"/api/transcribe/{clip_id}/stream") as response:
            lines = response.aiter_lines()
            beats = 0
            while beats < 3:
                beats += json.loads(await anext(lines)) == {"type": "heartbeat"}
            service.engine.gate.set()
            rest = [json.loads(line) async for line in lines]
        events = [event for event in rest if event["type"] != "heartbeat"]
        assert events[-1]["type"] == "done"


async def test_a_run_that_fails_says_so_in_the_last_line(service: Service, clip_id: str) -> None:
    service.engine.error = EngineFailed("steered", "it broke")
    response = await service.client.get(f"/api/transcribe/{clip_id}/stream")
    last = lines_of(response.text)[-1]
    assert response.status_code == 200
    assert last == {
        "seq": last["seq"],
        "type": "failed",
        "error": "EngineFailed",
        "message": "steered: it broke",
    }


async def test_a_run_whose_clip_is_deleted_ends_with_cancelled(service: Service, clip_id: str) -> None:
    service.engine.gate.clear()
    async with service.client.stream("GET", f"/api/transcribe/{clip_id}/stream") as response:
        lines = response.aiter_lines()
        await service.engine.until_asked()
        assert (await service.client.delete(f"/api/audio/{clip_id}")).status_code == 204
        assert json.loads([line async for line in lines][-1])["type"] == "cancelled"


async def test_work_stops_when_the_last_reader_leaves(service: Service, clip_id: str) -> None:
    service.engine.gate.clear()
    async with service.client.stream("GET", f"/api/transcribe/{clip_id}/stream"):
        await service.engine.until_asked()
    await service.engine.until_stopped()


async def test_a_reader_who_comes_back_in_time_finds_the_work_going_on(tmp_path: Path) -> None:
    async with serving(tmp_path, linger_s=60) as service:
        clip_id = await service.store(spoken(tmp_path))
        service.engine.gate.clear()
        async with service.client.stream("GET", f"/api/transcribe/{clip_id}/stream"):
            await service.engine.until_asked()
        async with service.client.stream("GET", f"/api/transcribe/{clip_id}/stream") as response:
            lines = response.aiter_lines()
            first = json.loads(await anext(lines))
            service.engine.gate.set()
            rest = [json.loads(line) async for line in lines]
        assert first == {"seq": 1, "type": "queued"}
        assert rest[-1]["type"] == "done"
        assert service.engine.calls == 1


async def test_a_reader_who_never_reads_holds_up_nobody(service: Service, clip_id: str) -> None:
    _reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    writer.write(f"GET /api/transcribe/{clip_id}/stream HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    response = await service.client.post(f"/api/transcribe/{clip_id}")
    assert response.status_code == 200
    writer.close()


@pytest.mark.parametrize("path", ["/api/transcription/stream/{}", "/api/transcription/{}/stream"])
async def test_a_stored_transcript_is_told_as_events(service: Service, clip_id: str, path: str) -> None:
    live = lines_of((await service.client.get(f"/api/transcribe/{clip_id}/stream")).text)
    response = await service.client.get(path.format(clip_id))
    assert response.headers["content-type"] == "application/x-ndjson"
    told = lines_of(response.text)
    assert [each["type"] for each in told] == ["segment", "segment", "done"]
    assert without_seq(told[-1]) == without_seq(live[-1])


async def test_a_transcript_that_is_not_there_is_a_problem_and_no_stream(
    service: Service, clip_id: str
) -> None:
    response = await service.client.get(f"/api/transcription/stream/{clip_id}")
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"


def without_seq(event: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in event.items() if key != "seq"}
