"""Which of a chunk's voice windows belong to the same person.

GE2E voices of two people in one recording are closer together than those of two people on two
recordings (the same room, the same line), by an amount that differs from recording to recording: a
fixed cosine threshold that parts two readers in studios joins two women on a telephone. So groups
are compared by a ratio, how alike they are to each other over how alike each is to itself. The
constants were chosen on four kinds of recordings, three of real people (a telephone call, meetings,
readers from LibriSpeech) and one of synthetic voices.
"""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
Labels = npt.NDArray[np.intp]

FOUNDER_S = 1.5
"""A window that hears less than this much speech may join a speaker but not make one."""
PURE_DISTANCE = 0.19
"""Average cosine distance up to which windows are grouped at first: low, so that groups are pure.
Anything from 0.16 to 0.22 does as well."""
LEAST_WINDOWS = 5
"""A speaker needs so many founding windows, about 2 s of speech: a laugh or a cough is no speaker."""
APART_S = 1.5
"""Windows that start so far apart share no sound, so their likeness is the voice's alone."""
OWN_LIKENESS = 0.8
"""How alike windows of one person typically are, where the chunk is too short to tell (cosine)."""
OWN_LIKENESS_WEIGHT = 60
"""So many pairs of windows count as much as the chunk's typical likeness does."""
SCORE_SCALE = 20.0
CHANGE_COST = 1.0
"""What a change of speaker costs on the way through the windows, against `SCORE_SCALE` x cosine."""
CHANGE_COST_AT_PAUSE = 0.3


def tell_apart(
    voices: Array, starts_s: Array, heard_s: Array, ranges: Labels, *, max_speakers: int | None
) -> Labels:
    """A speaker number from 0 per window.

    `voices` are unit rows (n, d), one per window in order of time; `starts_s` and `heard_s` (n,) say
    where each window begins and how much speech it hears; `ranges` (n,) numbers its speech range.
    """
    smooth = _smoothed(voices, ranges)
    founders = heard_s >= FOUNDER_S
    if founders.sum() < LEAST_WINDOWS:
        founders[:] = True
    seeds = smooth[founders]
    first = _sticky_path(smooth, _centres(seeds, _average_linkage(seeds)), ranges)
    apart = np.abs(np.subtract.outer(starts_s, starts_s)) >= APART_S
    groups = _joined(
        voices[founders],
        apart[np.ix_(founders, founders)],
        first[founders],
        _typical_likeness(voices, ranges, apart),
        max_speakers,
    )
    sizes = np.bincount(groups)
    kept = [group for group in np.argsort(-sizes, kind="stable") if sizes[group] >= LEAST_WINDOWS]
    kept = kept or [int(sizes.argmax())]
    number = np.full(len(sizes), -1)
    number[kept] = np.arange(len(kept))
    is_kept = number[groups] >= 0
    centres = _centres(seeds[is_kept], number[groups[is_kept]])
    labels = _sticky_path(smooth, centres, ranges)
    present = np.unique(labels[founders])
    centres = _centres(seeds, np.searchsorted(present, labels[founders]))
    return _sticky_path(smooth, centres, ranges)


def _smoothed(voices: Array, ranges: Labels) -> Array:
    """Each window with half of its neighbours in the same speech range: one window is noisy."""
    smooth = voices.copy()
    together = (ranges[1:] == ranges[:-1])[:, None]
    smooth[1:] += 0.5 * voices[:-1] * together
    smooth[:-1] += 0.5 * voices[1:] * together
    return _unit(smooth)


def _average_linkage(voices: Array) -> Labels:
    """Agglomerative clustering by average cosine distance, up to `PURE_DISTANCE`."""
    likeness = voices @ voices.T
    np.fill_diagonal(likeness, -np.inf)
    sizes = np.ones(len(voices))
    labels = np.arange(len(voices))
    while len(voices) > 1:
        a, b = np.unravel_index(likeness.argmax(), likeness.shape)
        if 1 - likeness[a, b] > PURE_DISTANCE:
            break
        mean = (sizes[a] * likeness[a] + sizes[b] * likeness[b]) / (sizes[a] + sizes[b])
        likeness[a], likeness[:, a] = mean, mean
        likeness[a, a] = likeness[b] = likeness[:, b] = -np.inf
        sizes[a] += sizes[b]
        labels[labels == b] = a
    return np.unique(labels, return_inverse=True)[1]


