"""From a container to a running Diarist, and back to nothing."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from app.adapters.inbound.worker.worker import Worker
from app.application.use_cases import UseCases
from app.infrastructure.container import Container

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
        for port in (container.transcription(), container.diarization(), container.voice_activity()):
            if port is not None:
                stack.push_async_callback(port.aclose)
        use_cases: UseCases = container.use_cases()
        for choice in use_cases.report_engines.execute():
            name = choice.engine.name if choice.engine else "nobody"
            _log.info("%s: %s, %s", choice.stage, name, choice.reason)
            if choice.problem:
                _log.warning("%s: %s. %s", choice.stage, choice.problem, choice.remedy)
        await stack.enter_async_context(Worker(use_cases.run_job, at_once=settings.jobs_at_once))
        stack.push_async_callback(use_cases.stop_jobs.execute)
        yield use_cases
