"""What `diarist doctor` prints."""

import json
from collections.abc import Iterator
from dataclasses import asdict

import typer

from app.adapters.inbound.cli.program import Diagnosis
from app.domain.engine import EngineChoice


def print_diagnosis(diagnosis: Diagnosis, *, as_json: bool) -> None:
    if as_json:
        facts = {"ready": diagnosis.ready, **asdict(diagnosis)}
        typer.echo(json.dumps(facts, default=_plain, indent=2, ensure_ascii=False))
    else:
        typer.echo("\n".join(_lines(diagnosis)))


def _plain(value: object) -> object:
    return sorted(value) if isinstance(value, frozenset) else str(value)


def _lines(diagnosis: Diagnosis) -> Iterator[str]:
    for choice in diagnosis.engines:
        yield from _engine(choice)
    for check in diagnosis.storage:
        yield f"{check.name}: {check.path}, {check.problem or 'writable'}"
    yield f"cores: {diagnosis.cpu_threads}"
    yield from diagnosis.advice
    yield from (f"{name}: {version or 'not installed'}" for name, version in diagnosis.versions.items())
    yield "ready" if diagnosis.ready else "not ready: see the lines with a problem"


def _engine(choice: EngineChoice) -> Iterator[str]:
    engine = f"{choice.engine.name} ({choice.engine.model})" if choice.engine else "nobody"
    yield f"{choice.stage}: {engine}, {choice.reason}"
    if choice.problem:
        yield f"    problem: {choice.problem}"
    if choice.remedy:
        yield f"    remedy: {choice.remedy}"
