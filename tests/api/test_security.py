"""Who may call."""

import asyncio
from pathlib import Path

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from app.adapters.inbound.rest.security import RequireLoopback
from app.domain.errors import InvalidOptions
from app.infrastructure.main import create_app
from tests.api.engines import SteeredTranscriber
from tests.api.service import Service, container_of, serving

KEY = "a-key-with-ü"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer"},
        {"Authorization": f"Basic {KEY}".encode()},
        {"Authorization": f"{KEY}".encode()},
        {"X-API-Key": KEY.encode()},
    ],
)
async def test_without_the_key_only_probes_and_the_description_answer(
    tmp_path: Path, headers: dict[str, str]
) -> None:
    async with serving(tmp_path, api_key=KEY) as service:
        for path in ("/api/audio", "/api/transcription/1", "/nothing"):
            response = await service.client.get(path, headers=headers)
            assert response.status_code == 401, path
            assert response.headers["www-authenticate"] == "Bearer"
            assert response.headers["content-type"] == "application/problem+json"
        for path in ("/health", "/ready", "/docs", "/openapi.json"):
            assert (await service.client.get(path, headers=headers)).status_code == 200


@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
async def test_with_the_key_everything_answers(tmp_path: Path, scheme: str) -> None:
    async with serving(tmp_path, api_key=KEY) as service:
        headers = {"Authorization": f"{scheme} {KEY}".encode()}
        for path in ("/api/audio", "/ready", "/docs", "/openapi.json"):
            assert (await service.client.get(path, headers=headers)).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:8000", "127.0.0.1", "127.0.0.1:80", "[::1]", "[::1]:8000", "own.example:1"],
)
async def test_on_loopback_its_own_names_are_answered(tmp_path: Path, host: str) -> None:
    async with serving(tmp_path, allowed_hosts=("Own.example",)) as service:
        assert (await service.client.get("/health", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8000", "localhost.evil.example", "localhost:8000.evil.example", "", "::1"],
)
async def test_on_loopback_a_name_that_was_rebound_is_refused(service: Service, host: str) -> None:
    for path in ("/api/audio", "/health", "/docs"):
        response = await service.client.get(path, headers={"Host": host})
        assert response.status_code == 421
        assert response.headers["content-type"] == "application/problem+json"


async def test_on_a_network_any_name_will_do_for_those_with_the_key(tmp_path: Path) -> None:
    async with serving(tmp_path, app_host="0.0.0.0", api_key=KEY) as service:
        headers = {"Host": "anything.example", "Authorization": f"Bearer {KEY}".encode()}
        assert (await service.client.get("/api/audio", headers=headers)).status_code == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "diarist.example"])
def test_a_network_is_not_served_without_a_key(tmp_path: Path, host: str) -> None:
    with pytest.raises(InvalidOptions, match="API_KEY"):
        create_app(container=container_of(tmp_path, SteeredTranscriber(), app_host=host))
    with pytest.raises(InvalidOptions, match="API_KEY"):
        create_app(container=container_of(tmp_path, SteeredTranscriber(), app_host=host, api_key=""))


@pytest.mark.parametrize(
    ("server", "answered"),
    [
        (("127.0.0.1", 8000), True),
        (("127.8.9.10", 8000), True),
        (("::1", 8000), True),
        (("localhost", 80), True),
        (("/run/diarist.sock", None), True),
        (None, True),
        (("192.168.1.4", 8000), False),
        (("2001:db8::1", 8000), False),
        (("diarist.example", 80), False),
    ],
)
async def test_without_a_key_a_request_from_a_network_is_refused_however_it_got_in(
    server: tuple[str, int | None] | None, answered: bool
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    statuses: list[int] = []

    async def send(message) -> None:  # type: ignore[no-untyped-def]  # any message
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    scope = {"type": "http", "path": "/", "headers": [], "server": server}
    await RequireLoopback(app)(scope, asyncio.Event().wait, send)  # type: ignore[arg-type]  # nobody receives
    assert statuses == [200 if answered else 403]


async def test_a_request_without_any_host_is_refused(service: Service) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    writer.write(b"GET /health HTTP/1.0\r\n\r\n")
    assert b" 421 " in await reader.readline()
    writer.close()


async def test_an_upload_without_the_key_is_refused_before_it_is_read(
    tmp_path: Path, recording: Path
) -> None:
    async with serving(tmp_path / "service", api_key=KEY) as service:
        response: httpx.Response = await service.upload(recording)
        assert response.status_code == 401
        assert service.files() == []


@pytest.mark.parametrize(
    ("origin", "answered"),
    [
        ("http://localhost:3000", True),
        ("http://127.0.0.1", True),
        ("http://[::1]:8000", True),
        ("https://own.example", True),
        ("https://evil.example", False),
        ("http://evil.example:8000", False),
        ("http://localhost.evil.example", False),
        ("http://localhost@evil.example", False),
        ("null", False),
        ("", False),
    ],
)
async def test_a_page_of_somebody_else_may_not_send_anything(
    tmp_path: Path, recording: Path, origin: str, answered: bool
) -> None:
    """A form on any page can post to the loopback; browsers tell whose page it was."""
    async with serving(tmp_path / "service", allowed_hosts=("own.example",)) as service:
        response = await service.upload(recording, headers={"Origin": origin})
        if answered:
            assert response.status_code == 201
        else:
            assert response.status_code == 403
            assert response.headers["content-type"] == "application/problem+json"
            assert await service.is_empty()
