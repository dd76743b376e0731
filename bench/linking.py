"""What linking the speakers of long recordings costs: time and memory, on made-up voices.

    python -m bench.linking 1 10 24

Each length in a process of its own: chunks of four people with drifting voices and noisy samples. Tells
the speakers found, the longest a chunk took, what settling took, and the most memory beyond the imports.
"""

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Iterator

import numpy as np

from app.domain.diarization import ChunkDiarization, LocalTurn, VoiceSample
from app.domain.options import SpeakerHints
from app.domain.speakers import SpeakerLinker
from app.domain.timeline import TimeRange

DIMENSION = 256
CHUNK_S = 60
PEOPLE = 4
CONE, DRIFT, NOISE = 1.2, 0.15, 0.5
"""To a person's own share of 1: what all voices share, how each strays by the chunk and by the second."""


def chunks(count: int, *, seed: int = 1) -> Iterator[tuple[ChunkDiarization, TimeRange]]:
    dice = np.random.default_rng(seed)
    shared = CONE * _unit(dice.normal(size=DIMENSION))
    voices = [shared + _unit(dice.normal(size=DIMENSION)) for _ in range(PEOPLE)]
    for index in range(count):
        now = [voice + DRIFT * _unit(dice.normal(size=DIMENSION)) for voice in voices]
        numbers = dice.permutation(PEOPLE)
        turns, samples, at_s = [], [], float(index * CHUNK_S)
        while at_s < (index + 1) * CHUNK_S - 8:
            person, length_s = int(dice.integers(PEOPLE)), float(dice.uniform(0.7, 6))
            part = TimeRange(start=at_s, end=at_s + length_s)
            turns.append(LocalTurn(local_speaker=int(numbers[person]), range=part))
            heard = now[person] + NOISE / length_s**0.5 * _unit(dice.normal(size=DIMENSION))
            samples.append(
                VoiceSample(
                    local_speaker=int(numbers[person]),
                    range=part,
                    embedding=_unit(heard).astype(np.float32),
                    model="made-up",
                )
            )
            at_s += length_s + float(dice.uniform(0.1, 1))
        core = TimeRange(start=float(index * CHUNK_S), end=float((index + 1) * CHUNK_S))
        yield ChunkDiarization(turns=tuple(turns), samples=tuple(samples)), core


def measure(hours: float) -> None:
    linker = SpeakerLinker(SpeakerHints())
    before_mb = _peak_mb()
    longest_s = total_s = 0.0
    for chunk, core in chunks(round(hours * 3600 / CHUNK_S)):
        start_s = time.perf_counter()
        linker.link(chunk, core)
        took_s = time.perf_counter() - start_s
        longest_s, total_s = max(longest_s, took_s), total_s + took_s
    kept_mb = _peak_mb() - before_mb
    start_s = time.perf_counter()
    turns = linker.settle(SpeakerHints())
    print(
        f"{hours:g} h: {len({turn.speaker_label for turn in turns})} speakers, linking {total_s:.2f} s"
        f" (longest {longest_s * 1000:.0f} ms), settling {time.perf_counter() - start_s:.2f} s,"
        f" +{kept_mb:.0f} MB kept, +{_peak_mb() - before_mb:.0f} MB at the most"
    )


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector)


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("hours", type=float, nargs="+")
    given = parser.parse_args()
    if len(given.hours) == 1:
        measure(given.hours[0])
        return
    for hours in given.hours:
        subprocess.run([sys.executable, "-m", "bench.linking", str(hours)], check=True)


if __name__ == "__main__":
    main()
