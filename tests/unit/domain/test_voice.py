import time
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.timeline import TimeRange
from app.domain.voice import MIN_SILENCE_S, MIN_SPEECH_S, OFFSET, ONSET, PAD_S, SpeechDetector, VoiceActivity

FRAME_S = 0.032
FRAME_SAMPLES = 512

# Stretches of equal probability, long and short against every limit of the detector.
stretches = st.lists(
    st.tuples(st.sampled_from([0.0, 0.2, 0.34, 0.36, 0.4, 0.49, 0.51, 0.7, 1.0]), st.integers(1, 35)),
    max_size=25,
)


def frames(*parts: tuple[float, int]) -> list[float]:
    return [probability for probability, count in parts for _ in range(count)]


def detect(
    probabilities: list[float],
    *,
    cuts: list[int] | None = None,
    max_speech_s: float = 29.0,
    start_s: float = 0.0,
) -> list[TimeRange]:
    """The ranges when the frames come in pieces that end at `cuts`."""
    detector = SpeechDetector(max_speech_s=max_speech_s)
    found: list[TimeRange] = []
    edges = [0, *sorted(cuts or []), len(probabilities)]
    for first, last in pairwise(edges):
        decided = detector.decided_until
        new = detector.push(activity(probabilities[first:last], start_s + first * FRAME_S))
        assert all(part.start >= decided for part in new)
        assert detector.decided_until >= max([decided, *(part.end for part in new)])
        found += new
    return found + detector.finish(start_s + len(probabilities) * FRAME_S)


def activity(probabilities: list[float], start_s: float = 0.0) -> VoiceActivity:
    return VoiceActivity(
        start_s=start_s, frame_s=FRAME_S, probabilities=np.array(probabilities, dtype=np.float32)
    )


def test_speech_is_found_with_a_little_room_around_it() -> None:
    [speech] = detect(frames((0.1, 50), (0.9, 100), (0.1, 50)))
    assert speech.start == pytest.approx(50 * FRAME_S - PAD_S)
    assert speech.end == pytest.approx(150 * FRAME_S + PAD_S)


def test_silence_is_no_speech() -> None:
    assert detect([0.0] * 500) == []
    assert detect([]) == []


def test_a_dip_that_stays_above_the_offset_does_not_end_speech() -> None:
    assert len(detect(frames((0.9, 20), ((OFFSET + ONSET) / 2, 50), (0.9, 20)))) == 1


def test_speech_needs_the_onset_to_begin() -> None:
    assert detect(frames((0.0, 20), ((OFFSET + ONSET) / 2, 50), (0.0, 20))) == []


def test_a_silence_shorter_than_the_least_is_closed() -> None:
    assert len(detect(frames((0.9, 20), (0.0, 3), (0.9, 20)))) == 1
    assert len(detect(frames((0.9, 20), (0.0, 4), (0.9, 20)))) == 2


def test_a_click_is_dropped() -> None:
    assert detect(frames((0.0, 20), (0.9, 3), (0.0, 20))) == []
    assert len(detect(frames((0.0, 20), (0.9, 4), (0.0, 20)))) == 1


def test_speech_still_open_at_the_end_of_the_clip_is_kept_and_ends_with_it() -> None:
    [speech] = detect(frames((0.0, 10), (0.9, 30)))
    assert speech.end == 40 * FRAME_S


def test_speech_at_the_very_start_begins_with_the_clip() -> None:
    [speech] = detect(frames((0.9, 30), (0.0, 10)))
    assert speech.start == 0.0


def test_ranges_are_in_clip_time_when_the_first_frame_is_not_at_zero() -> None:
    [speech] = detect(frames((0.9, 30), (0.0, 10)), start_s=100.0)
    assert speech.start == 100.0


def test_unbroken_speech_is_cut_where_voice_is_least_likely() -> None:
    probabilities = frames((0.9, 850), (0.6, 1), (0.9, 400))
    first, second = detect(probabilities)
    assert first.end == second.start == pytest.approx(850 * FRAME_S)
    assert first.start == 0.0
    assert second.end == len(probabilities) * FRAME_S


def test_a_weaker_voice_too_long_before_the_limit_is_not_where_it_is_cut() -> None:
    first, _ = detect(frames((0.9, 600), (0.6, 1), (0.9, 600)))
    assert 24.0 <= first.end <= 29.0


