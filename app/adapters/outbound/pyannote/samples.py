"""Voice samples out of the embeddings that clustering has used anyway."""

from collections.abc import Collection, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from app.domain.audio import Waveform
from app.domain.diarization import LONGEST_SAMPLE_S, VoiceSample
from app.domain.timeline import TimeRange

Array = npt.NDArray[np.float32]

MAX_SAMPLES = 16
APART_S = 4.0
"""Windows start every second and share nine tenths of their sound. So far apart they share little enough to
be worth a sample each, and 16 cover a chunk."""
JOIN_S = 0.5
"""Pauses up to this long do not end the stretch that a sample names."""
LEAST_LENGTH = 1e-6


def voice_samples(
    embeddings: Array,
    clusters: npt.NDArray[np.int8],
    masks: Array,
    windows: Any,
    waveform: Waveform,
    *,
    speakers: Collection[int],
    model: str,
) -> Iterator[VoiceSample]:
    """Up to 16 a speaker, in order of time: the windows that hear most of them.

    `embeddings` (windows, speakers, d) and `masks` (windows, speakers, frames) are per local speaker of a
    window, `clusters` (windows, speakers) says who they are in the chunk, negative for nobody; `windows` is
    pyannote's sliding window. A sample's range is the longest stretch in which its window hears the
    speaker, so that its seconds count what was said.
    """
    frames = masks.sum(axis=2)
    usable = np.isfinite(embeddings).all(axis=2) & (np.linalg.norm(embeddings, axis=2) > LEAST_LENGTH)
    whole = TimeRange(start=waveform.start_s, end=waveform.end_s)
    for speaker in sorted(speakers):
        pairs = np.argwhere((clusters == speaker) & usable & (frames > 0))
        best = sorted(pairs.tolist(), key=lambda pair: (-frames[pair[0], pair[1]], pair))
        taken: list[tuple[int, int]] = []
        for window, place in best:
            near = any(abs(window - other) * windows.step < APART_S - 1e-6 for other, _ in taken)
            if not near and len(taken) < MAX_SAMPLES:
                taken.append((window, place))
        for window, place in sorted(taken):
            start_s = waveform.start_s + windows[window].start
            inside = _longest_stretch(masks[window, place], start_s, windows.duration).clamp(whole)
            if inside is not None:
                voice = embeddings[window, place].astype(np.float64)
                yield VoiceSample(
                    local_speaker=speaker,
                    range=inside,
                    embedding=(voice / np.linalg.norm(voice)).astype(np.float32),
                    model=model,
                )


def _longest_stretch(mask: Array, start_s: float, duration_s: float) -> TimeRange:
    frame_s = duration_s / len(mask)
    spoken = np.flatnonzero(mask)
    breaks = np.flatnonzero(np.diff(spoken) > 1 + JOIN_S / frame_s)
    firsts = spoken[np.concatenate([[0], breaks + 1])]
    lasts = spoken[np.concatenate([breaks, [len(spoken) - 1]])]
    longest = int((lasts - firsts).argmax())
    first_s, last_s = float(firsts[longest] * frame_s), float((lasts[longest] + 1) * frame_s)
    return TimeRange(start=start_s + first_s, end=start_s + min(last_s, first_s + LONGEST_SAMPLE_S))
