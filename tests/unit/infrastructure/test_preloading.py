"""Engines that load while the service answers already."""

import asyncio
import logging
from pathlib import Path

import pytest

from app.adapters.outbound.transcription.scripted import ScriptedTranscriber
from app.adapters.outbound.voice_activity.energy import EnergyVoiceActivity
from app.domain.errors import EngineUnavailable
from app.infrastructure.container import Container
from app.infrastructure.preloading import preloading
from app.infrastructure.running import running
from app.infrastructure.settings import Settings
from tests.unit.application.stage import until


class Slow(ScriptedTranscriber):
    """Loads once its gate is open, or breaks over `failure`."""

    def __init__(self, failure: Exception | None = None) -> None:
        super().__init__()
        self.failure = failure
        self.gate = asyncio.Event()
        self.state = "not loaded"

    async def load(self) -> None:
        self.state = "loading"
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.state = "given up"
            raise
        if self.failure is not None:
            raise self.failure
        self.state = "loaded"


async def test_one_engine_after_the_other_is_loaded_meanwhile() -> None:
    first, second = Slow(), Slow()
    async with preloading({"diarization": first, "transcription": second}):
        await until(lambda: first.state == "loading")
        assert second.state == "not loaded"
        first.gate.set()
        await until(lambda: (first.state, second.state) == ("loaded", "loading"))
    assert second.state == "given up"


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (
            EngineUnavailable("scripted", "its weights are damaged", "Run: again"),
            "weights are damaged. Run: again",
        ),
        (ZeroDivisionError("oops"), "ZeroDivisionError"),
    ],
)
async def test_what_will_not_load_is_logged_and_keeps_nobody_from_the_rest(
    failure: Exception, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    broken, whole = Slow(failure), Slow()
    broken.gate.set()
    whole.gate.set()
    async with preloading({"diarization": broken, "transcription": whole}):
        await until(lambda: whole.state == "loaded")
    assert told in caplog.text
    assert [record.levelno for record in caplog.records if record.levelno > logging.INFO] != []


@pytest.mark.parametrize(("wanted", "state"), [(True, "loading"), (False, "not loaded")])
async def test_a_container_that_runs_loads_its_engines_if_it_should(wanted: bool, state: str) -> None:
    container, engine = Container(), Slow()
    container.settings.override(Settings(_env_file=None, in_memory=True, preload_models=wanted))
    container.transcription.override(engine)
    container.diarization.override(None)
    container.voice_activity.override(EnergyVoiceActivity())
    async with running(container) as use_cases:
        for _ in range(20):
            await asyncio.sleep(0)
        assert engine.state == state
        assert use_cases.report_engines.ready


def test_callers_with_files_of_their_own_load_what_they_use() -> None:
    settings = Settings(_env_file=None)
    assert settings.preload_models
    for folder in (None, Path("kept")):
        assert not settings.for_local_files(folder).preload_models
