"""What the command line says of an engine that has too much to do."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from app.adapters.inbound.cli.commands import commands
from app.adapters.inbound.cli.program import Program
from app.application.use_cases import UseCases
from app.domain.errors import EngineBusy
from app.infrastructure.container import Container
from app.infrastructure.running import running
from app.infrastructure.settings import Settings
from tests.e2e.parrot import Parrot


def test_a_busy_engine_is_told_in_one_line_with_when_to_come_back(settings: Settings, talk: Path) -> None:
    @asynccontextmanager
    async def opened(data_dir: Path | None) -> AsyncIterator[UseCases]:
        container = Container()
        container.settings.override(settings.for_local_files(data_dir))
        container.transcription.override(Parrot(failure=EngineBusy("parrot", 30)))
        async with running(container) as use_cases:
            yield use_cases

    def nobody(*_: Any) -> Any:
        raise AssertionError("nobody asked for this")

    program = Program(version="0", open=opened, serve=nobody, diagnose=nobody, models=nobody, voices=nobody)
    result = CliRunner().invoke(commands, ["transcribe", str(talk)], obj=program)
    assert result.exit_code == 1
    assert result.stderr == f"diarist: {talk}: parrot is busy, try again in 30 s\n"
    assert result.stdout == ""
