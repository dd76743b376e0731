"""Who tells voices apart when nobody said: pyannote if its weights are here, and nothing is downloaded."""

from pathlib import Path

import pytest

from app.domain.errors import EngineUnavailable
from app.infrastructure.engines import DIARIZATION_ENGINES, choose
from app.infrastructure.settings import Settings
from tests.architecture.sources import ROOT

CHECKPOINT = ROOT / "tests" / "fixtures" / "tiny_pyannote" / "checkpoint"


@pytest.fixture(autouse=True)
def no_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "PYANNOTE_MODEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path))


def test_pyannote_is_taken_where_its_weights_are() -> None:
    settings = Settings(_env_file=None, pyannote_model=str(CHECKPOINT))
    state = choose("diarization", "auto", DIARIZATION_ENGINES, settings).state()
    assert state.engine is not None
    assert (state.engine.name, state.problem) == ("pyannote", None)


def test_without_them_the_embedded_one_is_and_it_is_told_how_to_get_them() -> None:
    state = choose("diarization", "auto", DIARIZATION_ENGINES, Settings(_env_file=None)).state()
    assert state.engine is not None
    assert (state.engine.name, state.problem) == ("resemblyzer", None)
    assert "pyannote was passed over: pyannote/speaker-diarization-community-1: its weights" in state.reason
    assert state.remedy == "Run: diarist models pull pyannote/speaker-diarization-community-1"


def test_where_neither_is_there_the_shortest_way_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise EngineUnavailable("resemblyzer", "not installed", "Run: pip install --no-deps Resemblyzer")

    monkeypatch.setattr("app.adapters.outbound.diarization.resemblyzer.weights_file", missing)
    state = choose("diarization", "auto", DIARIZATION_ENGINES, Settings(_env_file=None)).state()
    assert (state.engine, state.remedy) == (None, "Run: pip install --no-deps Resemblyzer")


def test_who_names_pyannote_wants_its_weights_too() -> None:
    arguments = DIARIZATION_ENGINES["pyannote"].arguments
    assert arguments(Settings(_env_file=None))["download"] is False
    assert arguments(Settings(_env_file=None, diarization_engine="pyannote"))["download"] is True
