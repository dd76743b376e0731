"""What every format writes the same way: times as whole milliseconds, text that stays on its line."""

import re

_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""Control characters, line separators, and halves of surrogate pairs, which no encoding can write."""


def to_ms(start_s: float, end_s: float) -> tuple[int, int]:
    """Both ends of a range in milliseconds, at least 1 ms apart.

    Formats print these integers: rounding the fraction of a second on its own turns 1.9996 s into
    a malformed `00:00:01.1000`.
    """
    start_ms = round(start_s * 1000)
    return start_ms, max(round(end_s * 1000), start_ms + 1)


def clock_time(time_ms: int, *, fraction_mark: str) -> str:
    """`HH:MM:SS.mmm` with the given decimal mark; hours grow past two digits when they must."""
    seconds, milliseconds = divmod(time_ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{fraction_mark}{milliseconds:03}"


def one_line(text: str) -> str:
    """The text with each run of white space and control characters as one space, none at the ends."""
    return " ".join(_UNPRINTABLE.sub(" ", text).split())


def one_token(text: str) -> str:
    """The text as one field of a format whose fields are separated by spaces, never empty."""
    return one_line(text).replace(" ", "_") or "_"


def speaker_prefix(speaker_label: str | None) -> str:
    """`[SPEAKER_00]: ` as whisperX writes it, nothing when nobody was told apart."""
    label = one_line(speaker_label or "")
    return f"[{label}]: " if label else ""
