"""A running service for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.api.service import Service, serving, spoken


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    async with serving(tmp_path / "service") as service:
        yield service


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return spoken(tmp_path)


@pytest.fixture
def content(recording: Path) -> bytes:
    return recording.read_bytes()


@pytest.fixture
async def clip_id(service: Service, recording: Path) -> str:
    return await service.store(recording)
