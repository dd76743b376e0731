"""Where somebody speaks: from voice probabilities to speech ranges, block by block."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.domain.audio import SAMPLE_RATE_HZ, Samples
from app.domain.timeline import TimeRange

ONSET = 0.5
"""Speech starts at this probability (Silero VAD's and pyannote's default)."""
OFFSET = 0.35
"""Speech lasts until the probability falls below this (Silero VAD: its threshold less 0.15)."""
MIN_SILENCE_S = 0.1
"""Shorter silences belong to the speech around them (Silero VAD's default)."""
MIN_SPEECH_S = 0.1
"""Shorter speech is a click. Silero VAD drops 0.25 s, which would lose a "yes" here and there."""
PAD_S = 0.03
"""Added before and after speech, so that soft consonants stay (Silero VAD's default)."""
MAX_SPEECH_S = 29.0
"""Longer speech is cut: an engine's window holds 30 s."""
CUT_SEARCH_S = 5.0
"""The cut goes where voice is least likely in so many last seconds."""
DETECTOR_LAG_S = 0.07
"""A detector hears a dip up to so much later than it is: what follows a place tells of the place too."""
ABOUT_AS_LIKELY = 0.05
"""Of places whose probabilities differ by no more the quietest is cut: a detector that is sure of every
frame says nothing of where words end.
"""

SURE_FRAME_S = 0.02
"""Frame length where nothing is detected."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VoiceActivity:
    """Voice probabilities of consecutive frames: float32 (n,) within 0..1, `frame_s` seconds each.

    Frame i covers `start_s + i * frame_s` to `start_s + (i + 1) * frame_s` of the clip.
    """

    start_s: float
    frame_s: float
    probabilities: npt.NDArray[np.float32]

    @property
    def end_s(self) -> float:
        return self.start_s + len(self.probabilities) * self.frame_s


class SpeechDetector:
    """Turns one channel's voice probabilities into speech ranges while they come in.

    The ranges are sorted and disjoint, in clip time, each at most `max_speech_s` long. How the
    frames were divided among calls does not change them. Hysteresis as in Silero VAD's
    `get_speech_timestamps`; the thresholds are this module's constants.
    """

    def __init__(self, *, max_speech_s: float = MAX_SPEECH_S) -> None:
        self._max_speech_s = max_speech_s
        self._origin_s = 0.0
        self._frame_s: float | None = None
        # Frames that are not decided yet: those of open speech. The first of them is frame
        # `_first_frame` of the channel.
        self._pending: npt.NDArray[np.float32] = np.zeros(0, np.float32)
        self._powers: npt.NDArray[np.float64] = np.zeros(0)
        self._first_frame = 0
        self._after_cut = False
        self._decided_until = 0.0

    @property
    def decided_until(self) -> float:
        """Seconds of the clip that are decided: no range to come starts before this one."""
        return self._decided_until

    def push(self, activity: VoiceActivity, sound: Samples | None = None) -> list[TimeRange]:
        """The speech ranges that these frames finish. Frames follow the ones before without a gap.

        `sound` are the samples that the frames cover: unbroken speech is cut where it is quiet.
        """
        if self._frame_s is None:
            self._frame_s, self._origin_s = activity.frame_s, activity.start_s
        self._pending = np.concatenate((self._pending, activity.probabilities))
        self._powers = np.concatenate((self._powers, _powers(activity, sound)))
        return list(self._finished(self._frame_s, at_end=False))

    def finish(self, duration_s: float) -> list[TimeRange]:
        """The last ranges, once all frames of a clip of `duration_s` are in."""
        if self._frame_s is None or duration_s <= 0:
            return []
        clip = TimeRange(start=0.0, end=duration_s)
        inside = [part.clamp(clip) for part in self._finished(self._frame_s, at_end=True)]
        self._decided_until = duration_s
        return [part for part in inside if part is not None]

    def _finished(self, frame_s: float, *, at_end: bool) -> Iterator[TimeRange]:
        min_silence = math.ceil(MIN_SILENCE_S / frame_s)
        min_speech = math.ceil(MIN_SPEECH_S / frame_s)
        known, first, after_cut = self._pending, self._first_frame, self._after_cut
        undecided = len(known)
        for start, end in _runs(known, min_silence, after_cut):
            for cut in self._cuts(known, start, end, frame_s):
                yield self._range(first + start, first + cut, frame_s, pad_start=not after_cut, pad_end=False)
                start, after_cut = cut, True
            if not at_end and end + min_silence > len(known):
                undecided = start
                break
            if after_cut or end - start >= min_speech:
                yield self._range(first + start, first + end, frame_s, pad_start=not after_cut)
            after_cut = False
        self._pending, self._powers = known[undecided:], self._powers[undecided:]
        self._first_frame, self._after_cut = first + undecided, after_cut
        pad_s = 0.0 if after_cut else PAD_S
        self._decided_until = max(self._origin_s, self._second(self._first_frame, frame_s) - pad_s)

    def _cuts(self, known: npt.NDArray[np.float32], start: int, end: int, frame_s: float) -> Iterator[int]:
        limit = math.floor((self._max_speech_s - 2 * PAD_S) / frame_s)
        search = math.floor(CUT_SEARCH_S / frame_s)
        while end - start > limit:
            latest = start + limit
            first = max(start + 1, latest - search)
            likely, powers = known[first : latest + 1], self._powers[first : latest + 1]
            for _ in range(math.floor(DETECTOR_LAG_S / frame_s)):
                likely = np.minimum(likely, np.append(likely[1:], 1.0))
            powers = np.where(likely <= likely.min() + ABOUT_AS_LIKELY, powers, np.inf)
            # Of equally good places the last one, for the longest piece.
            start = latest - int(np.argmin(powers[::-1]))
            yield start

    def _range(
        self, start: int, end: int, frame_s: float, *, pad_start: bool = True, pad_end: bool = True
    ) -> TimeRange:
        start_s = self._second(start, frame_s) - PAD_S * pad_start
        end_s = self._second(end, frame_s) + PAD_S * pad_end
        return TimeRange(start=max(self._origin_s, start_s), end=end_s)

    def _second(self, frame: int, frame_s: float) -> float:
        return self._origin_s + frame * frame_s


def _runs(
    probabilities: npt.NDArray[np.float32], min_silence: int, speaking: bool
) -> Iterator[tuple[int, int]]:
    """Runs of speech as frame numbers, short silences closed. `speaking`: the first frame is inside one."""
    if not len(probabilities):
        return
    is_on, is_off = probabilities >= ONSET, probabilities < OFFSET
    # Frames between the thresholds repeat the last one outside them.
    last_clear = np.maximum.accumulate(np.where(is_on | is_off, np.arange(len(probabilities)), -1))
    state = np.where(last_clear >= 0, is_on[last_clear], speaking)
    edges = np.flatnonzero(np.diff(state, prepend=False, append=False))
    starts, ends = edges[::2], edges[1::2]
    if speaking:
        starts, ends = np.concatenate(([0], starts)), np.concatenate(([0], ends))
    is_silence = starts[1:] - ends[:-1] >= min_silence
    first, last = np.ones(len(starts), bool), np.ones(len(ends), bool)
    first[1:] = last[:-1] = is_silence
    yield from zip(starts[first].tolist(), ends[last].tolist(), strict=True)


def _powers(activity: VoiceActivity, sound: Samples | None) -> npt.NDArray[np.float64]:
    """The mean square of each frame, 0 where its sound is not known."""
    count = len(activity.probabilities)
    if sound is None or not len(sound) or not count:
        return np.zeros(count)
    firsts = np.round(np.arange(count) * activity.frame_s * SAMPLE_RATE_HZ).astype(np.intp)
    sums = np.add.reduceat(np.square(sound, dtype=np.float64), np.minimum(firsts, len(sound) - 1))
    powers: npt.NDArray[np.float64] = sums / (activity.frame_s * SAMPLE_RATE_HZ)
    return powers


def certain_speech(start_s: float, end_s: float) -> VoiceActivity:
    """What a detector would say from `start_s` to `end_s` if all of it were speech, in whole frames."""
    count = math.floor((end_s - start_s) / SURE_FRAME_S + 1e-6)
    return VoiceActivity(start_s=start_s, frame_s=SURE_FRAME_S, probabilities=np.ones(count, np.float32))
