"""Serves the web application with uvicorn."""

import contextlib
import logging
import signal
import socket
import sys
from collections.abc import Awaitable, Callable

import uvicorn
from fastapi import FastAPI

from app.infrastructure.container import Container
from app.infrastructure.logs import configure_logs
from app.infrastructure.settings import Settings

LAST_WORDS_S = 5
"""How long open requests may go on once the service was told to stop."""


class _Server(uvicorn.Server):
    """Ends the jobs before it waits for those who are waiting for them."""

    def __init__(self, config: uvicorn.Config, stop_jobs: Callable[[], Awaitable[None]]) -> None:
        super().__init__(config)
        self._stop_jobs = stop_jobs

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._stop_jobs()
        await super().shutdown(sockets)


def serve(app: FastAPI, settings: Settings, container: Container) -> None:
    """Serve the application of `container` until SIGINT or SIGTERM.

    Raises `OSError` when it cannot listen there.
    """
    configure_logs(settings.log_level, settings.log_format)
    config = uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=LAST_WORDS_S)
    with _listening(settings.app_host, settings.app_port) as listener, contextlib.suppress(KeyboardInterrupt):
        host = f"[{settings.app_host}]" if listener.family is socket.AF_INET6 else settings.app_host
        # Of a socket that it was given uvicorn tells no address that could be clicked on.
        logging.getLogger("uvicorn.error").info("Address: http://%s:%d", host, listener.getsockname()[1])
        # Uvicorn raises the signal again that stopped it; a service that was told to stop has not failed.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        _Server(config, lambda: container.use_cases().stop_jobs.execute()).run(sockets=[listener])


def _listening(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        # Uvicorn does so only after it told that it has started, and would refuse who comes in between.
        listener.listen()
    except OSError as error:
        reason = f"cannot listen on {host} port {port}: {error.strerror}"
        raise OSError(error.errno, f"{reason}. Choose another with --host and --port") from error
    return listener
