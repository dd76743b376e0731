import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.audio import SAMPLE_RATE_HZ
from app.domain.timeline import TimeRange
from app.domain.voice import SpeechDetector, VoiceActivity
from app.domain.windows import (
    MAX_PAUSE_S,
    MAX_SPAN_S,
    MAX_WINDOW_S,
    SpeechWindow,
    WindowPacker,
    WindowPlan,
    pack_windows,
)
from tests.unit.domain.strategies import speech


def ranges(*pairs: tuple[float, float]) -> list[TimeRange]:
    return [TimeRange(start=start, end=end) for start, end in pairs]


def window(*pieces: tuple[float, float]) -> SpeechWindow:
    parts = tuple(ranges(*pieces))
    samples = np.concatenate([np.arange(p.start * 16_000, p.end * 16_000, dtype=np.float32) for p in parts])
    return SpeechWindow(clip_id="clip", index=0, samples=samples, pieces=parts, speech=parts)


def test_speech_that_fits_shares_a_window_and_short_pauses_stay_whole() -> None:
    assert pack_windows(ranges((1.0, 5.0), (5.5, 9.0)), 20.0) == [
        WindowPlan(pieces=tuple(ranges((0.6, 9.4))), speech=tuple(ranges((1.0, 5.0), (5.5, 9.0))))
    ]


def test_a_long_pause_shrinks_but_never_to_zero() -> None:
    (plan,) = pack_windows(ranges((1.0, 5.0), (15.0, 19.0)), 30.0)
    assert plan.pieces == tuple(ranges((0.6, 5.4), (14.6, 19.4)))


def test_a_window_that_is_full_makes_way_for_the_next() -> None:
    plans = pack_windows(ranges((0.0, 20.0), (20.2, 40.0)), 40.0)
    assert [plan.pieces for plan in plans] == [tuple(ranges((0.0, 20.1))), tuple(ranges((20.1, 40.0)))]


def test_speech_cut_in_two_without_a_pause_shares_no_sample() -> None:
    plans = pack_windows(ranges((0.0, 29.0), (29.0, 58.0)), 58.0)
    assert [plan.pieces for plan in plans] == [tuple(ranges((0.0, 29.0))), tuple(ranges((29.0, 58.0)))]


@given(speech())
def test_all_speech_is_in_exactly_one_window(parts: list[TimeRange]) -> None:
    plans = pack_windows(parts, duration_s=10_000)
    assert [item for plan in plans for item in plan.speech] == parts
    for plan in plans:
        for item in plan.speech:
            assert sum(piece.overlap(item) for piece in plan.pieces) == pytest.approx(item.duration)


@given(speech())
def test_windows_are_short_and_never_share_sound(parts: list[TimeRange]) -> None:
    plans = pack_windows(parts, duration_s=10_000)
    for plan in plans:
        assert sum(piece.duration for piece in plan.pieces) <= MAX_WINDOW_S + 1e-6
        assert plan.speech[-1].end - plan.speech[0].start <= MAX_SPAN_S
    pieces = [piece for plan in plans for piece in plan.pieces]
    assert all(a.end <= b.start + 1e-9 for a, b in itertools.pairwise(pieces))


@given(speech())
def test_pauses_inside_a_window_are_never_longer_than_allowed(parts: list[TimeRange]) -> None:
    for plan in pack_windows(parts, duration_s=10_000):
        for a, b in zip(plan.speech, plan.speech[1:], strict=False):
            kept = sum(p.overlap(TimeRange(start=a.end, end=b.start)) for p in plan.pieces if b.start > a.end)
            assert kept == pytest.approx(min(MAX_PAUSE_S, a.gap(b)))


def test_a_first_window_that_is_to_be_short_ends_at_the_first_clear_pause() -> None:
    parts = ranges((1.0, 3.0), (3.5, 5.2), (5.4, 6.0), (6.5, 12.0), (13.0, 20.0))
    plans = pack_windows(parts, 30.0, short_first=True)
    assert [plan.speech for plan in plans] == [tuple(parts[:3]), tuple(parts[3:])]
    assert plans[0].pieces[-1].end == pytest.approx(6.15)


