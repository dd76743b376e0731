"""Which engine is taken, and what is said of it now and later."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.adapters.outbound.transcription.scripted import ScriptedTranscriber
from app.application.report_engines import ReportEngines
from app.domain.engine import EngineInfo
from app.domain.errors import EngineUnavailable, InvalidOptions
from app.domain.ports import TranscriptionPort
from app.infrastructure.engines import TRANSCRIPTION_ENGINES, Engine, choose
from app.infrastructure.settings import Settings

SETTINGS = Settings(_env_file=None)
PULL = EngineUnavailable("big", "its weights are not here", "Run: diarist models pull")


class Parrot(ScriptedTranscriber):
    """Lacks what `missing` says, and breaks over `failure` when it is loaded."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.missing: EngineUnavailable | None = None
        self.failure: EngineUnavailable | None = None
        self.loads = 0

    def describe(self) -> EngineInfo:
        return EngineInfo(name=self.name, model="grey")

    def check(self) -> None:
        if self.missing is not None:
            raise self.missing

    async def load(self) -> None:
        self.loads += 1
        if self.failure is not None:
            raise self.failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Made(Engine[TranscriptionPort]):
    """An engine that is there already."""

    port: Parrot
    adapter: str = ""

    def build(self, settings: Settings) -> Any:
        return self.port


BIG, SMALL = "big", "small"


@pytest.fixture
def big() -> Parrot:
    return Parrot(BIG)


@pytest.fixture
def small() -> Parrot:
    return Parrot(SMALL)


@pytest.fixture
def engines(big: Parrot, small: Parrot) -> dict[str, Engine[TranscriptionPort]]:
    return {BIG: Made(port=big), SMALL: Made(port=small), "odd": Made(port=Parrot("odd"), auto=False)}


Engines = dict[str, Engine[TranscriptionPort]]


def test_auto_takes_the_first_that_lacks_nothing(engines: Engines, big: Parrot) -> None:
    chosen = choose("transcription", "auto", engines, SETTINGS)
    assert (chosen.port, chosen.problem, chosen.remedy) == (big, None, None)
    assert chosen.reason == "chosen by auto: the first engine whose package and model are here"


def test_who_was_passed_over_is_told_with_what_brings_it(
    engines: Engines, big: Parrot, small: Parrot
) -> None:
    big.missing = PULL
    chosen = choose("transcription", "auto", engines, SETTINGS)
    assert (chosen.port, chosen.problem, chosen.remedy) == (small, None, "Run: diarist models pull")
    assert chosen.reason.endswith("here; big was passed over: its weights are not here")
    (state,) = ReportEngines(engines=[chosen]).execute()
    assert (state.problem, state.remedy) == (None, "Run: diarist models pull")


def test_where_auto_finds_nobody_the_one_it_likes_best_says_what_is_missing(
    engines: Engines, big: Parrot, small: Parrot
) -> None:
    big.missing = small.missing = PULL
    chosen = choose("transcription", "auto", engines, SETTINGS)
    assert chosen.port is big
    assert chosen.reason.startswith("auto found no engine; big was passed over")
    assert chosen.state().problem == "its weights are not here"


def test_speakers_may_be_told_apart_by_nobody(engines: Engines, big: Parrot, small: Parrot) -> None:
    assert choose("diarization", "none", engines, SETTINGS).state().engine is None
    big.missing = small.missing = PULL
    state = choose("diarization", "auto", engines, SETTINGS).state()
    assert (state.engine, state.problem, state.remedy) == (None, PULL.reason, PULL.remedy)


def test_an_engine_that_is_named_is_taken_whatever_it_lacks(engines: Engines, big: Parrot) -> None:
    big.missing = PULL
    chosen = choose("transcription", BIG, engines, SETTINGS)
    assert (chosen.port, chosen.reason) == (big, "named by TRANSCRIPTION_ENGINE")
    with pytest.raises(InvalidOptions, match="must be one of auto, big, small, odd, got 'nobody'"):
        choose("transcription", "nobody", engines, SETTINGS)


def test_what_is_missing_is_told_as_it_is_now(engines: Engines, big: Parrot) -> None:
    report = ReportEngines(engines=[choose("transcription", "auto", engines, SETTINGS)])
    assert report.ready
    big.missing = PULL
    (state,) = report.execute()
    assert (state.problem, state.remedy, report.ready) == (PULL.reason, PULL.remedy, False)
    big.missing = None
    (state,) = report.execute()
    assert (state.problem, state.remedy, report.ready) == (None, None, True)


async def test_a_load_that_fails_is_the_engines_problem(engines: Engines, big: Parrot) -> None:
    report = ReportEngines(engines=[choose("transcription", "auto", engines, SETTINGS)])
    (state,) = await report.after_loading()
    assert (state.problem, big.loads) == (None, 1)
    big.failure = EngineUnavailable(BIG, "its weights are damaged", "Run: diarist models pull --again")
    (state,) = await report.after_loading()
    assert (state.problem, state.remedy) == ("its weights are damaged", "Run: diarist models pull --again")


def test_of_those_passed_over_the_one_that_lacks_least_says_what_brings_it(
    engines: Engines, big: Parrot, small: Parrot
) -> None:
    big.missing = EngineUnavailable(BIG, "its package is not installed", "Run: pip install big")
    small.missing = PULL
    chosen = choose("transcription", "auto", engines | {"tiny": Made(port=Parrot("tiny"))}, SETTINGS)
    assert chosen.remedy == "Run: diarist models pull"


def test_without_weights_auto_takes_what_needs_none_and_says_how_to_get_whisper(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    settings = SETTINGS.model_copy(update={"model_cache_path": tmp_path})
    state = choose("transcription", "auto", TRANSCRIPTION_ENGINES, settings).state()
    assert state.engine is not None
    assert (state.engine.name, state.problem) == ("pocketsphinx", None)
    assert "; faster-whisper was passed over" in state.reason
    assert "; whisper was passed over" in state.reason
    assert state.remedy == "Run: diarist models pull openai/whisper-large-v3"


async def test_what_is_missing_is_not_loaded(engines: Engines, big: Parrot) -> None:
    big.missing = PULL
    nobody = choose("diarization", "none", engines, SETTINGS)
    report = ReportEngines(engines=[choose("transcription", BIG, engines, SETTINGS), nobody])
    state, _ = await report.after_loading()
    assert (state.problem, big.loads) == (PULL.reason, 0)
