"""Diarization without a download: the GE2E encoder over the speech of a chunk, and clustering."""

import asyncio
import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np

from app.adapters.outbound.diarization.cell_turns import runs_of, turns_of
from app.adapters.outbound.diarization.clustering import Array, Labels, tell_apart
from app.adapters.outbound.diarization.ge2e_encoder import ENGINE, Ge2eEncoder, weights_file
from app.adapters.outbound.diarization.voice_cells import Cell, listen
from app.domain.audio import AudioChunk
from app.domain.diarization import ChunkDiarization, VoiceSample
from app.domain.engine import EngineInfo
from app.domain.errors import EngineFailed
from app.domain.ports import DiarizationPort
from app.domain.timeline import TimeRange

Result = TypeVar("Result")

EMBEDDINGS = "resemblyzer-ge2e"
MAX_SAMPLES = 16
SAMPLE_CELLS = 10
"""Cells per voice sample, 4 s: long enough to know a voice, short enough to lie within a turn."""
LEAST_LENGTH = 1e-3
"""A stretch without a voice that could be measured has a mean shorter than this, and gives no sample."""


class ResemblyzerDiarizer(DiarizationPort):
    """Tells speakers apart by the voice encoder that comes inside the Resemblyzer package.

    Runs in one thread of its own with `threads` threads of torch, about 120 times as fast as real
    time on two cores. One speaker at a time: where two talk at once, the louder one gets the turn.
    The first call loads the encoder, and raises `EngineUnavailable` where the package is missing
    (`pip install --no-deps Resemblyzer==0.1.4`).
    """

    def __init__(self, *, threads: int = 1) -> None:
        self._threads = threads
        self._worker: ThreadPoolExecutor | None = None
        self._encoder: Ge2eEncoder | None = None

    def describe(self) -> EngineInfo:
        return EngineInfo(name=ENGINE, model=EMBEDDINGS, revision="0.1.4")

    def check(self) -> None:
        weights_file()

    async def aclose(self) -> None:
        if self._worker is not None:
            self._worker.shutdown(wait=False, cancel_futures=True)
        self._worker = self._encoder = None

    async def load(self) -> None:
        await self._in_thread(self._loaded)

    async def diarize(self, chunk: AudioChunk, *, max_speakers: int | None) -> ChunkDiarization:
        return await self._in_thread(lambda: self._diarize(chunk, max_speakers))

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        if self._worker is None:
            self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="resemblyzer")
        return await asyncio.get_running_loop().run_in_executor(self._worker, work)

    def _loaded(self) -> Ge2eEncoder:
        if self._encoder is None:
            import torch

            torch.set_num_threads(self._threads)
            self._encoder = Ge2eEncoder()
        return self._encoder

    def _diarize(self, chunk: AudioChunk, max_speakers: int | None) -> ChunkDiarization:
        encoder = self._loaded()
        heard = listen(encoder, chunk)
        if not heard.cells:
            return ChunkDiarization(turns=(), samples=())
        try:
            voices = encoder.embed(heard.windows)
        except RuntimeError as error:
            raise EngineFailed(ENGINE, str(error)) from error
        voices[~np.isfinite(voices).all(axis=1)] = 0.0
        labels = tell_apart(
            voices,
            np.array([cell.window_start_s for cell in heard.cells], np.float32),
            np.array([cell.heard_s for cell in heard.cells], np.float32),
            np.array([cell.speech for cell in heard.cells], np.intp),
            max_speakers=max_speakers,
        )
        runs = list(runs_of(heard.cells, labels))
        return ChunkDiarization(
            turns=tuple(turns_of(heard, labels, runs)),
            samples=tuple(_samples(heard.cells, labels, voices, runs)),
        )


def _samples(cells: list[Cell], labels: Labels, voices: Array, runs: list[range]) -> Iterator[VoiceSample]:
    """Per speaker the means of up to 16 stretches within a run: the longest, in order of time."""
    for speaker in np.unique(labels):
        pieces = [piece for run in runs if labels[run[0]] == speaker for piece in _pieces(run)]
        longest = sorted(pieces, key=lambda piece: (-_range(cells, piece).duration, piece.start))[
            :MAX_SAMPLES
        ]
        for piece in sorted(longest, key=lambda piece: piece.start):
            mean = voices[piece.start : piece.stop].mean(axis=0)
            length = np.linalg.norm(mean)
            if length < LEAST_LENGTH:
                continue
            yield VoiceSample(
                local_speaker=int(speaker),
                range=_range(cells, piece),
                embedding=(mean / length).astype(np.float32),
                model=EMBEDDINGS,
            )


def _pieces(run: range) -> list[range]:
    count = -(-len(run) // SAMPLE_CELLS)
    edges = [run.start + len(run) * i // count for i in range(count + 1)]
    return [range(a, b) for a, b in itertools.pairwise(edges)]


def _range(cells: list[Cell], piece: range) -> TimeRange:
    return TimeRange(start=cells[piece.start].range.start, end=cells[piece.stop - 1].range.end)
