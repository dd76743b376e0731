"""Waiting for a transcript, over a real connection."""

import asyncio
from pathlib import Path

import pytest

from app.adapters.inbound.rest.schemas import Transcript
from app.domain.errors import EngineBusy, EngineFailed, EngineUnavailable
from tests.api.service import Service, serving, spoken
from tests.fixtures import sounds


@pytest.mark.parametrize("path", ["/api/transcribe?clip_id={}", "/api/transcribe/{}"])
async def test_waiting_gives_who_said_what_when(service: Service, clip_id: str, path: str) -> None:
    response = await service.client.post(path.format(clip_id))
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    transcript = response.json()
    assert [(each["speaker_label"], each["text"]) for each in transcript["segments"]] == [
        ("SPEAKER_00", "good morning."),
        ("SPEAKER_01", "hello there."),
    ]
    assert transcript["clip_id"] == clip_id
    assert transcript["speakers"] == ["SPEAKER_00", "SPEAKER_01"]
    assert transcript["duration"] == pytest.approx(2.0, abs=0.01)
    assert transcript["engine"]["transcription"]["name"] == "steered"
    assert transcript["warnings"] == []


async def test_the_answer_has_the_shape_that_is_described(service: Service, clip_id: str) -> None:
    response = await service.client.post(f"/api/transcribe/{clip_id}")
    Transcript.model_validate_json(response.content)


async def test_the_transcript_that_was_waited_for_is_the_one_that_is_stored(
    service: Service, clip_id: str
) -> None:
    waited = await service.client.post(f"/api/transcribe/{clip_id}")
    stored = await service.client.get(f"/api/transcription/{clip_id}")
    assert stored.json() == waited.json()


async def test_options_reach_the_engine(service: Service, clip_id: str) -> None:
    query = (
        "language=de&prompt=Guten%20Tag&hotwords=Oslo,%20Bergen&hotwords=Voss&temperature=0.2&diarize=false"
    )
    response = await service.client.post(f"/api/transcribe/{clip_id}?{query}")
    assert response.status_code == 200
    heard = service.engine.heard[0]
    assert (heard.language, heard.prompt, heard.temperature) == ("de", "Guten Tag", 0.2)
    assert heard.hotwords == ("Oslo", "Bergen", "Voss")
    assert response.json()["speakers"] == []


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("num_speakers=0", "num_speakers"),
        ("num_speakers=2&max_speakers=3", "num_speakers"),
        ("min_speakers=3&max_speakers=2", "min_speakers"),
        ("diarize=false&num_speakers=2", "diarize"),
        ("language=EN", "language"),
        ("language=fr", "language"),
        ("task=translate", "task"),
        ("beam_size=4", "beam_size"),
        ("temperature=nan", "temperature"),
        ("temperature=1.5", "temperature"),
        ("multilingual=true", "multilingual"),
        ("multilingual=true&language=de", "multilingual"),
    ],
)
async def test_an_option_that_is_impossible_or_not_honoured_is_refused_by_name(
    service: Service, clip_id: str, query: str, named: str
) -> None:
    for method, path in [("POST", ""), ("GET", "/stream"), ("POST", "/stream")]:
        response = await service.client.request(method, f"/api/transcribe/{clip_id}{path}?{query}")
        problem = response.json()
        assert (response.status_code, problem["option"]) == (422, named)
        assert problem["type"] == "urn:diarist:problem:InvalidOptions"
    assert service.engine.calls == 0


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("num_speaker=2", "num_speaker"),
        ("num_speakers=two", "num_speakers"),
        ("task=sing", "task"),
        ("channels=left", "channels"),
        ("diarize=perhaps", "diarize"),
        ("num_speakers=", "num_speakers"),
    ],
)
async def test_an_option_that_cannot_be_read_is_refused_by_name(
    service: Service, clip_id: str, query: str, named: str
) -> None:
    response = await service.client.post(f"/api/transcribe?clip_id={clip_id}&{query}")
    assert response.status_code == 422
    assert [(error["in"], error["name"]) for error in response.json()["errors"]] == [("query", named)]
    assert named in response.json()["detail"]


async def test_a_request_that_names_no_clip_is_told_so(service: Service) -> None:
    for path in ("/api/transcribe", "/api/transcribe/stream"):
        response = await service.client.post(path)
        assert response.status_code == 422
        assert response.json()["errors"][0]["name"] == "clip_id"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (EngineFailed("steered", "it broke"), 500),
        (EngineUnavailable("steered", "no model", "Fetch it"), 503),
        (EngineBusy("steered", 7), 429),
        (RuntimeError("secret"), 500),
    ],
)
async def test_what_the_engine_raises_is_told_with_its_status(
    service: Service, clip_id: str, error: Exception, status: int
) -> None:
    service.engine.error = error
    response = await service.client.post(f"/api/transcribe/{clip_id}")
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert "secret" not in response.text


