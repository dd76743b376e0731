import pytest

from app.domain.engine import EngineChoice, EngineInfo, can_transcribe

INFO = EngineInfo(name="parrot", model="grey")


def choice(stage: str, *, engine: EngineInfo | None = INFO, problem: str | None = None) -> EngineChoice:
    return EngineChoice(stage=stage, engine=engine, reason="the test says so", problem=problem)


def test_how_many_windows_keep_an_engine_busy_says_nothing_of_who_it_is() -> None:
    assert EngineInfo(name="parrot", model="grey", windows_at_once=9) == INFO


def test_an_engine_that_would_take_no_window_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one window"):
        EngineInfo(name="parrot", model="grey", windows_at_once=0)


def test_every_stage_but_diarization_needs_an_engine_that_works() -> None:
    words, voice = choice("transcription"), choice("voice_activity")
    assert can_transcribe([words, voice, choice("diarization", engine=None)])
    assert can_transcribe([words, voice, choice("diarization", problem="no weights")])
    assert not can_transcribe([words, choice("voice_activity", problem="no model")])
    assert not can_transcribe([choice("transcription", engine=None), voice])
