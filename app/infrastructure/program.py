"""The program that stands behind the command line."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from app import __version__
from app.adapters.inbound.cli.program import Diagnosis, Program, StorageCheck
from app.application.report_engines import ChosenEngine, ReportEngines
from app.application.use_cases import ModelUseCases, UseCases, VoiceUseCases
from app.domain.engine import EngineChoice, can_transcribe
from app.domain.errors import InvalidOptions

if TYPE_CHECKING:  # so that `diarist --help` does not wait for it
    from fastapi import FastAPI

    from app.infrastructure.container import Container
    from app.infrastructure.settings import Settings

_PACKAGES = (
    *("av", "numpy", "onnxruntime", "pocketsphinx", "Resemblyzer", "silero-vad", "torch", "torchaudio"),
    *("pyannote.audio", "transformers", "sqlalchemy", "fastapi", "uvicorn"),
    *("ctranslate2", "huggingface_hub"),
)


def program(create_app: "Callable[[Settings, Container], FastAPI]") -> Program:
    """The commands' way to the rest. Nothing is imported before one of them needs it."""
    serve = partial(_serve, create_app)
    return Program(
        version=__version__,
        open=_open,
        models=_models,
        voices=_voices,
        serve=serve,
        diagnose=_diagnose,
    )


def _open(data_dir: Path | None) -> AbstractAsyncContextManager[UseCases]:
    from app.infrastructure.container import Container
    from app.infrastructure.running import running
    from app.infrastructure.settings import read_settings

    container = Container()
    container.settings.override(read_settings().for_local_files(data_dir))
    return running(container)


def _models() -> ModelUseCases:
    from app.infrastructure.container import Container
    from app.infrastructure.settings import read_settings

    container = Container()
    container.settings.override(read_settings())
    use_cases: ModelUseCases = container.model_use_cases()
    return use_cases


@asynccontextmanager
async def _voices(data_dir: Path | None) -> AsyncIterator[VoiceUseCases]:
    """Beside a service that may be running on the same folder: no worker, and no tidying up."""
    from app.infrastructure.container import Container
    from app.infrastructure.settings import read_settings

    settings = read_settings()
    container = Container()
    container.settings.override(settings if data_dir is None else settings.for_local_files(data_dir))
    async with AsyncExitStack() as stack:
        database = container.database()
        stack.push_async_callback(database.close)
        await database.migrate()
        for port in (container.decoder(), container.voice_activity(), container.diarization()):
            if port is not None:
                stack.push_async_callback(port.aclose)
        yield container.voice_use_cases()


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


def _diagnose(load: bool) -> Diagnosis:
    from dependency_injector import providers

    from app.infrastructure.container import Container
    from app.infrastructure.settings import read_settings

    settings = read_settings()
    container = Container()
    container.settings.override(settings)
    container.chosen_transcription.override(providers.Singleton(_chosen_offline, settings))
    choices: list[ChosenEngine] = container.choices()
    engines = asyncio.run(_loaded(choices)) if load else ReportEngines(engines=choices).execute()
    return Diagnosis(
        engines=engines,
        engines_ready=can_transcribe(engines),
        storage=_storage(settings),
        cpu_threads=settings.cpu_threads,
        advice=tuple(_advice(settings, engines)),
        versions=dict(_versions()),
    )


def _chosen_offline(settings: "Settings") -> ChosenEngine:
    """Who transcribes, allowed to load what is here and to fetch nothing, as it is where `auto` chose."""
    from app.infrastructure.engines import TRANSCRIPTION_ENGINES, choose

    looking = settings.model_copy(update={"transcription_engine": "auto"})
    return choose("transcription", settings.transcription_engine, TRANSCRIPTION_ENGINES, looking)


def _advice(settings: "Settings", engines: Sequence[EngineChoice]) -> Iterator[str]:
    from app.infrastructure.hardware import look_around
    from app.infrastructure.whisper_sizes import better_engine, recommend

    yield recommend(look_around(settings.cpu_threads)).text
    transcriber = next((each.engine for each in engines if each.stage == "transcription"), None)
    if settings.transcription_engine == "auto":
        yield from better_engine(transcriber, settings.whisper_model)


async def _loaded(chosen: Sequence[ChosenEngine]) -> tuple[EngineChoice, ...]:
    try:
        return await ReportEngines(engines=chosen).after_loading()
    finally:
        for engine in chosen:
            if engine.port is not None:
                await engine.port.aclose()


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
