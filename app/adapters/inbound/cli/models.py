"""`diarist models`: which are here, bring one, remove one."""

import asyncio
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from app.adapters.inbound.cli.errors import errors_told
from app.adapters.inbound.cli.pulling import pulled
from app.adapters.inbound.cli.sizes import in_words
from app.adapters.inbound.cli.transcribing import complain
from app.domain.models import StoredModel

_COMMIT_DIGITS = 12

models = typer.Typer(
    name="models", help="The models on this machine.", no_args_is_help=True, rich_markup_mode=None
)


@models.command("ls")
def ls(
    ctx: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False
) -> None:
    """List the models in the hub's cache and what was converted; * are those that the settings name."""
    with errors_told(ctx):
        list_models = ctx.obj.models().list_models
        found = asyncio.run(list_models.execute())
        if as_json:
            facts = [asdict(each) for each in found]
            typer.echo(json.dumps(facts, default=str, indent=2, ensure_ascii=False))
            return
        for line in _table(found):
            typer.echo(line)
        if Path(list_models.chosen).expanduser().is_dir():
            complain(f"WHISPER_MODEL is a folder of yours: {list_models.chosen}")
        elif not any(each.chosen and each.layout != "pyannote" for each in found):
            complain(f"WHISPER_MODEL, {list_models.chosen}, is not among them. Run: diarist models pull")


@models.command("pull")
def pull(
    ctx: typer.Context,
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="On the hub, or a size; default: WHISPER_MODEL.")
    ] = None,
    revision: Annotated[str | None, typer.Option(metavar="R", help="Branch, tag or commit.")] = None,
    engine: Annotated[
        str | None,
        typer.Option(
            metavar="faster-whisper|whisper|pyannote", help="For which; default: the best one here."
        ),
    ] = None,
) -> None:
    """Download a model, and convert it if its engine wants it so."""
    with errors_told(ctx):
        pull_model = ctx.obj.models().pull_model
        model = asyncio.run(pulled(pull_model, name, revision=revision, engine=engine))
        at = f" at {model.revision[:_COMMIT_DIGITS]}" if model.revision else ""
        made = "converted into" if model.converted else "ready in"
        typer.echo(f"{model.name}{at}: {made} {model.path} ({model.layout}, {in_words(model.size_bytes)})")
        if model.layout == "pyannote" and not model.chosen:
            typer.echo(f"to use it: PYANNOTE_MODEL={model.name}")
        elif not model.chosen:
            pinned = f" WHISPER_REVISION={revision}" if revision else ""
            typer.echo(f"to use it: WHISPER_MODEL={name or model.name}{pinned}")


@models.command("rm")
def rm(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="As `diarist models ls` shows it.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Remove a model: the download with all revisions, and what was converted from it."""
    with errors_told(ctx):
        if not yes:
            if not sys.stdin.isatty():
                complain("nobody can be asked here; to remove it, add -y")
                raise typer.Exit(2)
            typer.confirm(f"Remove {name}, with all revisions and conversions?", abort=True, err=True)
        freed_bytes = asyncio.run(ctx.obj.models().remove_model.execute(name))
        typer.echo(f"{name}: removed, {in_words(freed_bytes)} are free again")


def _table(found: Sequence[StoredModel]) -> Iterator[str]:
    rows = [
        (
            "*" if each.chosen else " ",
            each.name,
            (each.revision or "-")[:_COMMIT_DIGITS],
            each.layout,
            in_words(each.size_bytes),
            f"{each.path}{f'  PROBLEM: {each.problem}' if each.problem else ''}",
        )
        for each in found
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
