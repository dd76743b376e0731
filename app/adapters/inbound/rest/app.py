"""The REST interface as an ASGI application."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI

from app.adapters.inbound.rest import (
    audio_routes,
    diarize_routes,
    health_routes,
    problems,
    transcribe_routes,
    transcription_routes,
    voice_routes,
)
from app.adapters.inbound.rest.description import describe
from app.adapters.inbound.rest.security import RequireKey, RequireKnownHost, RequireLoopback
from app.application.use_cases import UseCases

_ABOUT = "Who said what, when, from any recording. Errors are problem documents (RFC 9457)."


def create_rest_app(
    running: Callable[[], AbstractAsyncContextManager[UseCases]],
    *,
    version: str,
    max_upload_bytes: int,
    heartbeat_s: float,
    api_key: str | None = None,
    loopback_only: bool = True,
    allowed_hosts: Sequence[str] = (),
) -> FastAPI:
    """Serve the use cases that `running` gives; it is entered at start and left at shutdown.

    With `api_key` clients must send it. `loopback_only` admits no host names but those of the
    loopback and `allowed_hosts`. `heartbeat_s`: streams are never silent for longer.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with running() as use_cases:
            app.state.use_cases = use_cases
            yield

    app = FastAPI(
        title="Diarist",
        version=version,
        description=_ABOUT,
        lifespan=lifespan,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.max_upload_bytes = max_upload_bytes
    app.state.heartbeat_s = heartbeat_s
    for routes in (
        audio_routes,
        transcribe_routes,
        transcription_routes,
        diarize_routes,
        voice_routes,
        health_routes,
    ):
        app.include_router(routes.router)
    problems.install(app)
    app.openapi = lambda: describe(app, with_key=api_key is not None)  # type: ignore[method-assign]  # FastAPI's own way to extend it
    # The last one added comes first.
    if api_key is not None:
        app.add_middleware(RequireKey, key=api_key)
    else:
        app.add_middleware(RequireLoopback)
    if loopback_only:
        app.add_middleware(RequireKnownHost, allowed_hosts=allowed_hosts)
    return app
