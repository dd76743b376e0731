"""What the interface says about itself is complete, and true."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.adapters.inbound.rest.schemas import Clip, ProblemDocument, Transcript
from app.infrastructure.main import create_app
from tests.api.engines import SteeredTranscriber
from tests.api.service import Service, container_of, lines_of

ROUTES = {
    "POST /api/audio",
    "GET /api/audio",
    "GET /api/audio/{clip_id}",
    "DELETE /api/audio/{clip_id}",
    "GET /api/audio/{clip_id}/content",
    "POST /api/transcribe",
    "POST /api/transcribe/{clip_id}",
    "POST /api/transcribe/stream",
    "GET /api/transcribe/{clip_id}/stream",
    "POST /api/transcribe/{clip_id}/stream",
    "GET /api/transcription/{clip_id}",
    "DELETE /api/transcription/{clip_id}",
    "GET /api/transcription/stream/{clip_id}",
    "GET /api/transcription/{clip_id}/stream",
    "POST /api/transcription/{clip_id}/diarize",
    "POST /api/voices",
    "GET /api/voices",
    "DELETE /api/voices/{voice_id}",
    "GET /health",
    "GET /ready",
}


@pytest.fixture
def description(tmp_path: Path) -> dict[str, Any]:
    return create_app(container=container_of(tmp_path, SteeredTranscriber())).openapi()


def operations(description: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def examples_of(content: dict[str, Any]) -> list[Any]:
    if "example" in content:
        return [content["example"]]
    return [each["value"] for each in content.get("examples", {}).values()]


def test_every_route_is_described(description: dict[str, Any]) -> None:
    assert {name for name, _ in operations(description)} == ROUTES


def test_every_request_and_every_answer_has_an_example(description: dict[str, Any]) -> None:
    missing = []
    for name, operation in operations(description):
        missing += [
            f"{name}: {parameter['name']}"
            for parameter in operation.get("parameters", [])
            if not {"example", "examples"} & (parameter.keys() | parameter["schema"].keys())
        ]
        contents = operation.get("requestBody", {}).get("content", {}) | {
            f"{status} {media_type}": content
            for status, answer in operation["responses"].items()
            for media_type, content in answer.get("content", {}).items()
        }
        missing += [f"{name}: {kind}" for kind, content in contents.items() if not examples_of(content)]
        assert operation["summary"]
        assert operation["description"]
    assert missing == []


def test_the_examples_have_the_shapes_that_are_described(description: dict[str, Any]) -> None:
    answers = {name: operation["responses"] for name, operation in operations(description)}
    example = answers["GET /api/audio/{clip_id}"]["200"]["content"]["application/json"]["example"]
    Clip.model_validate(example)
    for route in ("POST /api/transcribe", "GET /api/transcription/{clip_id}"):
        content = answers[route]["200"]["content"]["application/json"]
        assert content["schema"] == {"$ref": "#/components/schemas/Transcript"}
        Transcript.model_validate(content["example"])
    for responses in answers.values():
        for status, answer in responses.items():
            for problem in examples_of(answer.get("content", {}).get("application/problem+json", {})):
                assert ProblemDocument.model_validate(problem).status == int(status)
    stream = answers["POST /api/transcribe/stream"]["200"]["content"]["application/x-ndjson"]["example"]
    assert lines_of(stream)[-1]["type"] == "done"


def test_who_waits_for_a_full_queue_is_told_when_to_come_back(description: dict[str, Any]) -> None:
    busy = {
        name: each["responses"]["429"] for name, each in operations(description) if "429" in each["responses"]
    }
    assert busy.keys() == {"POST /api/transcribe", "POST /api/transcribe/{clip_id}"}
    for answer in busy.values():
        assert answer["headers"]["Retry-After"]["schema"] == {"type": "integer"}


def test_an_upload_that_cannot_be_kept_is_described(description: dict[str, Any]) -> None:
    assert {"503", "507"} <= dict(operations(description))["POST /api/audio"]["responses"].keys()


def test_what_was_left_out_of_a_transcript_is_described(description: dict[str, Any]) -> None:
    fields = description["components"]["schemas"]["Transcript"]["properties"]
    assert "left out" in fields["suppressed"]["description"]
    assert "detection" in fields["language_probability"]["description"]


def test_no_shape_of_errors_is_described_that_nobody_sends(description: dict[str, Any]) -> None:
    assert "HTTPValidationError" not in json.dumps(description)


def test_the_key_is_described_where_one_is_needed(tmp_path: Path) -> None:
    container = container_of(tmp_path, SteeredTranscriber(), api_key="key")
    description = create_app(container=container).openapi()
    assert description["components"]["securitySchemes"] == {"key": {"type": "http", "scheme": "bearer"}}
    for name, operation in operations(description):
        assert (
            ("401" in operation["responses"])
            == ("security" in operation)
            == (name not in ("GET /health", "GET /ready"))
        )


def test_no_key_is_described_where_none_is_needed(description: dict[str, Any]) -> None:
    assert "securitySchemes" not in description["components"]


async def test_the_description_can_be_read_in_a_browser(service: Service) -> None:
    page = await service.client.get("/docs")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert (await service.client.get("/openapi.json")).json()["info"]["title"] == "Diarist"
