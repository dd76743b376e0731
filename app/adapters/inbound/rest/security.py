"""Who may call: whoever has the key, and on loopback only programs of this machine."""

import ipaddress
import secrets
from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from app.adapters.inbound.rest.problems import problem_of_status

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
OPEN_PATHS = frozenset({"/health", "/ready", "/docs", "/openapi.json"})
"""What answers without a key: probes and the reader of a page have none, and no recording shows here."""


class RequireKey:
    """Lets requests pass that carry `Authorization: Bearer <key>`."""

    def __init__(self, app: ASGIApp, key: str) -> None:
        self._app = app
        self._key = key.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or scope["path"] in OPEN_PATHS or self._has_key(scope):
            await self._app(scope, receive, send)
            return
        headers = {"WWW-Authenticate": "Bearer"}
        refusal = problem_of_status(401, "send the header Authorization: Bearer <API_KEY>", **headers)
        await refusal(scope, receive, send)

    def _has_key(self, scope: Scope) -> bool:
        scheme, _, given = Headers(scope=scope).get("authorization", "").partition(" ")
        # In constant time, so that the key cannot be guessed letter by letter.
        return scheme.lower() == "bearer" and secrets.compare_digest(
            given.strip().encode("latin-1"), self._key
        )


class RequireKnownHost:
    """Refuses requests for host names that a service on loopback does not have, and those of pages there.

    A web page can point a name of its own at 127.0.0.1 and then read from the service as if it were
    the page's own server (DNS rebinding); the Host header gives it away. Without that it can still
    send forms to the service, though not read the answers; the Origin header gives those away.
    """

    def __init__(self, app: ASGIApp, allowed_hosts: Iterable[str]) -> None:
        self._app = app
        self._allowed = LOOPBACK_NAMES | {host.lower() for host in allowed_hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = (
            self._app if scope["type"] == "lifespan" else self._refusal_of(Headers(scope=scope)) or self._app
        )
        await app(scope, receive, send)

    def _refusal_of(self, headers: Headers) -> ASGIApp | None:
        if not self._is_known(headers.get("host", "")):
            return problem_of_status(421, "this service goes by no such name; ALLOWED_HOSTS can add it")
        origin = headers.get("origin")
        if origin is not None and not self._is_known(origin.partition("://")[2]):
            return problem_of_status(403, "pages of that origin may not call; ALLOWED_HOSTS can add its host")
        return None

    def _is_known(self, host: str) -> bool:
        name, colon, port = host.lower().rpartition(":")
        return (name if colon and port.isdecimal() else host.lower()) in self._allowed


class RequireLoopback:
    """Refuses requests that came in by a network: they need a key, and none is set.

    For servers that are told their address past our settings (`uvicorn --host`).
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or _is_local(scope.get("server")):
            await self._app(scope, receive, send)
            return
        refusal = problem_of_status(403, "beyond loopback this service needs an API_KEY")
        await refusal(scope, receive, send)


def _is_local(server: tuple[str, int | None] | None) -> bool:
    """Whether the address at which a request came in can be reached from this machine only."""
    if server is None or server[1] is None:  # not a network: called in-process, or by a Unix socket
        return True
    try:
        return ipaddress.ip_address(server[0]).is_loopback
    except ValueError:
        return server[0] in LOOPBACK_NAMES