def test_a_first_window_is_never_shorter_than_it_is_worth() -> None:
    parts = ranges((1.0, 2.0), (2.5, 4.4), (4.9, 12.0))
    assert len(pack_windows(parts, 30.0, short_first=True)) == 1


@given(speech(), st.booleans(), st.data())
def test_hearing_of_silence_early_changes_no_window(
    parts: list[TimeRange], short_first: bool, data: st.DataObject
) -> None:
    packer = WindowPacker(short_first=short_first)
    plans: list[WindowPlan] = []
    for number, item in enumerate(parts):
        plans += packer.add(item)
        until_s = parts[number + 1].start if number + 1 < len(parts) else item.end + 100
        quiet_s = data.draw(st.floats(item.end, until_s))
        plans += packer.advance(quiet_s)
        assert packer.needs_from_s(quiet_s) <= quiet_s
    plans += packer.finish(10_000)
    assert plans == pack_windows(parts, 10_000, short_first=short_first)


@given(
    st.lists(st.tuples(st.sampled_from([0.0, 0.4, 0.7, 1.0]), st.integers(1, 400)), max_size=25),
    st.sampled_from([2.0, 29.0]),
)
def test_every_sample_of_speech_is_in_one_window_and_in_no_other(
    stretches: list[tuple[float, int]], max_speech_s: float
) -> None:
    frames = [probability for probability, count in stretches for _ in range(count)]
    probabilities = np.array(frames, np.float32)
    duration_s = len(probabilities) * 0.032
    detector = SpeechDetector(max_speech_s=max_speech_s)
    found = detector.push(VoiceActivity(start_s=0.0, frame_s=0.032, probabilities=probabilities))
    found += detector.finish(duration_s)
    heard = np.zeros(round(duration_s * SAMPLE_RATE_HZ), np.int8)
    for plan in pack_windows(found, duration_s):
        for piece in plan.pieces:
            heard[_samples(piece)] += 1
    assert heard.max(initial=0) <= 1
    assert all(heard[_samples(part)].all() for part in found)


def _samples(part: TimeRange) -> slice:
    """As a buffer cuts it."""
    return slice(round(part.start * SAMPLE_RATE_HZ), round(part.end * SAMPLE_RATE_HZ))


def test_times_in_a_window_map_back_to_the_clip() -> None:
    packed = window((10.0, 14.0), (20.0, 24.0))
    assert packed.on_clip(1.0, 2.0) == TimeRange(start=11.0, end=12.0)
    assert packed.on_clip(5.0, 6.0) == TimeRange(start=21.0, end=22.0)


def test_a_word_across_a_join_belongs_to_the_side_of_its_midpoint() -> None:
    packed = window((10.0, 14.0), (20.0, 24.0))
    assert packed.on_clip(3.5, 4.2) == TimeRange(start=13.5, end=14.0)
    assert packed.on_clip(3.75, 4.5) == TimeRange(start=20.0, end=20.5)


@given(st.floats(-5, 40), st.floats(-5, 40))
def test_no_time_leaves_the_window_whatever_an_engine_says(start_s: float, end_s: float) -> None:
    packed = window((10.0, 14.0), (20.0, 24.0))
    part = packed.on_clip(start_s, end_s)
    assert any(piece.start <= part.start and part.end <= piece.end + 1e-9 for piece in packed.pieces)


def test_cutting_gives_the_samples_of_that_part_of_the_clip() -> None:
    packed = window((10.0, 14.0), (20.0, 24.0))
    part = packed.cut(TimeRange(start=21.0, end=21.5))
    assert len(part) == SAMPLE_RATE_HZ // 2
    assert part[0] == 21.0 * SAMPLE_RATE_HZ
    assert packed.duration == 8.0
    with pytest.raises(ValueError, match="not inside a piece"):
        packed.cut(TimeRange(start=15.0, end=16.0))
