"""`diarist voices`: whose are known, learn one, forget one."""

import asyncio
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from app.adapters.inbound.cli.errors import errors_told
from app.adapters.inbound.cli.program import Program
from app.adapters.inbound.cli.transcribing import complain
from app.application.enrol_voice import Enrolment
from app.domain.errors import NotFound
from app.domain.voices import KnownVoice, name_key

voices = typer.Typer(
    name="voices",
    help="The voices that transcripts name, under --data-dir or, without it, those of the service.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

DataDir = Annotated[
    Path | None,
    typer.Option(file_okay=False, help="As for transcribe; default: where the service keeps its own."),
]


@voices.command("add")
def add(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="As transcripts will say it.")],
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="A recording of this person."),
    ],
    start: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="Where only this person begins to speak.")
    ] = None,
    end: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="Where that ends, at most 120 s later.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Learn a voice from a recording, or more of one whose name is known. The recording is not kept."""
    with errors_told(ctx):
        enrolled = asyncio.run(_enrol(ctx.obj, data_dir, name, file, start, end))
        done = "is known now" if enrolled.is_new else "was known, and has been added to"
        typer.echo(f"{enrolled.voice.name}: {done} ({_learnt(enrolled.voice)})")
        for other in enrolled.mistakable_for:
            complain(f"{enrolled.voice.name} sounds like {other}: neither will be named for sure")


@voices.command("ls")
def ls(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
    data_dir: DataDir = None,
) -> None:
    """List the known voices, and how much of each was heard by which model."""
    with errors_told(ctx):
        found = asyncio.run(_list(ctx.obj, data_dir))
        if as_json:
            typer.echo(json.dumps([_facts(voice) for voice in found], indent=2, ensure_ascii=False))
            return
        for line in _table(found):
            typer.echo(line)


@voices.command("rm")
def rm(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Or the id that --json shows.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Forget a voice and all that was learnt of it. Transcripts that are stored keep the name."""
    with errors_told(ctx):
        if not yes:
            if not sys.stdin.isatty():
                complain("nobody can be asked here; to forget it, add -y")
                raise typer.Exit(2)
            typer.confirm(f"Forget the voice of {name}?", abort=True, err=True)
        typer.echo(f"{asyncio.run(_delete(ctx.obj, data_dir, name))}: forgotten")


async def _enrol(
    program: Program, data_dir: Path | None, name: str, file: Path, start: float | None, end: float | None
) -> Enrolment:
    async with program.voices(data_dir) as use_cases:
        return await use_cases.enrol_voice.execute(name, file, start=start, end=end)


async def _list(program: Program, data_dir: Path | None) -> tuple[KnownVoice, ...]:
    async with program.voices(data_dir) as use_cases:
        return await use_cases.list_voices.execute()


async def _delete(program: Program, data_dir: Path | None, name: str) -> str:
    """The name of the voice that was meant. Raises `NotFound`."""
    async with program.voices(data_dir) as use_cases:
        for voice in await use_cases.list_voices.execute():
            if name == voice.id or name_key(name) == name_key(voice.name):
                await use_cases.delete_voice.execute(voice.id)
                return voice.name
    raise NotFound("voice", name)


def _learnt(voice: KnownVoice) -> str:
    return ", ".join(f"{heard.seconds:.1f} s by {heard.model}" for heard in voice.prints)


def _facts(voice: KnownVoice) -> dict[str, Any]:
    return {
        "id": voice.id,
        "name": voice.name,
        "created_at": voice.created_at.isoformat(),
        "learnt": {heard.model: heard.seconds for heard in voice.prints},
    }


def _table(found: Sequence[KnownVoice]) -> Iterator[str]:
    width = max((len(voice.name) for voice in found), default=0)
    for voice in found:
        yield f"{voice.name.ljust(width)}  {voice.created_at:%Y-%m-%d}  {_learnt(voice)}"
