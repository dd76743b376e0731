"""Windows: what a transcription engine hears at a time, packed from speech."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from app.domain.audio import SAMPLE_RATE_HZ, AudioBuffer, Samples
from app.domain.timeline import TimeRange

MAX_WINDOW_S = 30.0
"""What Whisper hears at a time."""

MAX_SPAN_S = 60.0
"""A window reaches no farther on the clip than this, so that sparse speech holds up nobody."""

MAX_PAUSE_S = 0.8
"""Pauses inside a window are shortened to this, never to zero: engines need them to tell words apart."""


FIRST_WINDOW_S = 4.0
"""The first window of a long clip ends at the first clear pause after so much sound: whoever waits reads the
first words sooner, for the price of one window more.
"""
CLEAR_PAUSE_S = 0.3
"""Shorter pauses are found inside of sentences, and of words."""

LEAST_TAIL_S = 0.1
"""So much sound at least follows the last word of a window, where the clip has it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SpeechWindow:
    """At most 30 s of mono 16 kHz sound for an engine, with long pauses shortened.

    `samples` is float32 (n,): the clip's `pieces` one after another. `speech` are the ranges inside
    the pieces where somebody speaks. Pieces and speech are in clip time, sorted and disjoint.
    `index` counts the clip's windows from 0.
    """

    clip_id: str
    index: int
    samples: Samples
    pieces: tuple[TimeRange, ...]
    speech: tuple[TimeRange, ...]
    channel: int = 0

    @property
    def duration(self) -> float:
        return len(self.samples) / SAMPLE_RATE_HZ

    @property
    def range(self) -> TimeRange:
        """From the first sample to the last on the clip, removed pauses included."""
        return TimeRange(start=self.pieces[0].start, end=self.pieces[-1].end)

    def cut(self, part: TimeRange) -> Samples:
        """The samples of `part` of the clip (a view). `part` must lie inside one piece."""
        offset = 0
        for piece in self.pieces:
            if piece.start <= part.start < piece.end:
                first = offset + _samples(part.start - piece.start)
                return self.samples[first : first + _samples(min(part.end, piece.end) - part.start)]
            offset += _samples(piece.duration)
        raise ValueError(f"{part} is not inside a piece of window {self.index}")

    def on_clip(self, start_s: float, end_s: float) -> TimeRange:
        """Where a stretch of this window's samples lies on the clip.

        A stretch that crosses a join belongs to the piece that holds its midpoint and is clamped to
        it; times outside the window are pulled inside. The result is never empty.
        """
        middle = (start_s + end_s) / 2
        offset = 0.0
        for piece in self.pieces:
            if middle < offset + piece.duration or piece is self.pieces[-1]:
                break
            offset += piece.duration
        start = min(max(piece.start + start_s - offset, piece.start), piece.end - _LEAST_S)
        end = min(max(piece.start + end_s - offset, start + _LEAST_S), piece.end)
        return TimeRange(start=max(start, 0.0), end=end)


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowPlan:
    """Which stretches of a clip make up a window, and where in them somebody speaks."""

    pieces: tuple[TimeRange, ...]
    speech: tuple[TimeRange, ...]

    def cut(self, buffer: AudioBuffer, *, clip_id: str, index: int, channel: int) -> SpeechWindow:
        """The window itself, its sound copied from the channel's `buffer`, which must still hold it."""
        samples = np.concatenate([buffer.cut(piece) for piece in self.pieces])
        return SpeechWindow(
            clip_id=clip_id,
            index=index,
            channel=channel,
            samples=samples,
            pieces=self.pieces,
            speech=self.speech,
        )