async def test_two_who_ask_for_the_same_at_once_share_one_run(service: Service, clip_id: str) -> None:
    service.engine.gate.clear()
    async with asyncio.TaskGroup() as group:
        first = group.create_task(service.client.post(f"/api/transcribe/{clip_id}"))
        await service.engine.until_asked()
        async with service.client.stream("GET", f"/api/transcribe/{clip_id}/stream") as second:
            lines = second.aiter_lines()
            await anext(lines)
            service.engine.gate.set()
            told = [line async for line in lines]
    assert first.result().status_code == 200
    assert '"done"' in told[-1]
    assert service.engine.calls == 1


async def test_different_options_are_different_runs(service: Service, clip_id: str) -> None:
    await asyncio.gather(
        service.client.post(f"/api/transcribe/{clip_id}"),
        service.client.post(f"/api/transcribe/{clip_id}?language=de"),
    )
    assert {options.language for options in service.engine.heard} == {None, "de"}


async def test_work_stops_when_the_one_who_waits_leaves(service: Service, clip_id: str) -> None:
    service.engine.gate.clear()
    waiting = asyncio.create_task(service.client.post(f"/api/transcribe/{clip_id}"))
    await service.engine.until_asked()
    waiting.cancel()
    await service.engine.until_stopped()
    assert (await service.client.get(f"/api/transcription/{clip_id}")).status_code == 404


async def test_work_goes_on_while_somebody_still_waits(service: Service, clip_id: str) -> None:
    service.engine.gate.clear()
    leaving = asyncio.create_task(service.client.post(f"/api/transcribe/{clip_id}"))
    await service.engine.until_asked()
    async with service.client.stream("GET", f"/api/transcribe/{clip_id}/stream") as staying:
        lines = staying.aiter_lines()
        await anext(lines)
        leaving.cancel()
        await asyncio.wait([leaving])
        assert (await service.client.get("/health")).status_code == 200
        service.engine.gate.set()
        told = [line async for line in lines]
    assert '"done"' in told[-1]
    assert not service.engine.stopped.is_set()


async def test_a_clip_that_is_deleted_while_somebody_waits_ends_the_wait(
    service: Service, clip_id: str
) -> None:
    service.engine.gate.clear()
    waiting = asyncio.create_task(service.client.post(f"/api/transcribe/{clip_id}"))
    await service.engine.until_asked()
    assert (await service.client.delete(f"/api/audio/{clip_id}")).status_code == 204
    assert (await waiting).status_code == 409


async def test_the_service_answers_while_a_job_runs(service: Service, clip_id: str) -> None:
    service.engine.gate.clear()
    waiting = asyncio.create_task(service.client.post(f"/api/transcribe/{clip_id}"))
    await service.engine.until_asked()
    for path in ("/health", "/ready", f"/api/audio/{clip_id}", "/openapi.json"):
        assert (await service.client.get(path)).status_code == 200
    service.engine.gate.set()
    assert (await waiting).status_code == 200


async def test_silence_gives_an_empty_transcript(service: Service, tmp_path: Path) -> None:
    clip_id = await service.store(sounds.write_wav(tmp_path / "silence.wav", sounds.silence()))
    response = await service.client.post(f"/api/transcribe/{clip_id}")
    assert (response.status_code, response.json()["segments"]) == (200, [])
    assert service.engine.calls == 0


async def test_an_unknown_clip_is_not_found(service: Service) -> None:
    for path in ("/api/transcribe/nobody", "/api/transcribe?clip_id=nobody", "/api/transcribe/nobody/stream"):
        response = await service.client.post(path)
        assert (response.status_code, response.json()["kind"]) == (404, "clip")


async def test_the_real_storage_serves_as_well(tmp_path: Path) -> None:
    async with serving(tmp_path, real_storage=True) as service:
        clip_id = await service.store(spoken(tmp_path))
        assert (await service.client.post(f"/api/transcribe/{clip_id}")).status_code == 200
    async with serving(tmp_path, real_storage=True) as service:
        assert [clip["clip_id"] for clip in await service.clips()] == [clip_id]
        response = await service.client.get(f"/api/transcription/{clip_id}?format=txt")
        assert "morning" in response.text


async def test_an_http_1_0_client_can_wait_too(service: Service, clip_id: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    writer.write(f"POST /api/transcribe/{clip_id} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    assert answer.startswith(b"HTTP/1.1 200")
