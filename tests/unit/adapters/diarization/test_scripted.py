"""The scripted diarizer plays its script, and leaves the linker real work."""

from pathlib import Path

import numpy as np
import pytest

from app.adapters.outbound.diarization.scripted import ScriptedDiarizer
from app.domain.audio import SAMPLE_RATE_HZ, AudioChunk, Waveform
from app.domain.errors import InvalidOptions
from app.domain.options import SpeakerHints
from app.domain.speakers import SpeakerLinker
from app.domain.timeline import TimeRange
from app.domain.transcript import SpeakerTurn

RTTM = """SPEAKER talk 1 1.000 4.000 <NA> <NA> ann <NA> <NA>
SPEAKER talk 1 6.000 3.000 <NA> <NA> ben <NA> <NA>
SPEAKER talk 1 61.000 4.000 <NA> <NA> ben <NA> <NA>

SPEAKER talk 1 66.000 2.000 <NA> <NA> ann <NA> <NA>
SPEAKER talk 1 69.000 2.000 <NA> <NA> carl <NA> <NA>
"""


def chunk(index: int) -> AudioChunk:
    core = TimeRange(start=60.0 * index, end=60.0 * (index + 1))
    waveform = Waveform(samples=np.zeros(60 * SAMPLE_RATE_HZ, np.float32), start_s=core.start)
    return AudioChunk(clip_id="talk", index=index, core=core, waveform=waveform, speech=(core,))


async def test_the_linker_gives_back_what_the_script_says(tmp_path: Path) -> None:
    path = tmp_path / "talk.rttm"
    path.write_text(RTTM)
    engine = ScriptedDiarizer.from_rttm(path)
    linker = SpeakerLinker(SpeakerHints())

    for index in range(2):
        linker.link(await engine.diarize(chunk(index), max_speakers=None), chunk(index).core)

    assert linker.settle(SpeakerHints()) == [
        SpeakerTurn(start=1, end=5, speaker_label="SPEAKER_00"),
        SpeakerTurn(start=6, end=9, speaker_label="SPEAKER_01"),
        SpeakerTurn(start=61, end=65, speaker_label="SPEAKER_01"),
        SpeakerTurn(start=66, end=68, speaker_label="SPEAKER_00"),
        SpeakerTurn(start=69, end=71, speaker_label="SPEAKER_02"),
    ]


async def test_local_numbers_change_from_chunk_to_chunk() -> None:
    people = [f"p{n}" for n in range(6)]
    engine = ScriptedDiarizer(
        SpeakerTurn(start=60 * index + 5 * n, end=60 * index + 5 * n + 5, speaker_label=name)
        for index in range(2)
        for n, name in enumerate(people)
    )

    orders = [
        [turn.local_speaker for turn in (await engine.diarize(chunk(index), max_speakers=None)).turns]
        for index in range(2)
    ]

    assert sorted(orders[0]) == sorted(orders[1]) == list(range(6))
    assert orders[0] != orders[1]


@pytest.mark.parametrize(
    "line", ["SPEAKER talk 1 1.0", "SPEAKER talk 1 one 4 a b c d", "SPEAKER talk 1 4 0 a b c d"]
)
def test_a_line_that_is_no_turn_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "talk.rttm"
    path.write_text(RTTM + line)
    with pytest.raises(InvalidOptions, match="line 7"):
        ScriptedDiarizer.from_rttm(path)


async def test_without_a_script_nobody_speaks() -> None:
    result = await ScriptedDiarizer.from_rttm(None).diarize(chunk(0), max_speakers=None)
    assert result.turns == ()
