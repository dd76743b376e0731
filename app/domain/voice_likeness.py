"""How alike voices are, and how alike they have to be before they are one person's."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]
Matrix = npt.NDArray[np.float64]
Rows = npt.NDArray[np.floating]

LEAST_LIKENESS = {"resemblyzer-ge2e": 0.9}
"""Cosine from which two long stretches of speech are one person's, by embedding model.

GE2E: across the chunks of conversations of LibriSpeech readers and of synthetic voices, the same
person measured 0.89 or more from 2 s of speech on (here 0.84 is asked of so little), two people 0.86
or less, a minute of each.
"""
LEAST_LIKENESS_OTHERWISE = 0.6
"""For models not measured here. pyannote 3.1 joins groups whose means of unit embeddings lie within
0.7045 of each other, which for groups as spread as speech makes them is a cosine of about 0.65."""
HALF_NOISE_S = 0.3
"""Speech so short is half voice, half chance (in energy), so a likeness to it is less by that much.

GE2E on synthetic voices: the likeness of samples to the mean of their own person is 0.75 at 0.5 s,
0.80 at 0.8 s, 0.92 at 1.5 s, 0.96 at 4 s; this constant expects 0.79, 0.85, 0.91, 0.96.
"""

MIXED_S = 10.0
"""Who was heard for less may be two people at once or across a change of speaker. On generated
conversations such voices lasted 3 to 9 s; 0.91 of them, in cosine, was a mixture of two people's (0.90
is asked for), and at most 0.89 of anybody who was a person."""


@dataclass(frozen=True, slots=True, eq=False)
class VoiceSums:
    """Voices as rows: embeddings times seconds, summed (n, d); seconds (n,); names of models (n,);
    and from which cosine on two long stretches are one person's (n,).

    Rows of models with fewer dimensions than the widest end in zeros.
    """

    sums: Rows
    seconds: Matrix
    models: npt.NDArray[np.str_]
    least: Matrix

    @classmethod
    def of(
        cls, rows: Sequence[tuple[npt.NDArray[np.floating], float, str]], least: float | None
    ) -> "VoiceSums":
        """`least` is for all models; by default each has its own."""
        sums = np.zeros((len(rows), max((len(voice) for voice, _, _ in rows), default=0)), np.float32)
        for row, (voice, _, _) in zip(sums, rows, strict=True):
            row[: len(voice)] = voice
        seconds = np.array([seconds for _, seconds, _ in rows], np.float64)
        enough = [LEAST_LIKENESS.get(model, LEAST_LIKENESS_OTHERWISE) for _, _, model in rows]
        return cls(
            sums,
            seconds,
            np.array([model for _, _, model in rows], np.str_),
            np.array(enough, np.float64) if least is None else np.full(len(rows), least),
        )

    def __len__(self) -> int:
        return len(self.seconds)

    def __getitem__(self, rows: slice | Numbers) -> "VoiceSums":
        return VoiceSums(self.sums[rows], self.seconds[rows], self.models[rows], self.least[rows])

    def __add__(self, others: "VoiceSums") -> "VoiceSums":
        """These rows and then the others'."""
        width = max(self.sums.shape[1], others.sums.shape[1])
        wide = [np.pad(one.sums, ((0, 0), (0, width - one.sums.shape[1]))) for one in (self, others)]
        return VoiceSums(
            np.concatenate(wide),
            np.concatenate([self.seconds, others.seconds]),
            np.concatenate([self.models, others.models]),
            np.concatenate([self.least, others.least]),
        )

    def by_number(self, numbers: Numbers) -> "VoiceSums":
        """One row for each number from 0 on, the sum of those that have it. None may be left out."""
        count = int(numbers.max(initial=-1)) + 1
        sums = np.zeros((count, self.sums.shape[1]))
        np.add.at(sums, numbers, self.sums)
        one_each = np.unique(numbers, return_index=True)[1]
        seconds = np.bincount(numbers, self.seconds, minlength=count).astype(np.float64)
        return VoiceSums(sums, seconds, self.models[one_each], self.least[one_each])

    def likeness(self, others: "VoiceSums") -> Matrix:
        """Cosines (n, m); -inf between different models, whose embeddings are never compared."""
        width = min(self.sums.shape[1], others.sums.shape[1])
        # Divided afterwards, and not copied to be divided before: there may be thousands of rows.
        directions = unit(others.sums)[:, :width].T.astype(self.sums.dtype)
        cosines = self.sums[:, :width] @ directions / _lengths(self.sums)
        return np.where(self.models[:, None] == others.models, cosines, -np.inf)

    def certainty(self) -> Matrix:
        """How alike each voice is to the person's true one, by how long it was heard (n,)."""
        return np.sqrt(share(self.seconds, HALF_NOISE_S))

    def margins(self, others: "VoiceSums") -> Matrix:
        """How much more alike they are than two stretches of one person have to be (n, m)."""
        return self.likeness(others) - self.least[:, None] * np.outer(self.certainty(), others.certainty())


def is_mixed(voice: VoiceSums, people: VoiceSums) -> bool:
    """Whether one brief voice is as alike to some mixture of two people as two of one person have to be.

    So sounds what was cut out of two people's talk at once, or across a change of speaker.
    """
    if len(people) < 2 or voice.seconds[0] >= MIXED_S:
        return False
    to_voice = voice.likeness(people)[0]
    known = to_voice > -np.inf
    a = to_voice[known]
    c = unit(people.sums[known]) @ unit(people.sums[known]).T
    # The mixture w . (a, b) that comes nearest; one of them alone where the other's part would be negative.
    both = (a[:, None] > a * c) & (a > a[:, None] * c) & (c < 1 - 1e-6)
    squares = (a[:, None] ** 2 + a**2 - 2 * np.outer(a, a) * c) / np.where(both, 1 - c**2, 1)
    needed = voice.least[0] * voice.certainty()[0]
    return bool((both & (squares >= needed**2)).any())


def share(seconds: Matrix, half_s: float) -> Matrix:
    """From 0 for nothing by way of a half at `half_s` towards 1."""
    grown: Matrix = seconds / (seconds + half_s)
    return grown


def unit(rows: Rows) -> Rows:
    scaled: Rows = rows / _lengths(rows)
    return scaled


def _lengths(rows: Rows) -> Matrix:
    lengths: Matrix = np.sqrt(np.einsum("ij,ij->i", rows, rows))[:, None] + 1e-12
    return lengths
