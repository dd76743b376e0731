"""Loads engines in the background, so that the first recording need not wait for them."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from app.domain.errors import EngineUnavailable
from app.domain.ports import EnginePort

_log = logging.getLogger(__name__)


@asynccontextmanager
async def preloading(engines: Mapping[str, EnginePort]) -> AsyncIterator[None]:
    """Load the engine of each stage meanwhile; leaving gives up what is not loaded yet.

    One after the other, for two threads that import torch at once can trip over each other. What will
    not load is logged with its remedy, and tried again when it is used.
    """
    task = asyncio.create_task(_load(engines))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _load(engines: Mapping[str, EnginePort]) -> None:
    for stage, engine in engines.items():
        name = engine.describe().name
        try:
            await engine.load()
        except EngineUnavailable as failure:
            _log.warning("%s: %s was not loaded: %s. %s", stage, name, failure.reason, failure.remedy)
        except Exception:  # noqa: BLE001 - whatever an engine throws, the service must go on
            _log.exception("%s: %s broke while it was loaded", stage, name)
        else:
            _log.info("%s: %s is loaded", stage, name)
