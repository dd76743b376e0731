from datetime import UTC, datetime

import numpy as np
import pytest

from app.domain.audio import SAMPLE_RATE_HZ, AudioBuffer, AudioClip, Waveform
from app.domain.timeline import TimeRange


def second(number: int) -> Waveform:
    samples = np.full(SAMPLE_RATE_HZ, number / 100, np.float32)
    return Waveform(samples=samples, start_s=float(number))


def clip(**changes: object) -> AudioClip:
    known = {
        "id": "c1",
        "filename": "a.wav",
        "size_bytes": 10,
        "duration": 1.0,
        "sha256": "0",
        "media_type": "audio/wav",
        "created_at": datetime(2026, 1, 1, tzinfo=UTC),
    }
    return AudioClip(**(known | changes))  # type: ignore[arg-type]


def test_a_waveform_is_mono_float32() -> None:
    for samples in (np.zeros((2, 4), np.float32), np.zeros(4, np.float64)):
        with pytest.raises(ValueError, match="float32"):
            Waveform(samples=samples, start_s=0.0)  # type: ignore[arg-type]


def test_cutting_a_waveform_leaves_out_what_it_does_not_have() -> None:
    assert len(second(3).cut(TimeRange(start=2.5, end=3.25))) == SAMPLE_RATE_HZ // 4
    assert second(3).end_s == 4.0


@pytest.mark.parametrize(
    "changes",
    [{"id": ""}, {"size_bytes": 0}, {"duration": -1.0}, {"created_at": datetime(2026, 1, 1)}],  # noqa: DTZ001
)
def test_a_clip_that_cannot_be_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        clip(**changes)


def test_a_buffer_holds_only_what_is_still_needed() -> None:
    buffer = AudioBuffer()
    for number in range(5):
        buffer.append(second(number))
        buffer.drop_before(number - 1.0)
    assert buffer.end_s == 5.0
    assert buffer.held_s == 2.0
    assert set(buffer.cut(TimeRange(start=3.5, end=4.5))) == {np.float32(0.03), np.float32(0.04)}
    with pytest.raises(ValueError, match="dropped"):
        buffer.cut(TimeRange(start=2.0, end=4.0))


def test_a_buffer_takes_no_block_out_of_turn() -> None:
    buffer = AudioBuffer()
    buffer.append(second(0))
    with pytest.raises(ValueError, match="does not follow"):
        buffer.append(second(2))


def test_dropping_more_than_there_is_empties_the_buffer() -> None:
    buffer = AudioBuffer()
    buffer.append(second(0))
    buffer.drop_before(9.0)
    assert (buffer.held_s, buffer.end_s) == (0.0, 1.0)
