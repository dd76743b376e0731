"""Hypothesis strategies for times: milliseconds, so that a failing example reads well."""

from itertools import pairwise

from hypothesis import strategies as st

from app.domain.timeline import TimeRange
from app.domain.transcript import SpeakerTurn, Word


@st.composite
def time_ranges(draw: st.DrawFn, *, latest_s: float = 100.0, longest_s: float = 20.0) -> TimeRange:
    start_ms = draw(st.integers(0, round(latest_s * 1000)))
    length_ms = draw(st.integers(1, round(longest_s * 1000)))
    return TimeRange(start=start_ms / 1000, end=(start_ms + length_ms) / 1000)


@st.composite
def speech(draw: st.DrawFn, *, longest_s: float = 29.0, most: int = 30) -> list[TimeRange]:
    """Sorted, disjoint speech ranges, which may touch."""
    edges_ms = [draw(st.integers(0, 2_000))]
    for _ in range(draw(st.integers(0, most))):
        edges_ms.append(edges_ms[-1] + draw(st.integers(1, round(longest_s * 1000))))
        edges_ms.append(edges_ms[-1] + draw(st.sampled_from([0, 1, 100, 500, 799, 801, 3_000, 70_000])))
    pairs = list(pairwise(edges_ms))[::2]
    return [TimeRange(start=start / 1000, end=end / 1000) for start, end in pairs if start < end]


@st.composite
def words(draw: st.DrawFn, *, most: int = 60) -> tuple[Word, ...]:
    """Words in order, some at once, some after pauses, some ending a sentence."""
    spoken, now_ms = [], 0
    for number in range(draw(st.integers(0, most))):
        now_ms += draw(st.sampled_from([0, 20, 100, 400, 1_000, 2_500]))
        length_ms = draw(st.integers(20, 900))
        ending = draw(st.sampled_from(["", "", "", "."]))
        spoken.append(Word(word=f"w{number}{ending}", start=now_ms / 1000, end=(now_ms + length_ms) / 1000))
        now_ms += length_ms
    return tuple(spoken)


@st.composite
def speaker_turns(draw: st.DrawFn, *, latest_s: float = 60.0) -> list[SpeakerTurn]:
    ranges = draw(st.lists(time_ranges(latest_s=latest_s, longest_s=8.0), max_size=12))
    labels = [draw(st.sampled_from(["SPEAKER_00", "SPEAKER_01", "SPEAKER_02"])) for _ in ranges]
    return [
        SpeakerTurn(start=r.start, end=r.end, speaker_label=label)
        for r, label in zip(ranges, labels, strict=True)
    ]
