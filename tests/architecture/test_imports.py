"""What the core may import, file by file, and that what is imported is declared."""

import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.architecture.sources import APP, ROOT, TESTS, imports_of, name_of, package_of, python_files

# The files of the domain that compute on samples, voice probabilities or embeddings.
WITH_NUMPY = {
    "app/domain/audio.py",
    "app/domain/diarization.py",
    "app/domain/dual_mono.py",
    "app/domain/presences.py",
    "app/domain/settling.py",
    "app/domain/speakers.py",
    "app/domain/voice.py",
    "app/domain/voice_clusters.py",
    "app/domain/voice_likeness.py",
    "app/domain/voice_splits.py",
    "app/domain/voices.py",
    "app/domain/windows.py",
}


def within(module: str, packages: set[str]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def strangers(source: str, package: str, allowed: set[str]) -> list[str]:
    """What the source imports beyond the standard library and the allowed packages."""
    imported = imports_of(source, package)
    return sorted({name for name in imported if not within(name, allowed | sys.stdlib_module_names)})


@pytest.mark.parametrize("path", python_files(APP / "domain"), ids=name_of)
def test_the_domain_imports_only_itself_and_the_standard_library(path: Path) -> None:
    allowed = {"app.domain"} | ({"numpy"} if name_of(path) in WITH_NUMPY else set())
    assert strangers(path.read_text(), package_of(path), allowed) == []


@pytest.mark.parametrize("path", python_files(APP / "application"), ids=name_of)
def test_the_use_cases_import_only_the_core_and_the_standard_library(path: Path) -> None:
    assert strangers(path.read_text(), package_of(path), {"app.domain", "app.application"}) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import fastapi", ["fastapi"]),
        ("import os, numpy.typing as npt", ["numpy.typing"]),
        ("def lazily():\n    from sqlalchemy.orm import Session", ["sqlalchemy.orm"]),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import torch", ["torch"]),
        ("from app import __version__", ["app"]),
        ("from ..adapters.outbound import clock", ["app.adapters.outbound"]),
        ("from app.domains import near_miss", ["app.domains"]),
        ("from . import errors\nfrom app.domain.audio import Waveform\nimport asyncio", []),
    ],
)
def test_a_forbidden_import_is_found_wherever_it_hides(source: str, found: list[str]) -> None:
    assert strangers(source, "app.domain", {"app.domain"}) == found


def normalized(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


def declared(pyproject: str, *extras: str) -> set[str]:
    """The names of the base dependencies, and of those of the extras."""
    project = tomllib.loads(pyproject)["project"]
    requirements = project["dependencies"] + [
        requirement for extra in extras for requirement in project["optional-dependencies"][extra]
    ]
    return {normalized(re.split(r"[\[<>=!~; ]", requirement)[0]) for requirement in requirements}


@pytest.mark.parametrize(
    ("folder", "extras"), [(APP, ["faster-whisper"]), (TESTS, ["dev"])], ids=["app", "tests"]
)
def test_every_package_that_is_imported_is_a_declared_dependency(folder: Path, extras: list[str]) -> None:
    dependencies = declared((ROOT / "pyproject.toml").read_text(), *extras)
    providers = packages_distributions()
    undeclared = {
        f"{name_of(path)} imports {module}"
        for path in python_files(folder)
        for module in strangers(path.read_text(), package_of(path), {"app", "bench", "tests"})
        if dependencies.isdisjoint(map(normalized, providers.get(module.split(".")[0], [])))
    }
    assert undeclared == set()


def test_the_name_of_a_dependency_is_read_without_version_and_extras() -> None:
    pyproject = """
        [project]
        dependencies = ["sqlalchemy[asyncio]>=2.0", "pyannote.audio>=4,<5"]
        [project.optional-dependencies]
        dev = ["Ruff"]
    """
    assert declared(pyproject) == {"sqlalchemy", "pyannote-audio"}
    assert declared(pyproject, "dev") == {"sqlalchemy", "pyannote-audio", "ruff"}
