"""Whatever goes wrong is told in one shape."""

import json

import httpx
import pytest

from app.adapters.inbound.rest.problems import STATUS, problem_of
from app.domain import errors
from tests.api.service import Service

RAISED = [
    (errors.InvalidAudio("no sound"), 422, {"reason": "no sound"}),
    (errors.AudioTooLarge("too long"), 413, {"reason": "too long"}),
    (errors.InvalidOptions("task", "no"), 422, {"option": "task", "reason": "no"}),
    (errors.NotFound("clip", "x"), 404, {"kind": "clip", "id": "x"}),
    (errors.Conflict("edited"), 409, {"reason": "edited"}),
    (errors.StorageFull("disk"), 507, {"reason": "disk"}),
    (errors.StorageFailed("diarist.db"), 503, {"reason": "diarist.db"}),
    (errors.EngineUnavailable("e", "none", "get it"), 503, {"engine": "e", "remedy": "get it"}),
    (errors.EngineBusy("e", 6.2), 429, {"engine": "e", "retry_after_s": 6.2}),
    (errors.EngineFailed("e", "broke"), 500, {"engine": "e", "reason": "broke"}),
    (errors.JobCancelled("j"), 409, {"job_id": "j"}),
]


@pytest.mark.parametrize(("error", "status", "fields"), RAISED)
def test_an_error_has_its_status_and_keeps_its_fields(
    error: errors.DiaristError, status: int, fields: dict[str, object]
) -> None:
    problem = problem_of(error)
    document = json.loads(bytes(problem.body))
    assert problem.status_code == document["status"] == status
    assert problem.media_type == "application/problem+json"
    assert document["type"] == f"urn:diarist:problem:{type(error).__name__}"
    assert document["detail"] == str(error)
    assert document["title"]
    assert fields.items() <= document.items()


@pytest.mark.parametrize(("error", "status", "_fields"), RAISED)
def test_a_job_that_failed_has_the_status_of_what_it_failed_of(
    error: errors.DiaristError, status: int, _fields: object
) -> None:
    problem = problem_of(errors.JobFailed("j", type(error).__name__, str(error)))
    document = json.loads(bytes(problem.body))
    assert (problem.status_code, document["job_id"], document["detail"]) == (status, "j", str(error))


def test_a_job_that_failed_keeps_the_fields_of_what_it_failed_of() -> None:
    problem = problem_of(errors.JobFailed("j", "EngineBusy", "busy", errors.EngineBusy("e", 6.2)))
    document = json.loads(bytes(problem.body))
    assert (problem.status_code, problem.headers["retry-after"]) == (429, "7")
    assert (document["engine"], document["retry_after_s"], document["job_id"]) == ("e", 6.2, "j")
    assert "cause" not in document


def test_who_is_too_early_is_told_when_to_come_back() -> None:
    assert problem_of(errors.EngineBusy("e", 6.2)).headers["retry-after"] == "7"


def test_every_error_that_a_client_can_cause_has_a_status() -> None:
    internal = {"AudioTruncated", "JobFailed", "LeaseLost", "IllegalTransition"}
    tree = {name for name, each in vars(errors).items() if isinstance(each, type) and name != "DiaristError"}
    assert set(STATUS) == tree - internal


@pytest.mark.parametrize(
    "error", [errors.LeaseLost("secret", 1), errors.JobFailed("j", "InternalError", "secret")]
)
def test_an_error_of_our_own_is_not_explained(error: errors.DiaristError) -> None:
    problem = problem_of(error)
    assert problem.status_code == 500
    assert b"secret" not in bytes(problem.body)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/nothing", 404),
        ("GET", "/api/audio/", 404),
        ("GET", "/nothing", 404),
        ("PUT", "/api/audio", 405),
        ("GET", "/api/transcribe", 405),
        ("POST", "/health", 405),
        ("GET", "/api/transcribe/stream", 405),
    ],
)
async def test_a_route_that_is_not_there_is_a_problem_too(
    service: Service, method: str, path: str, status: int
) -> None:
    response = await service.client.request(method, path)
    assert response.status_code == response.json()["status"] == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json().keys() == {"type", "title", "status", "detail"}
    assert ("allow" in response.headers) == (status == 405)


async def test_what_nobody_foresaw_is_told_without_a_detail(service: Service, clip_id: str) -> None:
    app_error = RuntimeError("secret")
    service.engine.error = app_error
    response = await service.client.post(f"/api/transcribe/{clip_id}")
    assert response.status_code == httpx.codes.INTERNAL_SERVER_ERROR
    assert "secret" not in response.text
    assert "log" in response.json()["detail"]
