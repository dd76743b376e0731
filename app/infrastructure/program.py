"""The program that stands behind the command line."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from app import __version__
from app.adapters.inbound.cli.program import Diagnosis, Program, StorageCheck
from app.application.report_engines import ReportEngines
from app.application.use_cases import UseCases
from app.domain.errors import InvalidOptions

if TYPE_CHECKING:  # so that `diarist --help` does not wait for it
    from fastapi import FastAPI

    from app.infrastructure.container import Container
    from app.infrastructure.settings import Settings

_PACKAGES = (
    *("av", "numpy", "onnxruntime", "pocketsphinx", "Resemblyzer", "silero-vad", "torch", "torchaudio"),
    *("pyannote.audio", "transformers", "sqlalchemy", "fastapi", "uvicorn"),
)


def program(create_app: "Callable[[Settings, Container], FastAPI]") -> Program:
    """The commands' way to the rest. Nothing is imported before one of them needs it."""
    serve = partial(_serve, create_app)
    return Program(version=__version__, open=_open, serve=serve, diagnose=_diagnose)


def _open(data_dir: Path | None) -> AbstractAsyncContextManager[UseCases]:
    from app.infrastructure.container import Container
    from app.infrastructure.running import running
    from app.infrastructure.settings import read_settings

    container = Container()
    container.settings.override(read_settings().for_local_files(data_dir))
    return running(container)


def _serve(
    create_app: "Callable[[Settings, Container], FastAPI]", host: str | None, port: int | None
) -> None:
    from app.infrastructure.container import Container
    from app.infrastructure.serving import serve
    from app.infrastructure.settings import read_settings

    changes = {"app_host": host, "app_port": port}
    given = {name: value for name, value in changes.items() if value is not None}
    settings = read_settings().model_copy(update=given)
    for check in _storage(settings):
        if check.problem:
            raise InvalidOptions(check.setting, check.problem)
    container = Container()
    container.settings.override(settings)
    container.choices()  # an engine that nobody has is told here, as one line
    serve(create_app(settings, container), settings, container)


def _diagnose() -> Diagnosis:
    from app.infrastructure.container import Container
    from app.infrastructure.settings import read_settings

    settings = read_settings()
    container = Container()
    container.settings.override(settings)
    engines = ReportEngines(choices=container.choices())
    return Diagnosis(
        engines=engines.execute(),
        engines_ready=engines.ready,
        storage=_storage(settings),
        cpu_threads=settings.cpu_threads,
        versions=dict(_versions()),
    )


def _storage(settings: "Settings") -> tuple[StorageCheck, ...]:
    return (
        _check("recordings", "AUDIO_STORAGE_PATH", settings.audio_storage_path),
        _check("transcripts", "TRANSCRIPTION_STORAGE_PATH", settings.transcription_storage_path),
    )


def _check(name: str, setting: str, path: Path) -> StorageCheck:
    path = path.absolute()
    existing = next(folder for folder in (path, *path.parents) if folder.exists())
    problem = None
    if not existing.is_dir():
        problem = f"{existing} is no folder"
    elif not os.access(existing, os.W_OK | os.X_OK):
        problem = f"{existing} is not writable"
    return StorageCheck(name=name, setting=setting, path=path, problem=problem)


def _versions() -> Iterator[tuple[str, str | None]]:
    for package in _PACKAGES:
        try:
            yield package, metadata.version(package)
        except metadata.PackageNotFoundError:
            yield package, None