def _typical_likeness(voices: Array, ranges: Labels, apart: npt.NDArray[np.bool_]) -> float:
    """How alike neighbouring windows are that share no sound: nearly always one person's."""
    likeness = [
        float(voices[i] @ voices[j])
        for i in range(len(voices))
        for j in np.flatnonzero(apart[i] & (ranges == ranges[i]) & (np.arange(len(voices)) > i))[:1]
    ]
    return float(np.median(likeness)) if len(likeness) >= LEAST_WINDOWS else OWN_LIKENESS


def _joined(
    voices: Array, apart: npt.NDArray[np.bool_], groups: Labels, typical: float, max_speakers: int | None
) -> Labels:
    """Join groups while the most alike pair is alike enough for its size, or there are too many."""
    groups = np.unique(groups, return_inverse=True)[1]
    member = np.eye(groups.max() + 1, dtype=np.float32)[groups]
    likeness = voices @ voices.T
    total = member.T @ likeness @ member
    total_apart = member.T @ (likeness * apart) @ member
    pairs_apart = member.T @ apart.astype(np.float32) @ member
    sizes = member.sum(axis=0)
    alive = np.ones(len(sizes), bool)
    while alive.sum() > 1:
        own = (total_apart.diagonal() + OWN_LIKENESS_WEIGHT * typical) / (
            pairs_apart.diagonal() + OWN_LIKENESS_WEIGHT
        )
        ratio = total / np.outer(sizes, sizes) / np.sqrt(np.outer(own, own))
        margin = ratio - _least_ratio(np.minimum.outer(sizes, sizes))
        possible = np.outer(alive, alive) & ~np.eye(len(sizes), dtype=bool)
        # Pairs that may be joined go first, the most alike of them; then those that miss it least.
        rank = np.where(possible, np.where(margin >= 0, ratio, margin - 10), -np.inf)
        a, b = np.unravel_index(rank.argmax(), rank.shape)
        if margin[a, b] < 0 and not (max_speakers and alive.sum() > max_speakers):
            break
        for sums in (total, total_apart, pairs_apart):
            sums[a] += sums[b]
            sums[:, a] += sums[:, b]
        sizes[a] += sizes[b]
        alive[b] = False
        groups[groups == b] = a
    return np.unique(groups, return_inverse=True)[1]


def _least_ratio(windows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """How alike two groups must be, by the size of the smaller: a short turn is a poor likeness.

    0.77 for 2 s of speech, 0.91 for 8 s, 0.94 at most. The rise is a compromise: with 2.0 in place of
    2.3, expressive readers fall apart twice as often; with 2.6, two women on a telephone are one; between
    2.15 and 2.45 it makes no difference to either.
    """
    least: npt.NDArray[np.float32] = np.minimum(1 - 2.3 / (5 + windows), 0.94)
    return least


def _sticky_path(voices: Array, centres: Array, ranges: Labels) -> Labels:
    """The best way through the windows when a change of speaker costs something (Viterbi)."""
    scores = SCORE_SCALE * voices @ centres.T
    came_from = np.zeros(scores.shape, np.intp)
    best = scores[0]
    stay = np.arange(len(centres))
    for window in range(1, len(scores)):
        cost = CHANGE_COST if ranges[window] == ranges[window - 1] else CHANGE_COST_AT_PAUSE
        change = best.max() - cost
        came_from[window] = np.where(best >= change, stay, best.argmax())
        best = np.maximum(best, change) + scores[window]
    path = np.empty(len(scores), np.intp)
    path[-1] = best.argmax()
    for window in range(len(scores) - 1, 0, -1):
        path[window - 1] = came_from[window, path[window]]
    return path


def _centres(voices: Array, labels: Labels) -> Array:
    member = np.eye(labels.max() + 1, dtype=np.float32)[labels]
    return _unit(member.T @ voices)


def _unit(rows: Array) -> Array:
    unit: Array = (rows / (np.linalg.norm(rows, axis=1, keepdims=True) + 1e-9)).astype(np.float32)
    return unit
