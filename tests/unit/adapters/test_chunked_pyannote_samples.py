"""Voice samples out of embeddings of overlapping windows."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest

from app.adapters.outbound.pyannote.samples import APART_S, MAX_SAMPLES, voice_samples
from app.domain.audio import SAMPLE_RATE_HZ, Waveform
from app.domain.diarization import VoiceSample
from app.domain.timeline import TimeRange

FRAMES, WINDOW_S = 100, 10.0


@dataclass
class Windows:
    """As pyannote.core's SlidingWindow: one every second, of ten."""

    step: float = 1.0
    duration: float = WINDOW_S

    def __getitem__(self, index: int) -> TimeRange:
        return TimeRange(start=index * self.step, end=index * self.step + self.duration)


def samples(
    spoken: list[tuple[float, float]],
    *,
    length_s: float = 70.0,
    start_s: float = 0.0,
    voices: np.ndarray | None = None,
) -> list[VoiceSample]:
    """Those of one speaker who says so much, in every window the second of three places."""
    count = max(1, round(length_s - WINDOW_S) + 1)
    masks = np.zeros((count, 3, FRAMES), np.float32)
    for window in range(count):
        times = window + (np.arange(FRAMES) + 0.5) * WINDOW_S / FRAMES
        for begin, end in spoken:
            masks[window, 1] += (begin <= times) & (times < end)
    clusters = np.full((count, 3), -2, np.int8)
    clusters[masks.any(axis=2)] = 4
    embeddings = np.ones((count, 3, 8), np.float32) * 3 if voices is None else voices
    waveform = Waveform(samples=np.zeros(round(length_s * SAMPLE_RATE_HZ), np.float32), start_s=start_s)
    found = voice_samples(embeddings, clusters, masks, Windows(), waveform, speakers={4}, model="a model")
    return list(found)


def test_a_sample_is_of_unit_length_and_says_whose_it_is() -> None:
    [sample] = samples([(2.0, 5.0)], length_s=10.0)
    assert (sample.local_speaker, sample.model) == (4, "a model")
    assert sample.embedding.dtype == np.float32
    assert np.linalg.norm(sample.embedding) == pytest.approx(1, abs=1e-6)


def test_its_range_is_the_longest_stretch_that_was_heard_in_clip_time() -> None:
    [sample] = samples([(0.5, 1.5), (3.0, 4.0), (4.3, 6.0)], length_s=10.0, start_s=120.0)
    assert (sample.range.start, sample.range.end) == pytest.approx((123.0, 126.0))


def test_somebody_who_talks_all_the_time_has_at_most_sixteen_that_cover_the_chunk() -> None:
    found = samples([(0.0, 70.0)])
    assert 10 <= len(found) <= MAX_SAMPLES
    starts = [sample.range.start for sample in found]
    assert starts == sorted(starts)
    assert all(after - before >= APART_S for before, after in pairwise(starts))
    assert (starts[0], found[-1].range.end) == (0.0, pytest.approx(70.0, abs=APART_S))
    assert all(sample.range.duration <= 10 for sample in found)


def test_somebody_brief_has_a_sample_too() -> None:
    found = samples([(31.0, 31.6)])
    assert found
    assert all(sample.range.duration == pytest.approx(0.6) for sample in found)


def test_what_was_padded_after_the_end_is_no_part_of_a_sample() -> None:
    [sample] = samples([(1.0, 9.0)], length_s=4.0)
    assert sample.range == TimeRange(start=1.0, end=4.0)


@pytest.mark.parametrize("spoilt", [np.nan, np.inf, 0.0])
def test_an_embedding_that_says_nothing_gives_no_sample(spoilt: float) -> None:
    assert samples([(2.0, 5.0)], length_s=10.0, voices=np.full((1, 3, 8), spoilt, np.float32)) == []


def test_who_has_no_turn_in_the_chunk_has_no_sample() -> None:
    waveform = Waveform(samples=np.zeros(10 * SAMPLE_RATE_HZ, np.float32), start_s=0.0)
    everywhere = np.ones((1, 1, FRAMES), np.float32)
    found = voice_samples(
        np.ones((1, 1, 8), np.float32),
        np.zeros((1, 1), np.int8),
        everywhere,
        Windows(),
        waveform,
        speakers=set(),
        model="a model",
    )
    assert list(found) == []
