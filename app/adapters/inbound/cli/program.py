"""What the command line is given to work with."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

from app.application.use_cases import ModelUseCases, UseCases, VoiceUseCases
from app.domain.engine import EngineChoice


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageCheck:
    """A folder that the service writes to; `problem` says why it cannot, None when it can."""

    name: str
    setting: str
    path: Path
    problem: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What would run here, and what is missing.

    `advice` are lines of text. `versions` maps a package to its version, None without it.
    """

    engines: tuple[EngineChoice, ...]
    engines_ready: bool
    storage: tuple[StorageCheck, ...]
    cpu_threads: int
    advice: tuple[str, ...]
    versions: dict[str, str | None]

    @property
    def ready(self) -> bool:
        return self.engines_ready and all(check.problem is None for check in self.storage)


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """The doors of the program behind the commands. Each raises `InvalidOptions` for impossible settings.

    `open` gives the use cases inside `async with`, with everything kept under a folder, or nothing
    kept for None. `models` gives those that need no engine. `voices` gives those of the known voices
    kept under a folder, the service's for None. `serve` serves at a host and port, the configured ones
    for None, until it is stopped; it raises `OSError` when it cannot listen there.
    `diagnose` tries to load the engines if told so, which may take a minute.
    """

    version: str
    open: Callable[[Path | None], AbstractAsyncContextManager[UseCases]]
    models: Callable[[], ModelUseCases]
    voices: Callable[[Path | None], AbstractAsyncContextManager[VoiceUseCases]]
    serve: Callable[[str | None, int | None], None]
    diagnose: Callable[[bool], Diagnosis]
