"""Words become utterances: what is said between pauses and sentence ends."""

from collections.abc import Iterable, Sequence

from app.domain.transcript import Word

PAUSE_S = 1.0
"""A silence between words that ends a segment."""

MAX_SEGMENT_S = 30.0
"""Longer unbroken speech is cut at the widest gap in its second half."""

TOUCH_S = 0.02
"""Words that share no more than this follow each other; those that share more are two people's."""

_SENTENCE_ENDS = tuple(".?!…。？！")
_ABBREVIATIONS = frozenset({"mr.", "mrs.", "ms.", "dr.", "prof.", "st.", "vs.", "etc.", "e.g.", "i.e."})


class UtteranceSplitter:
    """Cuts a channel's words into utterances as they come: at pauses, sentence ends and a length limit."""

    def __init__(self) -> None:
        self._open: list[Word] = []

    @property
    def open_since_s(self) -> float | None:
        """Where the utterance that is not complete yet starts."""
        return self._open[0].start if self._open else None

    def push(self, words: Iterable[Word]) -> list[tuple[Word, ...]]:
        """Take the next words, in order of start; give the utterances they complete."""
        done = []
        for word in words:
            done += self.advance(word.start)
            while self._open and word.end - self._open[0].start > MAX_SEGMENT_S:
                done.append(self._take(_widest_gap(self._open)))
            self._open.append(word)
        return done

    def advance(self, heard_until_s: float) -> list[tuple[Word, ...]]:
        """Note that no word to come starts before this second; give what that completes."""
        if not self._open:
            return []
        silence_s = heard_until_s - max(word.end for word in self._open)
        # Another's sentence may end while somebody goes on: that is no place to cut.
        ended = ends_sentence(self._open[-1]) and silence_s >= -TOUCH_S
        return [self._take(len(self._open))] if ended or silence_s >= PAUSE_S else []

    def finish(self) -> list[tuple[Word, ...]]:
        return [self._take(len(self._open))] if self._open else []

    def _take(self, count: int) -> tuple[Word, ...]:
        taken, self._open = tuple(self._open[:count]), self._open[count:]
        return taken


def ends_sentence(word: Word) -> bool:
    text = word.word.rstrip("\"'”’»)]")
    return text.endswith(_SENTENCE_ENDS) and text.lower() not in _ABBREVIATIONS


def _widest_gap(words: Sequence[Word]) -> int:
    """How many words come before the widest gap in the second half (all, when there is no gap)."""
    gaps = [(words[i].start - words[i - 1].end, i) for i in range(max(1, len(words) // 2), len(words))]
    return max(gaps)[1] if gaps else len(words)
