"""Events as they happen, one JSON object a line."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress

from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.adapters.inbound.rest.leaving import while_connected
from app.application.closing import closing
from app.application.formats.ndjson import event_line
from app.application.formats.transcript_json import to_json
from app.domain.events import LoggedEvent

MEDIA_TYPE = "application/x-ndjson"
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
"""So that no proxy holds lines back or keeps them."""

HEARTBEAT = to_json({"type": "heartbeat"}) + "\n"


class EventStream(Response):
    """Sends lines while the client listens; its leaving closes `lines`, and with them the work."""

    media_type = MEDIA_TYPE

    def __init__(self, lines: AsyncGenerator[str, None]) -> None:
        self._lines = lines
        self.status_code = 200
        self.background = None
        self.init_headers(HEADERS)

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        async with aclosing(self._lines):
            with suppress(ClientDisconnect):
                await while_connected(receive, self._send(send))

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async for line in self._lines:
            await send({"type": "http.response.body", "body": line.encode(), "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def event_stream(events: AsyncIterator[LoggedEvent], *, heartbeat_s: float) -> EventStream:
    """The events as a response. What is known to be wrong before the first one is raised here."""
    first = await anext(events)
    return EventStream(_lines(first, events, heartbeat_s))


async def _lines(
    first: LoggedEvent, events: AsyncIterator[LoggedEvent], heartbeat_s: float
) -> AsyncGenerator[str, None]:
    event: LoggedEvent | None = first
    async with closing(events):
        while event is not None:
            yield event_line(event)
            upcoming = asyncio.ensure_future(anext(events, None))
            try:
                while not (await asyncio.wait({upcoming}, timeout=heartbeat_s))[0]:
                    yield HEARTBEAT
                event = await upcoming
            finally:
                upcoming.cancel()
                await asyncio.gather(upcoming, return_exceptions=True)
