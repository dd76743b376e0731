"""Recordings of any length, from the example: speech of three voices with pauses, at changing levels."""

import os
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np

from app.domain.transcript import SpeakerTurn
from bench.models import cache_folder

EXAMPLE = Path(__file__).parents[1] / "examples" / "conversation.flac"
GAINS = (1.0, 0.7, 0.85, 0.55)
"""Of one round after the other."""


def looped(source: Path, target: Path, minutes: float) -> None:
    """Write `source` again and again until `minutes` are full, as FLAC."""
    samples, rate_hz = _samples(source)
    with av.open(str(target), "w", format="flac") as out:
        stream = out.add_stream("flac", rate=rate_hz, layout="mono")
        stream.codec_context.format = "s16"
        written = 0
        for block in _rounds(samples, round(minutes * 60 * rate_hz)):
            frame = av.AudioFrame.from_ndarray(block[np.newaxis], format="s16", layout="mono")
            frame.sample_rate, frame.pts = rate_hz, written
            written += len(block)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def recording(minutes: float, *, source: Path = EXAMPLE) -> Path:
    """The example for so many minutes, made now unless it is in the cache."""
    path = cache_folder() / "recordings" / f"{source.stem}-{minutes:g}-min.flac"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        making = path.with_suffix(f".{os.getpid()}")
        looped(source, making, minutes)
        making.rename(path)
    return path


def turns(minutes: float) -> list[SpeakerTurn]:
    """Who speaks when in `recording(minutes)`, from the example's own RTTM."""
    lines = [line.split() for line in EXAMPLE.with_suffix(".rttm").read_text(encoding="utf-8").splitlines()]
    samples, rate_hz = _samples(EXAMPLE)
    round_s = len(samples) / rate_hz
    found = [
        SpeakerTurn(start=start, end=start + float(duration), speaker_label=label)
        for number in range(int(minutes * 60 / round_s) + 1)
        for _, _, _, first, duration, _, _, label, *_ in lines
        if (start := number * round_s + float(first)) + float(duration) <= minutes * 60
    ]
    return sorted(found)


def _samples(source: Path) -> tuple[np.ndarray, int]:
    with av.open(str(source)) as container:
        rate_hz = container.streams.audio[0].rate
        mono = av.AudioResampler(format="s16", layout="mono", rate=rate_hz)
        parts = [made.to_ndarray()[0] for frame in container.decode(audio=0) for made in mono.resample(frame)]
    return np.concatenate(parts), rate_hz


def _rounds(samples: np.ndarray, count: int) -> Iterator[np.ndarray]:
    """`count` samples in all, in blocks that an encoder takes."""
    block, rounds = 4096, 0
    while count > 0:
        louder = (samples * GAINS[rounds % len(GAINS)]).astype(np.int16)[:count]
        yield from (louder[start : start + block] for start in range(0, len(louder), block))
        count -= len(louder)
        rounds += 1
