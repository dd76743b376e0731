"""Where everything starts: the web application and the `diarist` command."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # so that the command line does not wait for the web framework
    from fastapi import FastAPI

    from app.infrastructure.container import Container
    from app.infrastructure.settings import Settings


def create_app(settings: "Settings | None" = None, container: "Container | None" = None) -> "FastAPI":
    """The web application, an ASGI app. Storage, engines and the worker start with it and end with it.

    `settings` are those of the environment unless given; `container` is for callers that swap
    adapters. Raises `InvalidOptions` when it would serve a network without a key.
    """
    from app import __version__
    from app.adapters.inbound.rest.app import create_rest_app
    from app.infrastructure.container import Container
    from app.infrastructure.running import running

    container = container or Container()
    if settings is not None:
        container.settings.override(settings)
    settings = container.settings()
    _require_key_beyond_loopback(settings)
    return create_rest_app(
        lambda: running(container),
        version=__version__,
        max_upload_bytes=settings.max_upload_size,
        heartbeat_s=settings.heartbeat_s,
        api_key=settings.api_key.get_secret_value() if settings.api_key else None,
        loopback_only=settings.serves_loopback_only,
        allowed_hosts=settings.allowed_hosts,
    )


def _require_key_beyond_loopback(settings: "Settings") -> None:
    from app.domain.errors import InvalidOptions

    if not settings.serves_loopback_only and settings.api_key is None:
        raise InvalidOptions(
            "APP_HOST", f"to serve on {settings.app_host}, set an API_KEY that clients must send"
        )


def cli() -> None:
    """Run the `diarist` command, and end the process with its exit code."""
    from app.adapters.inbound.cli.commands import command_line
    from app.infrastructure.program import program

    command_line(program(create_app))()
