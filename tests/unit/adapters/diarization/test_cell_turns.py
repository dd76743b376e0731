"""Turns begin and end where a voice does, and change hands where it is quietest."""

from collections.abc import Sequence

import numpy as np
import pytest

from app.adapters.outbound.diarization.cell_turns import runs_of, turns_of
from app.adapters.outbound.diarization.ge2e_encoder import FRAMES_PER_S
from app.adapters.outbound.diarization.voice_cells import Cell, Heard
from app.domain.timeline import TimeRange

LOUD, QUIET = 1.0, 1e-5

Spans = Sequence[tuple[float, float]]


def heard(*speech: Spans, quiet: Spans = (), start_s: float = 0.0) -> Heard:
    """Cells of each range of speech, loud but for the `quiet` stretches."""
    cells = [
        Cell(range=TimeRange(start=start, end=end), speech=number, window_start_s=start, heard_s=end - start)
        for number, spans in enumerate(speech)
        for start, end in spans
    ]
    loudness = np.full(round((cells[-1].range.end - start_s) * FRAMES_PER_S) + 20, LOUD, np.float32)
    for start, end in quiet:
        loudness[round((start - start_s) * FRAMES_PER_S) : round((end - start_s) * FRAMES_PER_S)] = QUIET
    return Heard(cells=cells, windows=np.empty((0, 160, 40), np.float32), loudness=loudness, start_s=start_s)


def told(sound: Heard, *speakers: int) -> list[tuple[int, float, float]]:
    labels = np.array(speakers, np.intp)
    turns = turns_of(sound, labels, list(runs_of(sound.cells, labels)))
    return [(turn.local_speaker, round(turn.range.start, 2), round(turn.range.end, 2)) for turn in turns]


def test_cells_of_one_speaker_are_one_turn() -> None:
    assert told(heard([(1.0, 1.4), (1.4, 1.8), (1.8, 2.2)]), 0, 0, 0) == [(0, 1.0, 2.2)]


def test_a_short_pause_does_not_end_a_turn_but_a_long_one_does() -> None:
    assert told(heard([(1.0, 2.0)], [(2.2, 3.0)], [(3.5, 4.0)]), 0, 0, 0) == [(0, 1.0, 3.0), (0, 3.5, 4.0)]


def test_speakers_change_at_the_quietest_moment_between_their_cells() -> None:
    sound = heard([(1.0, 1.4), (1.4, 1.8)], quiet=[(1.5, 1.52)])
    assert told(sound, 0, 1) == [(0, 1.0, 1.5), (1, 1.5, 1.8)]


@pytest.mark.parametrize("start_s", [0.0, 55.0])
def test_quiet_edges_beside_a_pause_are_no_speech(start_s: float) -> None:
    span = (start_s + 1.0, start_s + 2.0)
    quiet = [(span[0], span[0] + 0.08), (span[1] - 0.1, span[1] + 0.1)]
    [(_, begins_s, ends_s)] = told(heard([span], quiet=quiet, start_s=start_s), 0)
    assert (begins_s, ends_s) == pytest.approx((span[0] + 0.08, span[1] - 0.1), abs=0.015)


def test_only_a_little_is_cut_off_for_being_quiet() -> None:
    assert told(heard([(1.0, 3.0)], quiet=[(2.4, 3.2)]), 0) == [(0, 1.0, 2.85)]


def test_quiet_speech_is_speech_where_all_of_it_is_quiet() -> None:
    assert told(heard([(1.0, 2.0)], quiet=[(0.0, 3.0)]), 0) == [(0, 1.0, 2.0)]


def test_nothing_is_cut_off_between_speakers_without_a_pause() -> None:
    sound = heard([(1.0, 2.0), (2.0, 3.0)], quiet=[(1.9, 2.1)])
    turns = told(sound, 0, 1)
    assert turns[0][2] == turns[1][1]


def test_a_very_short_turn_keeps_its_length() -> None:
    assert told(heard([(1.0, 1.12)], quiet=[(1.0, 1.05)]), 0) == [(0, 1.0, 1.12)]


def test_a_turn_of_one_cell_is_never_empty() -> None:
    sound = heard([(1.0, 1.4), (1.4, 1.8), (1.8, 2.2)], quiet=[(1.6, 1.61)])
    assert [speaker for speaker, _, _ in told(sound, 0, 1, 0)] == [0, 1, 0]
