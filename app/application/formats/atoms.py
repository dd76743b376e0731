"""Atoms of text: the smallest pieces that may stand on a line of their own, each with its time."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from app.application.formats.fields import one_line
from app.domain.timeline import TimeRange
from app.domain.transcript import UNSPACED_LANGUAGES, SpeakerSegment

_SPACED = re.compile(r"\S+")
_UNSPACED = re.compile(r"[!-~]+|\S")
"""Where any character may start a line, a run of ASCII (a name, a number) still stays whole."""

_STICKS_TO_THE_LEFT = frozenset({"Mn", "Mc", "Me", "Pe", "Pf", "Po", "Lm"})
"""Unicode categories that never start a line: combining marks, closing punctuation, length marks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Atom:
    """`glue` stands between this atom and the one before it when both share a line: a space or nothing."""

    text: str
    glue: str
    start: float
    end: float


def atoms_of(segment: SpeakerSegment, language: str | None) -> list[Atom]:
    """The segment's text in pieces, in order; neither starts nor ends ever go back in time.

    Times are those of the words. Where the text is not that of the words (it was corrected, or
    there are none) the text counts, and shares the segment's time by length.
    """
    if segment.words and _letters(w.word for w in segment.words) == _letters([segment.text]):
        pieces = [atom for word in segment.words for atom in _split(word.word, word.range, language)]
    else:
        pieces = list(_split(segment.text, segment.range, language))
    return list(_in_order(pieces))


def _letters(texts: Iterator[str] | list[str]) -> str:
    return "".join(one_line(text).replace(" ", "") for text in texts)


def _split(text: str, during: TimeRange, language: str | None) -> Iterator[Atom]:
    """Atoms of `text`, each with its share by length of the time."""
    unspaced = language in UNSPACED_LANGUAGES
    line = (" " if text[:1].isspace() else "") + one_line(text)
    spans: list[tuple[int, int]] = []
    for match in (_UNSPACED if unspaced else _SPACED).finditer(line):
        first, last = match.span()
        sticks = unspaced and unicodedata.category(line[first]) in _STICKS_TO_THE_LEFT
        if sticks and spans:
            spans[-1] = (spans[-1][0], last)
        else:
            spans.append((first, last))
    if not spans:
        return
    rate = during.duration / (spans[-1][1] - spans[0][0])
    for first, last in spans:
        yield Atom(
            text=line[first:last],
            glue=" " if not unspaced or line[first - 1 : first] == " " else "",
            start=during.start + (first - spans[0][0]) * rate,
            end=during.end if last == len(line) else during.start + (last - spans[0][0]) * rate,
        )


def _in_order(atoms: list[Atom]) -> Iterator[Atom]:
    start = end = 0.0
    for atom in atoms:
        start, end = max(start, atom.start), max(end, atom.end)
        yield Atom(text=atom.text, glue=atom.glue, start=start, end=end)