class WindowPacker:
    """Packs speech ranges into windows as they become known, in order.

    Each range keeps up to half of `MAX_PAUSE_S` of sound on either side, never more than half of the
    way to its neighbour: so windows never share a sample, and short pauses stay whole. `short_first`
    makes the first window end as soon as it can (`FIRST_WINDOW_S`).
    """

    def __init__(self, *, short_first: bool = False) -> None:
        self._short = short_first
        self._speech: list[TimeRange] = []
        self._before_s = 0.0
        """End of the last speech that is in an earlier window."""

    def needs_from_s(self, decided_until_s: float) -> float:
        """Sound before this second is in no window to come, if no range to come starts before
        `decided_until_s`.
        """
        if self._speech:
            return self._speech[0].start - self._lead_s
        return max(self._before_s, decided_until_s - MAX_PAUSE_S / 2)

    def add(self, speech: TimeRange) -> list[WindowPlan]:
        """Take the next range, at most `MAX_WINDOW_S` less `MAX_PAUSE_S` long; give what it completes."""
        plans = self.advance(speech.start)
        if self._speech and not self._fits(speech):
            plans = [self._close(gap_after_s=speech.start - self._speech[-1].end)]
        self._speech.append(speech)
        return plans

    def advance(self, decided_until_s: float) -> list[WindowPlan]:
        """Note that no range to come starts before this second; give what that completes."""
        if not self._speech:
            return []
        gap_s = decided_until_s - self._speech[-1].end
        if self._short and gap_s >= CLEAR_PAUSE_S and self._length_s >= FIRST_WINDOW_S:
            return [self._close(gap_after_s=CLEAR_PAUSE_S)]
        late = decided_until_s - self._speech[0].start > MAX_SPAN_S
        return [self._close(gap_after_s=gap_s)] if late and gap_s >= MAX_PAUSE_S else []

    def finish(self, duration_s: float) -> list[WindowPlan]:
        """The clip ends here: give the last window, if any."""
        if plans := self.advance(duration_s):
            return plans
        if not self._speech:
            return []
        return [self._close(gap_after_s=2 * max(0.0, duration_s - self._speech[-1].end))]

    def _fits(self, speech: TimeRange) -> bool:
        if speech.end - self._speech[0].start > MAX_SPAN_S:
            return False
        pause_s = min(MAX_PAUSE_S, self._speech[-1].gap(speech))
        return self._lead_s + self._length_s + pause_s + speech.duration + LEAST_TAIL_S <= MAX_WINDOW_S

    @property
    def _length_s(self) -> float:
        """From the first speech to the last, with long pauses shortened."""
        pauses_s = sum(min(MAX_PAUSE_S, this.gap(after)) for this, after in pairwise(self._speech))
        return pauses_s + sum(part.duration for part in self._speech)

    @property
    def _lead_s(self) -> float:
        gap_s = self._speech[0].start - self._before_s
        return min(MAX_PAUSE_S / 2, gap_s / 2 if self._before_s else gap_s)

    def _close(self, *, gap_after_s: float) -> WindowPlan:
        pieces: list[TimeRange] = []
        start_s = self._speech[0].start - self._lead_s
        for this, after in pairwise(self._speech):
            if this.gap(after) > MAX_PAUSE_S:
                pieces.append(TimeRange(start=start_s, end=this.end + MAX_PAUSE_S / 2))
                start_s = after.start - MAX_PAUSE_S / 2
        end_s = self._speech[-1].end
        # What a full window has no room for is only the pause behind its last word.
        room_s = MAX_WINDOW_S - sum(piece.duration for piece in pieces) - (end_s - start_s)
        tail_s = max(0.0, min(MAX_PAUSE_S / 2, gap_after_s / 2, room_s))
        pieces.append(TimeRange(start=start_s, end=end_s + tail_s))
        plan = WindowPlan(pieces=tuple(pieces), speech=tuple(self._speech))
        self._speech, self._before_s, self._short = [], end_s, False
        return plan


def pack_windows(
    speech: Iterable[TimeRange], duration_s: float, *, short_first: bool = False
) -> list[WindowPlan]:
    """The windows of a whole clip, from its sorted, disjoint speech ranges."""
    packer = WindowPacker(short_first=short_first)
    plans = [plan for item in speech for plan in packer.add(item)]
    return plans + packer.finish(duration_s)


_LEAST_S = 0.01
"""A word is never shorter than one frame of the engines' features."""


def _samples(seconds: float) -> int:
    return round(seconds * SAMPLE_RATE_HZ)
