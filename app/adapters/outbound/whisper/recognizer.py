"""From windows to words, the same for every library that runs Whisper.

A batch is encoded once. Its languages are detected where nobody gave them, its texts are decoded without
timestamps and without the text before them, so that a mistake never feeds the next window; what looks
wrong is decoded again in a harder way; and each text is aligned with the sound. All steps are
deterministic, unless a temperature is asked for.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Generic

import numpy as np

from app.adapters.outbound.whisper.judgement import Verdict, judge
from app.adapters.outbound.whisper.model import (
    SECONDS_PER_POSITION,
    Decoding,
    Encoded,
    Hypothesis,
    WhisperModel,
)
from app.adapters.outbound.whisper.words import to_text, without_words
from app.domain.audio import SAMPLE_RATE_HZ
from app.domain.options import TranscriptionOptions
from app.domain.transcript import TranscriptionText
from app.domain.windows import SpeechWindow

POSITIONS = 448
"""What the decoder can hold: prompt, start tokens and text."""

SILENT_RMS = 3e-4
"""Below this, about -70 dBFS, nobody can be heard; Whisper would make up a text all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodingPolicy:
    """What benchmarks switch off to compare equal work, and nobody else.

    `fallback`: what looks wrong is decoded again. `suppress`: what nobody said is left out.
    `max_tokens`: where a window's text ends; None: where the decoder's positions end.
    """

    fallback: bool = True
    suppress: bool = True
    max_tokens: Callable[[SpeechWindow], int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A window and what is asked about it."""

    window: SpeechWindow
    options: TranscriptionOptions


@dataclass(slots=True, kw_only=True)
class _Reading:
    """What is known so far of one window of a batch."""

    row: int
    task: Task
    language: str
    language_probability: float | None
    best: Verdict | None = None


class Recognizer(Generic[Encoded]):
    """Runs batches of tasks on one loaded model.

    The tasks of a batch share prompt, hotwords, beam and temperature.
    """

    def __init__(
        self, model: WhisperModel[Encoded], policy: DecodingPolicy, *, most_windows: int | None = None
    ) -> None:
        """`most_windows` fit into memory: larger batches are read in parts."""
        self._model = model
        self._policy = policy
        self._most_windows = most_windows

    def run(self, batch: Sequence[Task]) -> list[TranscriptionText]:
        """The words of each task, in order of the batch, in clip time."""
        texts = [TranscriptionText(words=()) for _ in batch]
        heard = [index for index, task in enumerate(batch) if not _is_silent(task.window)]
        size = self._most_windows or len(batch)
        for first in range(0, len(heard), size):
            part = heard[first : first + size]
            for index, text in zip(part, self._read([batch[index] for index in part]), strict=True):
                texts[index] = text
        return texts

    def close(self) -> None:
        self._model.close()

    def _read(self, tasks: Sequence[Task]) -> list[TranscriptionText]:
        encoded = self._model.encode([task.window.samples for task in tasks])
        readings = self._with_languages(encoded, tasks)
        self._decode(encoded, readings)
        return self._with_words(encoded, readings)

    def _with_languages(self, encoded: Encoded, tasks: Sequence[Task]) -> list[_Reading]:
        languages = self._model.vocabulary.languages
        open_rows = (
            [row for row, task in enumerate(tasks) if task.options.language is None] if languages else []
        )
        found = self._model.detect_languages(self._model.rows(encoded, open_rows)) if open_rows else []
        detected = {
            row: max(each.items(), key=lambda item: item[1])
            for row, each in zip(open_rows, found, strict=True)
        }
        return [
            _Reading(
                row=row,
                task=task,
                language=detected[row][0] if row in detected else task.options.language or "en",
                language_probability=detected[row][1] if row in detected else None,
            )
            for row, task in enumerate(tasks)
        ]

    def _decode(self, encoded: Encoded, readings: Sequence[_Reading]) -> None:
        """Settle the best hypothesis of each reading, trying harder for those that look wrong."""
        options = readings[0].task.options
        vocabulary = self._model.vocabulary
        before = vocabulary.prompt_tokens(options.prompt, options.hotwords)
        undecided = list(readings)
        for decoding in self._attempts(options):
            prompts = [
                [
                    *before,
                    *vocabulary.start_tokens(each.language, each.task.options.task),
                    vocabulary.no_timestamps,
                ]
                for each in undecided
            ]
            room = POSITIONS - len(prompts[0]) - 1  # for the end, when the text is aligned
            if (limit := self._policy.max_tokens) is not None:
                room = min(room, max(limit(each.task.window) for each in undecided))
            within = replace(decoding, max_tokens=room)
            rows = self._model.rows(encoded, [each.row for each in undecided])
            for each, hypothesis in zip(undecided, self._model.generate(rows, prompts, within), strict=True):
                verdict = self._judge(hypothesis)
                each.best = verdict if each.best is None else each.best.better(verdict)
            undecided = [each for each in undecided if each.best is not None and each.best.looks_wrong]
            if not undecided:
                return

    def _attempts(self, options: TranscriptionOptions) -> list[Decoding]:
        """The likeliest text first; then a wider search; then one that cannot run in circles."""
        if options.temperature:
            return [Decoding(temperature=options.temperature)]
        first = Decoding(beam_size=options.beam_size or 1)
        wider = replace(first, beam_size=max(5, first.beam_size))
        attempts = [first] if wider == first else [first, wider]
        return [*attempts, replace(wider, no_repeat_ngram_size=3)] if self._policy.fallback else [first]

    def _judge(self, hypothesis: Hypothesis) -> Verdict:
        text = self._model.vocabulary.text(hypothesis.tokens).strip()
        return judge(hypothesis, text)

    def _with_words(self, encoded: Encoded, readings: Sequence[_Reading]) -> list[TranscriptionText]:
        texts: dict[int, TranscriptionText] = {}
        groups: dict[tuple[str, str], list[_Reading]] = {}
        for each in readings:
            assert each.best is not None
            if not each.best.text or (self._policy.suppress and each.best.is_silence):
                texts[each.row] = without_words(each.task.window, each.best)
            else:
                groups.setdefault((each.language, each.task.options.task), []).append(each)
        for (language, _), group in groups.items():
            task = group[0].task.options.task
            written = "en" if task == "translate" else language
            start = self._model.vocabulary.start_tokens(language, task)
            tokens = [each.best.tokens for each in group if each.best is not None]
            positions = [_positions(each.task.window) for each in group]
            rows = self._model.rows(encoded, [each.row for each in group])
            for each, alignment in zip(group, self._model.align(rows, start, tokens, positions), strict=True):
                assert each.best is not None
                texts[each.row] = to_text(
                    each.task.window,
                    each.best,
                    alignment,
                    self._model.vocabulary.pieces(each.best.tokens, written),
                    language=language,
                    written=written,
                    language_probability=each.language_probability,
                    suppress=self._policy.suppress,
                )
        return [texts[each.row] for each in readings]


def _positions(window: SpeechWindow) -> int:
    samples_per_position = round(SAMPLE_RATE_HZ * SECONDS_PER_POSITION)
    return max(1, -(-len(window.samples) // samples_per_position))


def _is_silent(window: SpeechWindow) -> bool:
    if not len(window.samples):
        return True
    return float(np.sqrt(np.mean(np.square(window.samples, dtype=np.float64)))) < SILENT_RMS
