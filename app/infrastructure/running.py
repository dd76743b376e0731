"""From a container to a running Diarist, and back to nothing."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager

from app.adapters.inbound.worker.worker import Worker
from app.application.use_cases import UseCases
from app.domain.engine import EngineChoice
from app.domain.ports import EnginePort
from app.infrastructure.container import Container
from app.infrastructure.preloading import preloading

_log = logging.getLogger(__name__)


@asynccontextmanager
async def running(container: Container) -> AsyncIterator[UseCases]:
    """The use cases, with storage ready and a worker at the jobs; leaving stops the work and lets all go.

    Those who still wait for a job are told that it was cancelled. Once left, the container can be
    entered again, and builds all of it anew. Raises `RuntimeError` when it is running already.
    """
    settings = container.settings()
    lock = container.running_lock()
    if not lock.acquire(blocking=False):
        raise RuntimeError("this container is running already; make another one")
    async with AsyncExitStack() as stack:
        stack.callback(container.reset_singletons)
        store = container.audio_store()
        if settings.in_memory:
            stack.callback(store.close)
        else:
            database = container.database()
            stack.push_async_callback(database.close)
            await database.migrate()
            await asyncio.to_thread(store.discard_incomplete)
            await store.warn_of_unknown(container.clips())
        engines = _engines(container)
        for port in (container.decoder(), *engines.values()):
            stack.push_async_callback(port.aclose)
        use_cases: UseCases = container.use_cases()
        _tell(use_cases.report_engines.execute())
        if settings.preload_models:
            await stack.enter_async_context(preloading(engines))
        await stack.enter_async_context(Worker(use_cases.run_job, at_once=settings.jobs_at_once))
        stack.push_async_callback(use_cases.stop_jobs.execute)
        yield use_cases


def _engines(container: Container) -> dict[str, EnginePort]:
    """The engine of each stage that has one, the quickest to load first."""
    ports = {
        "voice_activity": container.voice_activity(),
        "diarization": container.diarization(),
        "transcription": container.transcription(),
    }
    return {stage: port for stage, port in ports.items() if port is not None}


def _tell(choices: Iterable[EngineChoice]) -> None:
    for choice in choices:
        name = choice.engine.name if choice.engine else "nobody"
        _log.info("%s: %s, %s", choice.stage, name, choice.reason)
        if choice.problem:
            _log.warning("%s: %s. %s", choice.stage, choice.problem, choice.remedy)
        elif choice.remedy:
            _log.info("%s: for a better engine: %s", choice.stage, choice.remedy)
