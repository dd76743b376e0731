"""That the bench of speakers hears through the whole product the words that it put in."""

from pathlib import Path

import pytest

from app.adapters.outbound.diarization.scripted import ScriptedDiarizer
from app.domain.transcript import Word
from bench.diarizing import tell
from bench.recordings import EXAMPLE, turns
from bench.speaker_errors import by_overlap, compare, wrong_words

RTTM = EXAMPLE.with_suffix(".rttm")
MINUTES = 2.0


@pytest.fixture(scope="module")
def truth() -> list[Word]:
    """A word in the middle of every long turn of the example."""
    middles = [
        (turn.range.midpoint, turn.speaker_label) for turn in turns(MINUTES) if turn.range.duration > 1.5
    ]
    return [
        Word(word="word.", start=at - 0.15, end=at + 0.15, speaker_label=speaker) for at, speaker in middles
    ]


def test_words_come_out_with_the_speakers_of_the_turns_that_hold_them(truth: list[Word]) -> None:
    told = tell(Path(EXAMPLE), ScriptedDiarizer.from_rttm(RTTM), truth, threads=1)
    assert list(told.numbers) == list(range(len(truth)))
    assert told.speakers == 3
    assert [core.start for core, _ in told.chunks][:2] == [0, 60]
    seconds, names = compare(turns(MINUTES), told.turns)
    assert seconds.rate < 0.1
    true = [word.speaker_label for word in truth]
    assert wrong_words(true, [word.speaker_label for word in told.words], names) == (0, 0)
    assert wrong_words(true, by_overlap(told.words, sorted(told.turns)), names) == (0, 0)
