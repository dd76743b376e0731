"""From labelled cells to turns: where one speaker gives way to another, and where speech really ends."""

import itertools
from collections.abc import Iterator, Sequence

import numpy as np

from app.adapters.outbound.diarization.clustering import Labels
from app.adapters.outbound.diarization.ge2e_encoder import FRAMES_PER_S
from app.adapters.outbound.diarization.voice_cells import Cell, Heard
from app.domain.diarization import LocalTurn
from app.domain.timeline import TimeRange

JOIN_S = 0.25
"""Pauses up to this long do not end a turn, as in pyannote's references."""
QUIET_DB = 30.0
"""Voice activity hears a voice a little longer than it lasts: an end of a turn that is so far below its loud
parts (the 80th percentile of its frames) is no speech. 25 to 30 does as well on all that was measured."""
LONGEST_QUIET_S = 0.15
"""No more than this is cut off at either end: a soft word at the end is not."""
SHORTEST_TURN_S = 0.1


def runs_of(cells: list[Cell], labels: Labels) -> Iterator[range]:
    """Consecutive cells of one speech range and one speaker."""
    first = 0
    for i in range(1, len(cells) + 1):
        if i == len(cells) or cells[i].speech != cells[first].speech or labels[i] != labels[first]:
            yield range(first, i)
            first = i


def turns_of(heard: Heard, labels: Labels, runs: Sequence[range]) -> Iterator[LocalTurn]:
    """The turns of the runs of a chunk's cells, in order of time; none overlap."""
    cells = heard.cells
    start_s, after_pause = cells[0].range.start, True
    for run, after in itertools.zip_longest(runs, runs[1:]):
        end_s = cells[run[-1]].range.end
        speaker = int(labels[run[0]])
        if (
            after is not None
            and labels[after[0]] == speaker
            and cells[after[0]].range.start - end_s <= JOIN_S
        ):
            continue
        changes_inside_speech = after is not None and cells[after[0]].speech == cells[run[-1]].speech
        if changes_inside_speech:
            end_s = _change_s(heard, cells[run[-1]], cells[after[0]])
        turn = TimeRange(start=start_s, end=end_s)
        turn = _sounding(heard, turn, after_pause=after_pause, before_pause=not changes_inside_speech)
        yield LocalTurn(local_speaker=speaker, range=turn)
        if after is not None:
            start_s = end_s if changes_inside_speech else cells[after[0]].range.start
            after_pause = not changes_inside_speech


def _change_s(heard: Heard, before: Cell, after: Cell) -> float:
    """Where one speaker gives way to the other: the quietest moment from middle to middle."""
    first, last = _frame(heard, before.range.midpoint), _frame(heard, after.range.midpoint)
    # Not the last frame: where a turn is one cell, the change after it must come later than the one before.
    return heard.start_s + (first + int(heard.loudness[first : max(last, first + 1)].argmin())) / FRAMES_PER_S


def _sounding(heard: Heard, turn: TimeRange, *, after_pause: bool, before_pause: bool) -> TimeRange:
    """The turn without quiet frames at those of its ends where there is a pause."""
    loudness = heard.loudness[_frame(heard, turn.start) : _frame(heard, turn.end) + 1]
    level_db = 10 * np.log10(loudness + 1e-12)
    loud = level_db >= np.percentile(level_db, 80) - QUIET_DB
    start_s, end_s = turn.start, turn.end
    if after_pause:
        start_s += min(int(loud.argmax()) / FRAMES_PER_S, LONGEST_QUIET_S)
    if before_pause:
        end_s -= min(int(loud[::-1].argmax()) / FRAMES_PER_S, LONGEST_QUIET_S)
    return TimeRange(start=start_s, end=end_s) if end_s - start_s >= SHORTEST_TURN_S else turn


def _frame(heard: Heard, moment_s: float) -> int:
    return round((moment_s - heard.start_s) * FRAMES_PER_S)
