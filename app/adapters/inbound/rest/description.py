"""The OpenAPI description: what FastAPI tells by itself, corrected where it is not so."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.adapters.inbound.rest.examples import CLIP_ID, answers
from app.adapters.inbound.rest.problems import problem_of_status
from app.adapters.inbound.rest.security import OPEN_PATHS

_REFUSED = answers(problem_of_status(401, "send the header Authorization: Bearer <API_KEY>"))


def describe(app: FastAPI, *, with_key: bool) -> dict[str, Any]:
    """The description of `app`; `with_key`: clients must send one."""
    if app.openapi_schema is None:
        app.openapi_schema = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        schemas = app.openapi_schema["components"]["schemas"]
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        for path, operations in app.openapi_schema["paths"].items():
            for operation in operations.values():
                _correct(operation, with_key=with_key and path not in OPEN_PATHS)
        if with_key:
            app.openapi_schema["components"]["securitySchemes"] = {
                "key": {"type": "http", "scheme": "bearer"}
            }
    return app.openapi_schema


def _correct(operation: dict[str, Any], *, with_key: bool) -> None:
    responses = operation["responses"]
    if "application/json" in responses.get("422", {}).get("content", {}):
        del responses["422"]  # FastAPI's own shape of errors, which nobody here sends
    for parameter in operation.get("parameters", ()):
        if parameter["name"] == "clip_id":
            parameter["example"] = CLIP_ID
    if with_key:
        operation["security"] = [{"key": []}]
        responses["401"] = _REFUSED[401]
