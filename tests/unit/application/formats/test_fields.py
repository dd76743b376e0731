import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.application.formats.fields import clock_time, one_line, one_token, speaker_prefix, to_ms


def test_a_fraction_that_rounds_up_carries_into_the_seconds() -> None:
    start_ms, _ = to_ms(1.9996, 3.0)
    assert clock_time(start_ms, fraction_mark=",") == "00:00:02,000"


@pytest.mark.parametrize(
    ("time_ms", "written"),
    [
        (0, "00:00:00.000"),
        (59_999, "00:00:59.999"),
        (3_600_000, "01:00:00.000"),
        (360_000_001, "100:00:00.001"),
    ],
)
def test_a_clock_time_has_at_least_two_digits_of_hours(time_ms: int, written: str) -> None:
    assert clock_time(time_ms, fraction_mark=".") == written


@given(st.floats(0, 1e6), st.floats(1e-7, 100))
def test_rounding_never_empties_a_range_nor_moves_an_end_by_more_than_a_millisecond(
    start_s: float, duration_s: float
) -> None:
    start_ms, end_ms = to_ms(start_s, start_s + duration_s)
    assert start_ms < end_ms
    assert abs(start_ms - start_s * 1000) <= 0.5
    assert abs(end_ms - (start_s + duration_s) * 1000) <= 1.5


@given(st.text())
@example("a\u0085b\u2028c\u2029d\ud800e\x0bf\x1cg")
def test_one_line_is_one_line_that_utf8_can_write(text: str) -> None:
    line = one_line(text)
    assert line.splitlines() in ([], [line])
    assert "\x00" not in line
    assert "\t" not in line
    assert line.encode().decode() == line


@given(st.text())
def test_a_token_is_never_empty_and_holds_no_space(text: str) -> None:
    assert one_token(text).split() == [one_token(text)]


@pytest.mark.parametrize("nobody", [None, "", " \n"])
def test_nobody_in_particular_gets_no_prefix(nobody: str | None) -> None:
    assert speaker_prefix(nobody) == ""
