"""How a chunk's speech is cut into cells, and what the voice encoder hears of each."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from app.adapters.outbound.diarization.clustering import Array
from app.adapters.outbound.diarization.ge2e_encoder import FRAMES_PER_S, WINDOW_FRAMES, Ge2eEncoder
from app.domain.audio import SAMPLE_RATE_HZ, AudioChunk
from app.domain.timeline import TimeRange

CELL_S = 0.4
"""A window decides over so much speech in its middle."""
WINDOW_S = WINDOW_FRAMES / FRAMES_PER_S
LEVEL_DBFS = -30.0
"""Quiet speech is raised to this level, as Resemblyzer does in training and use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A stretch of speech that one window decides over."""

    range: TimeRange
    speech: int
    window_start_s: float
    heard_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """The cells of a chunk, the mel window (n, 160, 40) of each, and how loud every 10 ms is."""

    cells: list[Cell]
    windows: Array
    loudness: Array
    start_s: float


def listen(encoder: Ge2eEncoder, chunk: AudioChunk) -> Heard:
    wave = chunk.waveform
    mel = encoder.mel(wave.samples)
    speech = [wave.cut(part) for part in chunk.speech]
    power = sum(float(np.square(part).sum()) for part in speech) / max(1, sum(map(len, speech)))
    gain = max(1.0, 10 ** (LEVEL_DBFS / 10) / (power + 1e-12))
    cells: list[Cell] = []
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
    return Heard(cells=cells, windows=stacked, loudness=smooth, start_s=wave.start_s)


def _cells(number: int, part: TimeRange) -> Iterator[Cell]:
    count = max(1, round(part.duration / CELL_S))
    heard_s = min(WINDOW_S, part.duration)
    edges = np.linspace(part.start, part.end, count + 1).tolist()
    for start_s, end_s in itertools.pairwise(edges):
        first = (start_s + end_s - heard_s) / 2
        yield Cell(
            range=TimeRange(start=start_s, end=end_s),
            speech=number,
            window_start_s=min(max(first, part.start), part.end - heard_s),
            heard_s=heard_s,
        )


def _window(mel: Array, cell: Cell, start_s: float) -> Array:
    """160 frames around the cell; speech that is shorter is repeated until it fills them."""
    first = min(round((cell.window_start_s - start_s) * FRAMES_PER_S), len(mel) - 1)
    frames = mel[first : first + max(1, round(cell.heard_s * FRAMES_PER_S))]
    return np.resize(frames, (WINDOW_FRAMES, mel.shape[1]))
