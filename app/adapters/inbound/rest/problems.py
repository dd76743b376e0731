"""Errors on the wire: RFC 9457 problem documents, from one table."""

import logging
import math
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from app.domain import errors

_log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"

STATUS: dict[str, tuple[int, str]] = {
    errors.InvalidAudio.__name__: (422, "The recording cannot be used"),
    errors.AudioTooLarge.__name__: (413, "The recording is too large"),
    errors.InvalidOptions.__name__: (422, "An option is impossible here"),
    errors.NotFound.__name__: (404, "Not found"),
    errors.Conflict.__name__: (409, "The request contradicts what is stored"),
    errors.StorageFull.__name__: (507, "There is no room left"),
    errors.StorageFailed.__name__: (503, "The storage cannot be used"),
    errors.EngineUnavailable.__name__: (503, "An engine or its model is missing"),
    errors.EngineBusy.__name__: (429, "Too much work is queued"),
    errors.EngineFailed.__name__: (500, "An engine failed"),
    errors.JobCancelled.__name__: (409, "The work was cancelled"),
}
"""Status and title for the name of each error that a client may cause or wait out. Others are ours: 500."""


class Problem(JSONResponse):
    """A problem document: `type`, `title`, `status`, `detail`, and `fields` beside them."""

    media_type = MEDIA_TYPE

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        *,
        type: str = "about:blank",
        headers: dict[str, str] | None = None,
        **fields: Any,
    ) -> None:
        body = {"type": type, "title": title, "status": status, "detail": detail, **fields}
        super().__init__(body, status_code=status, headers=headers)


def problem_of(error: errors.DiaristError) -> Problem:
    """The error as a problem: its type ends with the name of its class, its fields are kept.

    A job that failed shows what it failed of, with the fields of both.
    """
    name, cause = type(error).__name__, error
    if isinstance(error, errors.JobFailed):
        name, cause = error.error, error.cause or error
    if name not in STATUS:
        return _unexpected()
    status, title = STATUS[name]
    headers = {}
    if isinstance(cause, errors.EngineBusy):
        headers["Retry-After"] = str(math.ceil(cause.retry_after_s))
    fields = {
        key: value
        for key, value in (vars(cause) | vars(error)).items()
        if key not in ("error", "message", "cause")
    }
    return Problem(status, title, str(error), type=f"urn:diarist:problem:{name}", headers=headers, **fields)


def problem_of_status(status: int, detail: str | None = None, **headers: str) -> Problem:
    """A problem that says no more than its status does, and `detail`."""
    title = HTTPException(status).detail
    return Problem(status, title, detail or title, headers=headers)


def install(app: FastAPI) -> None:
    """Answer whatever goes wrong on the way with a problem."""
    app.add_exception_handler(errors.DiaristError, _tell)
    app.add_exception_handler(RequestValidationError, _tell_invalid)
    app.add_exception_handler(HTTPException, _tell_http)
    app.add_exception_handler(ClientDisconnect, _tell_nobody)
    # Whatever else: the framework answers with this and then raises on, for the server to log.
    app.add_exception_handler(Exception, _tell_nothing)


async def _tell(request: Request, error: Exception) -> Response:
    assert isinstance(error, errors.DiaristError)
    problem = problem_of(error)
    if problem.status_code == 500 or isinstance(error, errors.StorageFailed):
        _log.error("%s %s: %s", request.method, request.url.path, error, exc_info=error)
    return problem


async def _tell_invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    # Not the input itself: it may be long, or secret.
    found = [
        {"in": str(each["loc"][0]), "name": ".".join(map(str, each["loc"][1:])), "message": _plain(each)}
        for each in error.errors()
    ]
    detail = "; ".join(f"{each['name']}: {each['message']}" for each in found)
    return Problem(422, "The request is not valid", detail, errors=found)


def _plain(found: dict[str, Any]) -> str:
    return "there is no such option" if found["type"] == "extra_forbidden" else str(found["msg"])


async def _tell_http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return problem_of_status(error.status_code, error.detail, **(error.headers or {}))


async def _tell_nobody(_request: Request, _error: Exception) -> Response:
    """The server drops the answer to a client that has left."""
    return problem_of_status(400, "the client left before the answer")


async def _tell_nothing(_request: Request, _error: Exception) -> Response:
    return _unexpected()


def _unexpected() -> Problem:
    return problem_of_status(500, "an unexpected error; the server's log has the cause")
