"""The service on a real socket, with engines that a test steers."""

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from dependency_injector import providers
from fastapi import FastAPI

from app.adapters.outbound.persistence.memory import (
    MemoryClipRepository,
    MemoryFinishedWork,
    MemoryTranscriptRepository,
)
from app.adapters.outbound.voice_activity.energy import EnergyVoiceActivity
from app.infrastructure.container import Container
from app.infrastructure.main import create_app
from app.infrastructure.settings import Settings
from tests.api.engines import SteeredTranscriber, TwoVoices
from tests.fixtures import sounds


@dataclass(frozen=True, kw_only=True)
class Service:
    """A running service, a client of it, and what lies behind it."""

    client: httpx.AsyncClient
    engine: SteeredTranscriber
    audio_folder: Path
    port: int

    async def upload(self, path: Path, **kwargs: Any) -> httpx.Response:
        return await self.client.post("/api/audio", files=form_of(path), **kwargs)

    async def store(self, path: Path) -> str:
        """The id of the recording, once it is stored."""
        response = await self.upload(path)
        assert response.status_code == 201, response.text
        clip_id: str = response.json()["clip_id"]
        return clip_id

    async def clips(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = (await self.client.get("/api/audio")).json()["items"]
        return items

    def files(self) -> list[Path]:
        # Not rglob: it stumbles over folders that vanish while it looks.
        found = os.walk(self.audio_folder)
        return [Path(folder, name) for folder, _, names in found for name in names]

    async def is_empty(self) -> bool:
        """Whether nothing is kept, nothing half written either."""
        return await self.clips() == [] and self.files() == []


def container_of(
    folder: Path, engine: SteeredTranscriber, *, real_storage: bool = False, **settings: Any
) -> Container:
    """Wired as in production, but for the engines, and for the database unless `real_storage`."""
    container = Container()
    container.settings.override(
        Settings(
            _env_file=None,
            audio_storage_path=folder / "audio",
            transcription_storage_path=folder / "transcripts",
            **{"linger_s": 0.0, **settings},
        )
    )
    container.transcription.override(engine)
    container.diarization.override(TwoVoices())
    container.voice_activity.override(EnergyVoiceActivity())
    if not real_storage:
        clips = MemoryClipRepository()
        container.clips.override(providers.Object(clips))
        container.transcripts.override(providers.Object(MemoryTranscriptRepository(clips)))
        container.finished_work.override(providers.Object(MemoryFinishedWork(clips)))
    return container


@asynccontextmanager
async def serving(
    folder: Path,
    *,
    headers: dict[str, str] | None = None,
    engine: SteeredTranscriber | None = None,
    **settings: Any,
) -> AsyncIterator[Service]:
    engine = engine or SteeredTranscriber()
    app = create_app(container=container_of(folder, engine, **settings))
    async with listening(app) as port:
        url = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(base_url=url, headers=headers, timeout=20) as client:
            yield Service(client=client, engine=engine, audio_folder=folder / "audio", port=port)


@asynccontextmanager
async def listening(app: FastAPI) -> AsyncIterator[int]:
    """Serve the application in this very event loop, on a free port."""
    server = uvicorn.Server(uvicorn.Config(app, lifespan="on", log_config=None, timeout_graceful_shutdown=2))
    # Named TCP, or else asyncio does not know it for TCP, and every answer waits for a delayed ACK.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            await serving


def form_of(path: Path) -> dict[str, tuple[str, bytes]]:
    return {"file": (path.name, path.read_bytes())}


def lines_of(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def spoken(folder: Path, name: str = "spoken.wav", *, duration: float = 2.0) -> Path:
    """A recording that the steered engine hears `SCRIPT` in."""
    return sounds.write_wav(folder / name, sounds.tone(duration))
