"""That importing loads nothing heavy: engines wait for their first use, frameworks stay at home."""

import subprocess
import sys

import pytest

from tests.architecture.sources import APP, ROOT, module_of, python_files

# Nothing in the package loads these at import: each costs tenths of seconds and tens of megabytes, or more.
ENGINES = {
    "av",
    "ctranslate2",
    "huggingface_hub",
    "onnxruntime",
    "pocketsphinx",
    "pyannote",
    "resemblyzer",
    "scipy",
    "silero_vad",
    "sklearn",
    "tokenizers",
    "torch",
    "torchaudio",
    "transformers",
}
FRAMEWORKS = {
    "aiosqlite",
    "alembic",
    "dependency_injector",
    "fastapi",
    "pydantic",
    "pydantic_settings",
    "rich",
    "sqlalchemy",
    "starlette",
    "structlog",
    "typer",
    "uvicorn",
}
# Where a framework is the adapter's own language, and so may be loaded with it.
AT_HOME = {
    "app.adapters.inbound.cli": {"rich", "typer"},
    "app.adapters.inbound.rest": {"fastapi", "pydantic", "starlette"},
    # Runs in a process of its own.
    "app.adapters.outbound.audio.decoding": {"av"},
    "app.adapters.outbound.persistence.sqlalchemy": {"aiosqlite", "alembic", "sqlalchemy"},
    "app.adapters.outbound.jobs.sqlalchemy": {"aiosqlite", "alembic", "sqlalchemy"},
    "app.infrastructure": FRAMEWORKS,
    "app.library": FRAMEWORKS,
}
# Alembic runs its own scripts; only inside a migration can they be imported.
SCRIPTS = "app.adapters.outbound.persistence.migrations."

# Imports one module after the other, and says after each which of the unwanted came along.
PROBE = """
import importlib, sys
unwanted, modules = (set(argument.split()) for argument in sys.argv[1:])
for module in sorted(modules):
    importlib.import_module(module)
    for name in sorted(unwanted & sys.modules.keys()):
        print(f"{module} loads {name}")
    unwanted -= sys.modules.keys()
"""


def loaded_by(modules: list[str], unwanted: set[str]) -> list[str]:
    command = [sys.executable, "-c", PROBE, " ".join(unwanted), " ".join(modules)]
    return subprocess.run(
        command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    ).stdout.splitlines()


def home_of(module: str) -> str:
    return next((home for home in AT_HOME if f"{module}.".startswith(f"{home}.")), "")


def modules_at(home: str) -> list[str]:
    modules = [module_of(path) for path in python_files(APP)]
    return [module for module in modules if home_of(module) == home and not module.startswith(SCRIPTS)]


@pytest.mark.parametrize("module", ["app", "app.domain", "app.domain.ports", "app.application"])
def test_a_public_name_costs_no_engine_and_no_framework(module: str) -> None:
    assert loaded_by([module], ENGINES | FRAMEWORKS) == []


def test_the_two_use_cases_can_be_wired_by_hand_without_a_framework() -> None:
    command = [sys.executable, "-c", "from app.application import StoreAudio, TranscribeAudio"]
    subprocess.run(command, cwd=ROOT, check=True)


def test_a_module_without_a_framework_of_its_own_loads_nothing_heavy() -> None:
    assert loaded_by(modules_at(""), ENGINES | FRAMEWORKS) == []


@pytest.mark.parametrize("home", AT_HOME)
def test_a_framework_is_loaded_only_where_it_is_at_home_and_no_engine_with_it(home: str) -> None:
    assert loaded_by(modules_at(home), (ENGINES | FRAMEWORKS) - AT_HOME[home]) == []


def test_a_heavy_import_is_noticed_and_named_once() -> None:
    assert loaded_by(["json", "json.decoder"], {"json", "torch"}) == ["json loads json"]
