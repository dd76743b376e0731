"""Tokens and their times become words on the clip; what nobody said is set aside with the reason."""

from collections.abc import Callable, Sequence
from itertools import groupby

from app.adapters.outbound.whisper.judgement import Verdict
from app.adapters.outbound.whisper.model import Alignment
from app.adapters.outbound.whisper.vocabulary import Piece
from app.domain.timeline import TimeRange
from app.domain.transcript import SuppressedText, SuppressionReason, TranscriptionText, Word, join_words
from app.domain.windows import SpeechWindow

SPEECH_MARGIN_S = 0.25
"""Words this near to speech belong to it: both voice activity and alignment err by as much."""
DOUBTFUL = 0.5
"""Words outside of speech are believed from this probability on: voice activity misses soft voices."""
LEAST_COPIES = 4
"""So many times in a row nobody says the same; three times people do."""
LEAST_WORD_S = 0.06
"""Trimming leaves a word at least this long."""


def to_text(
    window: SpeechWindow,
    verdict: Verdict,
    alignment: Alignment,
    pieces: Sequence[Piece],
    *,
    language: str,
    language_probability: float | None,
    written: str,
    suppress: bool,
) -> TranscriptionText:
    """The words of a window in clip time, and what is left out of it when `suppress` says so.

    `language` was spoken, `written` is that of the text: another one where it is translated.
    """
    words = [_word(window, piece, alignment) for piece in pieces]
    suppressed: list[SuppressedText] = []

    def leave_out(
        reason: SuppressionReason, runs: list[list[int]], score: Callable[[list[Word]], float]
    ) -> None:
        for run in runs:
            left_out = [words[index] for index in run]
            suppressed.append(_suppressed(left_out, written, reason, score(left_out)))
        gone = {index for run in runs for index in run}
        words[:] = [word for index, word in enumerate(words) if index not in gone]

    if suppress:
        if verdict.repeats:
            copies = repeated([word.word.casefold() for word in words])
            leave_out("repetition", [list(run) for run in copies], lambda _: verdict.compression_ratio)
        leave_out("outside_speech", _outside_speech(words, window.speech), _mean_probability)
    return TranscriptionText(
        words=tuple(words),
        language=language if words else None,
        language_probability=language_probability if words else None,
        suppressed=tuple(sorted(suppressed, key=lambda each: each.start)),
    )


def without_words(window: SpeechWindow, verdict: Verdict) -> TranscriptionText:
    """What a window gives in which Whisper heard nobody, whatever it made up."""
    if not verdict.text:
        return TranscriptionText(words=())
    made_up = SuppressedText(
        text=verdict.text,
        start=window.range.start,
        end=window.range.end,
        reason="no_speech",
        score=verdict.no_speech_probability,
    )
    return TranscriptionText(words=(), suppressed=(made_up,))


def repeated(words: Sequence[str]) -> list[range]:
    """Where a phrase comes again and again without a break, its first time left out.

    Only runs of at least `LEAST_COPIES` copies count. The ranges are in order and disjoint.
    """
    found: list[range] = []
    first = 0
    while first < len(words):
        period, end = _longest_run(words, first)
        if period:
            found.append(range(first + period, end))
        first = max(end, first + 1)
    return found


def _longest_run(words: Sequence[str], first: int) -> tuple[int, int]:
    """Length and end of the phrase that starts at `first` and is repeated farthest; (0, first) for none."""
    best = (0, first)
    for period in range(1, (len(words) - first) // LEAST_COPIES + 1):
        end = first + period
        while end < len(words) and words[end] == words[end - period]:
            end += 1
        if (end - first) // period >= LEAST_COPIES and end > best[1]:
            best = (period, end)
    return best


def _word(window: SpeechWindow, piece: Piece, alignment: Alignment) -> Word:
    heard = window.on_clip(alignment.edges_s[piece.first], alignment.edges_s[piece.last])
    spoken = _within_speech(heard, window.speech)
    probabilities = alignment.probabilities[piece.first : piece.last]
    mean = sum(probabilities) / len(probabilities)
    return Word(word=piece.text, start=spoken.start, end=spoken.end, probability=min(max(mean, 0.0), 1.0))


def _within_speech(heard: TimeRange, speech: Sequence[TimeRange]) -> TimeRange:
    """Alignment gives pauses to the words beside them; voice activity takes them off again."""
    spoken = max(speech, key=heard.overlap, default=heard)
    inside = heard.clamp(spoken)
    return inside if inside is not None and inside.duration >= LEAST_WORD_S else heard


def _outside_speech(words: Sequence[Word], speech: Sequence[TimeRange]) -> list[list[int]]:
    """Runs of doubtful words during which nobody speaks."""

    def made_up(index: int) -> bool:
        word = words[index]
        near = any(word.range.gap(spoken) <= SPEECH_MARGIN_S for spoken in speech)
        return not near and (word.probability or 0.0) < DOUBTFUL

    return [list(run) for gone, run in groupby(range(len(words)), made_up) if gone]


def _suppressed(words: list[Word], language: str, reason: SuppressionReason, score: float) -> SuppressedText:
    return SuppressedText(
        text=join_words(words, language),
        start=words[0].start,
        end=max(word.end for word in words),
        reason=reason,
        score=score,
    )


def _mean_probability(words: list[Word]) -> float:
    return sum(word.probability or 0.0 for word in words) / len(words)
