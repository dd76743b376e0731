"""Diarization without a download: the GE2E encoder over the speech of a chunk, and clustering."""

import asyncio
import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from app.adapters.outbound.diarization.clustering import Array, Labels, tell_apart
from app.adapters.outbound.diarization.ge2e_encoder import (
    ENGINE,
    FRAMES_PER_S,
    WINDOW_FRAMES,
    Ge2eEncoder,
    weights_file,
)
from app.domain.audio import SAMPLE_RATE_HZ, AudioChunk
from app.domain.diarization import ChunkDiarization, LocalTurn, VoiceSample
from app.domain.engine import EngineInfo
from app.domain.errors import EngineFailed
from app.domain.ports import DiarizationPort
from app.domain.timeline import TimeRange

Result = TypeVar("Result")

EMBEDDINGS = "resemblyzer-ge2e"
CELL_S = 0.4
"""A window decides over so much speech in its middle."""
WINDOW_S = WINDOW_FRAMES / FRAMES_PER_S
LEVEL_DBFS = -30.0
"""Quiet speech is raised to this level, as Resemblyzer does in training and use."""
MAX_SAMPLES = 16
SAMPLE_CELLS = 10
"""Cells per voice sample, 4 s: long enough to know a voice, short enough to lie within a turn."""
LEAST_LENGTH = 1e-3
"""A stretch without a voice that could be measured has a mean shorter than this, and gives no sample."""
JOIN_S = 0.25
"""Pauses up to this long do not end a turn, as in pyannote's references."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cell:
    """A stretch of speech that one window decides over."""

    range: TimeRange
    speech: int
    window_start_s: float
    heard_s: float


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
        heard = _listen(encoder, chunk)
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
        runs = list(_runs(heard.cells, labels))
        return ChunkDiarization(
            turns=tuple(_turns(heard, labels, runs)),
            samples=tuple(_samples(heard.cells, labels, voices, runs)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Heard:
    """The cells of a chunk, the mel window (n, 160, 40) of each, and how loud every 10 ms is."""

    cells: list[_Cell]
    windows: Array
    loudness: Array
    start_s: float

    def change_s(self, before: _Cell, after: _Cell) -> float:
        """Where one speaker gives way to the other: the quietest moment from middle to middle."""
        first = round((before.range.midpoint - self.start_s) * FRAMES_PER_S)
        last = round((after.range.midpoint - self.start_s) * FRAMES_PER_S)
        return self.start_s + (first + int(self.loudness[first : last + 1].argmin())) / FRAMES_PER_S


def _listen(encoder: Ge2eEncoder, chunk: AudioChunk) -> _Heard:
    wave = chunk.waveform
    mel = encoder.mel(wave.samples)
    speech = [wave.cut(part) for part in chunk.speech]
    power = sum(float(np.square(part).sum()) for part in speech) / max(1, sum(map(len, speech)))
    gain = max(1.0, 10 ** (LEVEL_DBFS / 10) / (power + 1e-12))
    cells: list[_Cell] = []
    windows = []
    bounds = TimeRange(start=wave.start_s, end=max(wave.end_s, wave.start_s + 1 / SAMPLE_RATE_HZ))
    for number, part in enumerate(chunk.speech):
        inside = part.clamp(bounds)
        if inside is None or inside.duration < 2 / FRAMES_PER_S:
            continue
        for cell in _cells(number, inside):
            cells.append(cell)
            windows.append(_window(mel, cell, wave.start_s))
    smooth = np.convolve(mel.sum(axis=1), np.ones(10, np.float32) / 10, mode="same")
    stacked = np.stack(windows) * np.float32(gain) if windows else np.empty((0, WINDOW_FRAMES, 0), np.float32)
    return _Heard(cells=cells, windows=stacked, loudness=smooth, start_s=wave.start_s)


def _cells(number: int, part: TimeRange) -> Iterator[_Cell]:
    count = max(1, round(part.duration / CELL_S))
    heard_s = min(WINDOW_S, part.duration)
    edges = np.linspace(part.start, part.end, count + 1).tolist()
    for start_s, end_s in itertools.pairwise(edges):
        first = (start_s + end_s - heard_s) / 2
        yield _Cell(
            range=TimeRange(start=start_s, end=end_s),
            speech=number,
            window_start_s=min(max(first, part.start), part.end - heard_s),
            heard_s=heard_s,
        )


def _window(mel: Array, cell: _Cell, start_s: float) -> Array:
    """160 frames around the cell; speech that is shorter is repeated until it fills them."""
    first = min(round((cell.window_start_s - start_s) * FRAMES_PER_S), len(mel) - 1)
    frames = mel[first : first + max(1, round(cell.heard_s * FRAMES_PER_S))]
    return np.resize(frames, (WINDOW_FRAMES, mel.shape[1]))


def _runs(cells: list[_Cell], labels: Labels) -> Iterator[range]:
    """Consecutive cells of one speech range and one speaker."""
    first = 0
    for i in range(1, len(cells) + 1):
        if i == len(cells) or cells[i].speech != cells[first].speech or labels[i] != labels[first]:
            yield range(first, i)
            first = i


def _turns(heard: _Heard, labels: Labels, runs: list[range]) -> Iterator[LocalTurn]:
    cells = heard.cells
    start_s = cells[0].range.start
    for run, after in itertools.zip_longest(runs, runs[1:]):
        end_s = cells[run[-1]].range.end
        speaker = int(labels[run[0]])
        if (
            after is not None
            and labels[after[0]] == speaker
            and cells[after[0]].range.start - end_s <= JOIN_S
        ):
            continue
        changes_inside_speech = after is not None and cells[after[0]].speech == cells[run[-1]].speech
        if changes_inside_speech:
            end_s = heard.change_s(cells[run[-1]], cells[after[0]])
        yield LocalTurn(local_speaker=speaker, range=TimeRange(start=start_s, end=end_s))
        if after is not None:
            start_s = end_s if changes_inside_speech else cells[after[0]].range.start


def _samples(cells: list[_Cell], labels: Labels, voices: Array, runs: list[range]) -> Iterator[VoiceSample]:
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


def _range(cells: list[_Cell], piece: range) -> TimeRange:
    return TimeRange(start=cells[piece.start].range.start, end=cells[piece.stop - 1].range.end)
