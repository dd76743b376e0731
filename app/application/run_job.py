"""Runs the next job to its end and keeps its event log."""

import asyncio
import logging

from app.application.closing import closing
from app.application.transcribe_audio import TranscribeAudio
from app.domain.errors import DiaristError, EngineFailed, LeaseLost
from app.domain.events import Cancelled, Done, Failed, Outcome
from app.domain.jobs import Job
from app.domain.ports import JobLedger

_log = logging.getLogger(__name__)


class RunJob:
    """Every way to start a transcription ends here, so each has the same log and the same kind of end."""

    def __init__(self, *, ledger: JobLedger, transcribe_audio: TranscribeAudio) -> None:
        self._ledger = ledger
        self._transcribe_audio = transcribe_audio

    async def execute(self) -> None:
        """Wait for a job, run it, and log its outcome. What goes wrong with the job ends in its log."""
        job = await self._ledger.claim()
        _log.info("job %s started: clip %s, attempt %d", job.id, job.clip_id, job.attempt)
        try:
            outcome = await self._until_stopped(job)
            await self._finish(job, outcome)
        except LeaseLost:
            _log.info("job %s: attempt %d lost its lease, its work is dropped", job.id, job.attempt)

    async def _until_stopped(self, job: Job) -> Outcome:
        run = asyncio.create_task(self._run(job))
        stop = asyncio.create_task(self._ledger.until_cancelled(job.id, job.attempt))
        try:
            await asyncio.wait({run, stop}, return_when=asyncio.FIRST_COMPLETED)
            return await run if run.done() else Cancelled()
        finally:
            run.cancel()
            stop.cancel()
            await asyncio.gather(run, stop, return_exceptions=True)

    async def _run(self, job: Job) -> Outcome:
        try:
            async with closing(self._transcribe_audio.execute(job.clip_id, job.options)) as events:
                async for event in events:
                    if isinstance(event, Done):
                        return event
                    await self._ledger.append(job.id, job.attempt, [event])
        except LeaseLost:
            raise
        except DiaristError as error:
            if isinstance(error, EngineFailed):
                _log.warning("job %s: an engine failed", job.id, exc_info=error)
            return _failed(error)
        except Exception:  # noqa: BLE001 - the worker must survive whatever an engine throws, and the job must end
            _log.exception("job %s broke", job.id)
        return _UNEXPECTED

    async def _finish(self, job: Job, outcome: Outcome) -> None:
        try:
            await self._ledger.finish(job.id, job.attempt, outcome)
        except LeaseLost:
            raise
        except DiaristError as error:
            # The transcript could not be kept: its clip is gone, or the disk is full.
            outcome = _failed(error)
            await self._ledger.finish(job.id, job.attempt, outcome)
        except Exception:  # noqa: BLE001 - a job that cannot end would keep its readers for ever
            _log.exception("job %s: its outcome could not be kept", job.id)
            outcome = _UNEXPECTED
            await self._ledger.finish(job.id, job.attempt, outcome)
        _log.info("job %s %s", job.id, outcome.type)


_UNEXPECTED = Failed(error="InternalError", message="an unexpected error; the server's log has the cause")


def _failed(error: DiaristError) -> Failed:
    # Its frames would keep the whole run, with its sound, for as long as the log is kept.
    error.__traceback__ = error.__cause__ = error.__context__ = None
    return Failed(error=type(error).__name__, message=str(error), cause=error)
