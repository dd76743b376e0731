"""Cues: a transcript cut into pieces of text that a viewer can read while they are spoken."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice, pairwise

from app.application.formats.atoms import Atom, atoms_of
from app.application.formats.fields import to_ms
from app.domain.errors import InvalidOptions
from app.domain.transcript import Transcript

_PAUSE_S = 0.3
"""Silence that is heard as a pause between phrases."""

_SENTENCE_ENDS = tuple(".?!…。？！।۔؟")
_CLAUSE_ENDS = tuple(",;:，、；：،—–")


@dataclass(frozen=True, slots=True, kw_only=True)
class CueLayout:
    """How much text a cue may hold, and for how long. The defaults are the broadcasters' custom.

    `max_line_width` counts characters, a speaker prefix included. A single word (in languages
    without spaces: a character) that is longer than a line stays whole. Raises `InvalidOptions`.
    """

    max_line_count: int = 2
    max_line_width: int = 42
    max_cue_s: float = 7.0

    def __post_init__(self) -> None:
        if not 1 <= self.max_line_count <= 10:
            raise InvalidOptions("max_line_count", f"must be between 1 and 10, got {self.max_line_count}")
        if not 10 <= self.max_line_width <= 1000:
            raise InvalidOptions("max_line_width", f"must be between 10 and 1000, got {self.max_line_width}")
        if not 1 <= self.max_cue_s <= 600:
            raise InvalidOptions("max_cue_s", f"must be between 1 and 600, got {self.max_cue_s}")


DEFAULT_LAYOUT = CueLayout()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """Lines of text on screen from `start_ms` to `end_ms`; there is at least one line, none is empty."""

    start_ms: int
    end_ms: int
    speaker_label: str | None
    lines: tuple[str, ...]


def _no_prefix(_label: str | None) -> str:
    return ""


def lay_out(
    transcript: Transcript, layout: CueLayout, *, prefix: Callable[[str | None], str] = _no_prefix
) -> list[Cue]:
    """The transcript as cues in order of start; those of one speaker never overlap.

    `prefix` is what the format will print before the first line of each cue of a speaker: room is
    left for it, but it is not in the lines. A word longer than `max_cue_s` is shown for that long.
    """
    by_speaker: dict[str | None, list[Cue]] = defaultdict(list)
    for segment in transcript.segments:
        label = segment.speaker_label
        atoms = atoms_of(segment, transcript.language)
        for group in _grouped(atoms, layout, indent=len(prefix(label))):
            start_ms, end_ms = to_ms(group[0].start, group[-1].end)
            end_ms = min(end_ms, start_ms + round(layout.max_cue_s * 1000))
            lines = _balanced(group, layout, indent=len(prefix(label)))
            by_speaker[label].append(
                Cue(start_ms=start_ms, end_ms=end_ms, speaker_label=label, lines=tuple(lines))
            )
    return sorted(
        (cue for cues in by_speaker.values() for cue in _apart(cues)),
        key=lambda cue: (cue.start_ms, cue.end_ms),
    )


def _apart(cues: list[Cue]) -> Iterator[Cue]:
    """One speaker's cues, each ended where the next begins; two never begin in the same millisecond."""
    waiting: Cue | None = None
    for cue in sorted(cues, key=lambda cue: cue.start_ms):
        if waiting:
            start_ms = max(cue.start_ms, waiting.start_ms + 1)
            yield replace(waiting, end_ms=min(waiting.end_ms, start_ms))
            cue = replace(cue, start_ms=start_ms, end_ms=max(cue.end_ms, start_ms + 1))
        waiting = cue
    if waiting:
        yield waiting


def _grouped(atoms: list[Atom], layout: CueLayout, *, indent: int) -> Iterator[list[Atom]]:
    """Cut atoms into the groups that fit a cue each, where the cuts cost least in total.

    A shortest path over the places to cut: few cues first, then cuts at sentences, clauses and
    pauses, then cues of even length.
    """
    cost = [0.0] + [math.inf] * len(atoms)
    cut_before = [0] * (len(atoms) + 1)
    room = layout.max_line_count * layout.max_line_width
    for first in range(len(atoms)):
        lines = islice(
            _wrapped(islice(atoms, first, None), layout.max_line_width, indent), layout.max_line_count
        )
        length = indent
        for end in range(first + 1, first + 1 + sum(len(line) for line in lines)):
            if end > first + 1 and atoms[end - 1].end - atoms[first].start > layout.max_cue_s:
                break
            length += len(atoms[end - 1].glue + atoms[end - 1].text)
            emptiness = max(0.0, 1 - length / room)
            total = cost[first] + 1 + _cost_of_cut(atoms, end) + emptiness**2 / 2
            if total < cost[end]:
                cost[end], cut_before[end] = total, first
    cuts = [len(atoms)]
    while cuts[-1]:
        cuts.append(cut_before[cuts[-1]])
    cuts.reverse()
    for first, end in pairwise(cuts):
        yield atoms[first:end]


def _cost_of_cut(atoms: list[Atom], index: int) -> float:
    if index == len(atoms) or atoms[index].start - atoms[index - 1].end >= _PAUSE_S:
        return 0.0
    if atoms[index - 1].text.endswith(_SENTENCE_ENDS):
        return 0.0
    return 0.3 if atoms[index - 1].text.endswith(_CLAUSE_ENDS) else 1.0


def _wrapped(atoms: Iterable[Atom], width: int, indent: int) -> Iterator[list[Atom]]:
    """Fill lines of `width` characters, `indent` of the first one taken; no line stays empty."""
    line: list[Atom] = []
    length = indent
    for atom in atoms:
        longer = length + len(atom.text) + (len(atom.glue) if line else 0)
        if line and longer > width:
            yield line
            line, longer = [], len(atom.text)
        line.append(atom)
        length = longer
    if line:
        yield line


def _balanced(atoms: list[Atom], layout: CueLayout, *, indent: int) -> list[str]:
    """The lines of one cue: as few as it needs, and then as narrow as that many lines can be."""
    fewest = len(list(_wrapped(atoms, layout.max_line_width, indent)))
    total = indent + sum(len(atom.glue + atom.text) for atom in atoms)
    for width in range(total // fewest, layout.max_line_width):
        lines = list(_wrapped(atoms, width, indent))
        if len(lines) == fewest:
            break
    else:
        lines = list(_wrapped(atoms, layout.max_line_width, indent))
    return ["".join(a.glue + a.text for a in line)[len(line[0].glue) :] for line in lines]
