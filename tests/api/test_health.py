"""Alive, and able to work."""

from pathlib import Path

import httpx
from dependency_injector import providers

from app.domain.errors import EngineUnavailable
from app.infrastructure.main import create_app
from tests.api.engines import SteeredTranscriber
from tests.api.service import Service, container_of, listening


async def test_the_process_says_that_it_is_alive(service: Service) -> None:
    response = await service.client.get("/health")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


async def test_readiness_names_the_engines_and_why_they_were_taken(service: Service) -> None:
    response = await service.client.get("/ready")
    assert response.status_code == 200
    assert response.json()["ready"] is True
    assert {engine["stage"]: engine["engine"] for engine in response.json()["engines"]} == {
        "transcription": "steered",
        "diarization": "two-voices",
        "voice_activity": "energy",
    }
    assert {engine["reason"] for engine in response.json()["engines"]} == {"given by the program"}


async def test_an_engine_that_is_missing_is_told_with_its_remedy(tmp_path: Path) -> None:
    engine = SteeredTranscriber()
    engine.missing = EngineUnavailable("steered", "no model", "diarist models pull")
    app = create_app(container=container_of(tmp_path, engine))
    async with listening(app) as port, httpx.AsyncClient() as client:
        response = await client.get(f"http://127.0.0.1:{port}/ready")
    assert (response.status_code, response.json()["ready"]) == (503, False)
    (told,) = [engine for engine in response.json()["engines"] if engine["stage"] == "transcription"]
    assert (told["problem"], told["remedy"]) == ("no model", "diarist models pull")


async def test_readiness_is_as_it_is_now(service: Service) -> None:
    service.engine.missing = EngineUnavailable("steered", "its weights are gone", "diarist models pull")
    response = await service.client.get("/ready")
    (told,) = [engine for engine in response.json()["engines"] if engine["stage"] == "transcription"]
    assert (response.status_code, response.json()["ready"]) == (503, False)
    assert (told["problem"], told["remedy"]) == ("its weights are gone", "diarist models pull")
    service.engine.missing = None
    assert (await service.client.get("/ready")).status_code == 200


async def test_without_a_diarizer_there_are_still_words(tmp_path: Path) -> None:
    container = container_of(tmp_path, SteeredTranscriber())
    container.diarization.override(providers.Object(None))
    async with listening(create_app(container=container)) as port, httpx.AsyncClient() as client:
        response = await client.get(f"http://127.0.0.1:{port}/ready")
    assert (response.status_code, response.json()["ready"]) == (200, True)
    (told,) = [engine for engine in response.json()["engines"] if engine["stage"] == "diarization"]
    assert (told["engine"], told["reason"]) == (None, "given by the program")


async def test_what_needs_no_engine_works_without_one(tmp_path: Path) -> None:
    transport = httpx.ASGITransport(create_app(container=container_of(tmp_path, SteeredTranscriber())))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        # Nothing was started: health touches nothing.
        assert (await client.get("/health")).status_code == 200
