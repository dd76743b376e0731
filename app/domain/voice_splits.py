"""Taking voices apart again: local speakers who were two people, and people who were two."""

import numpy as np

from app.domain.voice_clusters import count_of, dense, loss
from app.domain.voice_likeness import Flags, Numbers, VoiceSums, unit

STRAY = 0.3
"""A sample is not its local speaker's but somebody else's when it is so much more alike to them, of the
way from the least likeness up to 1. On generated conversations 0.2 and 0.5 find the same people; the
lower it is, the better two alike voices are parted that chunks took for one."""
_ROUNDS = 10


def strays(samples: VoiceSums, numbers: Numbers) -> Numbers:
    """Each sample's person: that of its local speaker, unless it is clearly of another one."""
    if not len(samples):
        return numbers
    rows = np.arange(len(numbers))
    for _ in range(_ROUNDS):
        people = samples.by_number(numbers)
        likeness = samples.likeness(people)
        best = likeness.argmax(axis=1)
        clear = samples.margins(people)[rows, best] >= 0
        clear &= likeness[rows, best] - likeness[rows, numbers] >= STRAY * (1 - samples.least)
        if not clear.any():
            break
        numbers = dense(np.where(clear, best, numbers))
    return numbers


def dissolve(samples: VoiceSums, numbers: Numbers, at_least: int) -> Numbers:
    """Leave out people whose samples are more alike to others, each to one of them, than to their own.

    They are two people whom chunks took for one, and whom others told apart.
    """
    numbers = dense(numbers)
    while (count := count_of(numbers)) > max(2, at_least):
        likeness = samples.likeness(samples.by_number(numbers))
        rows = np.arange(len(numbers))
        own = likeness[rows, numbers]
        likeness[rows, numbers] = -np.inf
        gains = np.bincount(numbers, samples.seconds * (likeness.max(axis=1) - own), minlength=count)
        worst = int(gains.argmax())
        if gains[worst] <= 0:
            break
        numbers = dense(np.where(numbers == worst, likeness.argmax(axis=1), numbers))
    return numbers


def split_up(samples: VoiceSums, numbers: Numbers, told: Flags, at_least: int) -> Numbers:
    """Split people in two, where most is gained first, until there are `at_least`.

    Only by the samples that are `told` of (n,): no turn would show the others' person.
    """
    numbers = numbers.copy()
    count = count_of(numbers)
    halves = [_halve(samples, np.flatnonzero(told & (numbers == number))) for number in range(count)]
    while 0 < len(halves) < at_least:
        mixed = max(range(len(halves)), key=lambda number: halves[number][0])
        gain, second = halves[mixed]
        if gain == -np.inf:
            break
        numbers[second] = len(halves)
        halves[mixed] = _halve(samples, np.flatnonzero(told & (numbers == mixed)))
        halves.append(_halve(samples, second))
    return numbers


def _halve(samples: VoiceSums, members: Numbers) -> tuple[float, Numbers]:
    """2-means of some samples: what is lost when they stay one, and which of them make up the second half."""
    if not len(members):
        return -np.inf, members
    rows = unit(samples.sums[members])
    centre = samples.sums[members].sum(axis=0)
    one = int((rows @ centre).argmin())
    other = int((rows @ rows[one]).argmin())
    centres = rows[[one, other]]
    second: Flags = np.zeros(len(rows), bool)
    for _ in range(_ROUNDS):
        second = rows @ centres[1] > rows @ centres[0]
        if second.all() or not second.any():
            return -np.inf, members[:0]
        halves = samples[members].by_number(second.astype(np.intp))
        centres = unit(halves.sums)
    return float(loss(halves, halves)[0, 1]), members[second]