def test_where_every_frame_is_sure_unbroken_speech_is_cut_where_it_is_quiet() -> None:
    sound = np.full(1_300 * FRAME_SAMPLES, 0.5, np.float32)
    sound[860 * FRAME_SAMPLES + 400 : 861 * FRAME_SAMPLES] = 0.0
    detector = SpeechDetector()
    found = detector.push(activity([1.0] * 1_300), sound) + detector.finish(1_300 * FRAME_S)
    assert [part.end for part in found] == pytest.approx([860 * FRAME_S, 1_300 * FRAME_S])


def test_a_dip_that_is_told_late_is_cut_where_it_is() -> None:
    sound = np.full(1_300 * FRAME_SAMPLES, 0.5, np.float32)
    sound[800 * FRAME_SAMPLES : 801 * FRAME_SAMPLES] = 0.0  # quieter, but surely speech
    sound[850 * FRAME_SAMPLES : 851 * FRAME_SAMPLES] = 0.01
    probabilities = frames((0.9, 852), (0.6, 1), (0.9, 447))
    first, *_ = SpeechDetector().push(activity(probabilities), sound)
    assert first.end == pytest.approx(850 * FRAME_S)


def test_what_is_decided_stops_where_open_speech_began() -> None:
    detector = SpeechDetector()
    detector.push(activity(frames((0.0, 100))))
    assert detector.decided_until == pytest.approx(100 * FRAME_S - PAD_S)
    detector.push(activity(frames((0.9, 200)), 100 * FRAME_S))
    assert detector.decided_until == pytest.approx(100 * FRAME_S - PAD_S)
    detector.push(activity(frames((0.0, 100)), 300 * FRAME_S))
    assert detector.decided_until == pytest.approx(400 * FRAME_S - PAD_S)
    detector.finish(400 * FRAME_S)
    assert detector.decided_until == 400 * FRAME_S


@given(stretches, st.data())
def test_how_the_frames_are_divided_changes_nothing(
    parts: list[tuple[float, int]], data: st.DataObject
) -> None:
    probabilities = frames(*parts)
    cuts = data.draw(st.lists(st.integers(0, len(probabilities)), max_size=10))
    max_speech_s = data.draw(st.sampled_from([0.5, 2.0, 29.0]))
    at_once = detect(probabilities, max_speech_s=max_speech_s)
    assert detect(probabilities, max_speech_s=max_speech_s, cuts=cuts) == at_once
    one_by_one = list(range(len(probabilities)))
    assert detect(probabilities, max_speech_s=max_speech_s, cuts=one_by_one) == at_once


@given(stretches, st.sampled_from([0.5, 2.0, 29.0]))
def test_ranges_never_overlap_and_are_never_too_long(
    parts: list[tuple[float, int]], max_speech_s: float
) -> None:
    probabilities = frames(*parts)
    found = detect(probabilities, max_speech_s=max_speech_s)
    for part in found:
        assert part.duration <= max_speech_s + 1e-9
        assert part.end <= len(probabilities) * FRAME_S
    for before, after in pairwise(found):
        assert before.end == after.start or after.start - before.end >= MIN_SILENCE_S - 2 * PAD_S


@given(stretches)
def test_it_finds_what_silero_vads_own_loop_finds(parts: list[tuple[float, int]]) -> None:
    probabilities = frames(*parts)
    found = detect(probabilities)
    expected = [
        TimeRange(
            start=max(0.0, start * FRAME_S - PAD_S),
            end=min(end * FRAME_S + PAD_S, len(probabilities) * FRAME_S),
        )
        for start, end in _state_machine(probabilities)
    ]
    assert found == expected


def _state_machine(probabilities: list[float]) -> list[tuple[int, int]]:
    """Frame by frame, as `silero_vad.get_speech_timestamps` goes, without its cutting of long speech."""
    found, start, quiet_since = [], None, None
    for frame, probability in enumerate([*probabilities, 0.0]):
        at_end = frame == len(probabilities)
        if probability >= ONSET:
            start, quiet_since = frame if start is None else start, None
        elif probability < OFFSET and start is not None:
            quiet_since = frame if quiet_since is None else quiet_since
        if start is None or quiet_since is None:
            continue
        if at_end or (frame + 1 - quiet_since) * FRAME_S >= MIN_SILENCE_S:
            if (quiet_since - start) * FRAME_S >= MIN_SPEECH_S:
                found.append((start, quiet_since))
            start = quiet_since = None
    return found


def test_ten_hours_in_blocks_take_seconds() -> None:
    blocks = np.random.default_rng(0).random((3_600, 312), dtype=np.float32)
    detector, started = SpeechDetector(), time.process_time()
    for index, block in enumerate(blocks):
        detector.push(VoiceActivity(start_s=index * 312 * FRAME_S, frame_s=FRAME_S, probabilities=block))
    assert time.process_time() - started < 10
