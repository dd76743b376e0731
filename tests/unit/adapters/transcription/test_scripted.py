from pathlib import Path

import pytest

from app.adapters.outbound.transcription.scripted import ScriptedTranscriber
from app.domain.errors import InvalidOptions
from app.domain.options import TranscriptionOptions
from app.domain.timeline import TimeRange
from app.domain.transcript import Word
from app.domain.windows import SpeechWindow
from tests.fixtures.speech import pause, whole_window


async def said(engine: ScriptedTranscriber, window: SpeechWindow) -> list[tuple[str, float, float]]:
    text = await engine.transcribe(window, TranscriptionOptions())
    return [(word.word, word.start, word.end) for word in text.words]


async def test_it_says_the_words_whose_midpoints_are_in_the_window() -> None:
    engine = ScriptedTranscriber(
        [
            Word(word="late", start=7.0, end=7.5),
            Word(word="in", start=5.0, end=5.5),
            Word(word="early", start=4.0, end=4.9),
            Word(word="across", start=5.8, end=6.1),
        ]
    )
    assert await said(engine, whole_window(pause(1.0), start_s=5.0)) == [
        ("in", 5.0, 5.5),
        ("across", 5.8, 6.0),
    ]


async def test_words_in_a_removed_pause_are_not_said() -> None:
    engine = ScriptedTranscriber([Word(word=str(at), start=at, end=at + 0.5) for at in range(6)])
    pieces = (TimeRange(start=1.0, end=2.0), TimeRange(start=4.0, end=5.0))
    window = SpeechWindow(clip_id="clip-1", index=0, samples=pause(2.0), pieces=pieces, speech=pieces)
    assert [word for word, _, _ in await said(engine, window)] == ["1", "4"]


async def test_without_a_script_nothing_is_said() -> None:
    assert await said(ScriptedTranscriber(), whole_window(pause(1.0))) == []


async def test_a_script_is_read_from_a_ctm_file(tmp_path: Path) -> None:
    path = tmp_path / "talk.ctm"
    path.write_text(";; a remark\ntalk 1 0.50 0.40 hello 0.9\n\ntalk 1 0.10 0.25 well\n", encoding="utf-8")
    engine = ScriptedTranscriber.from_ctm(path, language="de")
    text = await engine.transcribe(whole_window(pause(1.0)), TranscriptionOptions())
    assert text.words == (
        Word(word="well", start=0.1, end=0.35),
        Word(word="hello", start=0.5, end=0.9, probability=0.9),
    )
    assert text.language == "de"


@pytest.mark.parametrize("line", ["talk 1 0.5 0.4", "talk 1 now 0.4 hello", "talk 1 0.5 0 hello"])
def test_a_line_that_is_no_ctm_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "talk.ctm"
    path.write_text(f"talk 1 0.1 0.2 well\n{line}\n", encoding="utf-8")
    with pytest.raises(InvalidOptions, match=r"talk\.ctm, line 2"):
        ScriptedTranscriber.from_ctm(path)
