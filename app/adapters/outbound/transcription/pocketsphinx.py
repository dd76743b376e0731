"""English words by PocketSphinx, whose models come inside its pip package."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

import numpy as np

from app.adapters.outbound.child import ChildProcess
from app.adapters.outbound.transcription.priority_slots import PrioritySlots
from app.domain.audio import SAMPLE_RATE_HZ, Samples
from app.domain.engine import EngineInfo
from app.domain.errors import EngineFailed, EngineUnavailable
from app.domain.options import TranscriptionOptions
from app.domain.ports import Priority, TranscriptionPort
from app.domain.timeline import TimeRange, merge_ranges
from app.domain.transcript import TranscriptionText, Word
from app.domain.windows import SpeechWindow

WORKER = "app.adapters.outbound.transcription.pocketsphinx_worker"

UTTERANCE_PAUSE_S = 0.5
"""Utterances end at pauses this long: shorter ones are inside phrases, and without any end the language
model runs from one sentence into the next (word error rate 0.34 instead of 0.27 on read speech).
"""
CONTEXT_S = 0.2
"""Sound kept around an utterance: the noise estimate and the silence model need some."""
SPEECH_RMS = 0.08
"""Utterances are brought to this level, about -22 dBFS. One recorded at -14 dBFS went from a word error
rate of 0.45 to 0.32 by it; softer ones stayed as they were.
"""
SILENT_RMS = 3e-4
"""Below this, about -70 dBFS, nobody can be heard; the decoder would make up a word all the same."""

FRAME_S = 0.01
SILENCE = bytes(2 * SAMPLE_RATE_HZ // 10)
REMEDY = "Run: pip install pocketsphinx"


class PocketSphinxTranscriber(TranscriptionPort):
    """PocketSphinx with its own US English model, in `workers` child processes of about 150 MB each.

    A worker starts when a window first needs it, and decodes one window at a time at about four
    times real time. Expect a word error rate of 0.2 to 0.4 on clean read speech and far more on
    conversation: it is here so that a first transcript needs no download. `aclose` ends the workers.
    """

    def __init__(self, workers: int, *, worker_module: str = WORKER) -> None:
        self._workers = workers
        self._slots = PrioritySlots(workers)
        self._worker_module = worker_module
        self._idle: list[ChildProcess] = []
        self._busy: set[ChildProcess] = set()

    def describe(self) -> EngineInfo:
        try:
            revision = version("pocketsphinx")
        except PackageNotFoundError:
            revision = None
        return EngineInfo(
            name="pocketsphinx",
            model="en-us",
            revision=revision,
            languages=frozenset({"en"}),
            # One for each worker, and two ready behind them.
            windows_at_once=self._workers + 2,
        )

    def check(self) -> None:
        if find_spec("pocketsphinx") is None:
            raise EngineUnavailable("pocketsphinx", "its package is not installed", REMEDY)

    async def load(self) -> None:
        """Start one worker; the others start when they are needed."""
        async with self._worker(Priority.FILE) as worker:
            await _heard(worker, SILENCE)

    async def transcribe(
        self,
        window: SpeechWindow,
        options: TranscriptionOptions,  # noqa: ARG002  # it honours none
        *,
        priority: Priority = Priority.FILE,
    ) -> TranscriptionText:
        words: list[Word] = []
        if utterances := _utterances(window):
            async with self._worker(priority) as worker:
                for utterance in utterances:
                    words += await _decode(worker, utterance, window.cut(utterance))
        return TranscriptionText(words=tuple(words), language="en")

    async def aclose(self) -> None:
        for worker in [*self._idle, *self._busy]:
            await worker.kill()
        self._idle.clear()

    @asynccontextmanager
    async def _worker(self, priority: Priority) -> AsyncIterator[ChildProcess]:
        """A worker for one window; only one that came through it well is kept for the next."""
        async with self._slots.hold(priority):
            self._idle = [worker for worker in self._idle if worker.alive]
            worker = self._idle.pop() if self._idle else await ChildProcess.start(self._worker_module)
            self._busy.add(worker)
            try:
                yield worker
            except BaseException:
                await worker.kill()
                raise
            finally:
                self._busy.discard(worker)
            self._idle.append(worker)


def _utterances(window: SpeechWindow) -> list[TimeRange]:
    """What to decode at a time, in clip time: each lies inside one piece of the window."""
    found: list[TimeRange] = []
    for piece in window.pieces:
        speech = [part for spoken in window.speech if (part := spoken.clamp(piece))]
        found += [
            TimeRange(start=max(piece.start, run.start - CONTEXT_S), end=min(piece.end, run.end + CONTEXT_S))
            for run in merge_ranges(speech, max_gap_s=UTTERANCE_PAUSE_S)
        ]
    return found


async def _decode(worker: ChildProcess, utterance: TimeRange, samples: Samples) -> list[Word]:
    rms = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if len(samples) else 0.0
    if rms < SILENT_RMS:
        return []
    loud = np.clip(samples * (SPEECH_RMS / rms), -1.0, 1.0)
    return [
        Word(
            word=text,
            start=utterance.start + first * FRAME_S,
            end=min(utterance.start + (last + 1) * FRAME_S, utterance.end),
            probability=min(max(probability, 0.0), 1.0),
        )
        for text, first, last, probability in await _heard(worker, (loud * 32_767).astype("<i2").tobytes())
        if utterance.start + first * FRAME_S < utterance.end
    ]


async def _heard(worker: ChildProcess, sound: bytes) -> list[tuple[str, int, int, float]]:
    """Each word with its first and last frame and its probability. `sound` is int16 mono at 16 kHz."""
    await worker.send({}, sound)
    reply = await worker.receive()
    if reply is None:
        raise EngineFailed("pocketsphinx", await worker.exit_reason())
    if "unavailable" in reply[0]:
        raise EngineUnavailable("pocketsphinx", reply[0]["unavailable"], REMEDY)
    words: list[tuple[str, int, int, float]] = reply[0]["words"]
    return words
