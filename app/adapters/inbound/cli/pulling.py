"""A pull as somebody sees it: a bar on a terminal, else a line now and then."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer

from app.adapters.inbound.cli.sizes import in_words
from app.application.closing import closing
from app.application.pull_model import PullModel
from app.domain.models import PullProgress, StoredModel

_STEP_PERCENT = 10
_STAGES = {"download": "downloading", "convert": "converting"}


async def pulled(
    pull_model: PullModel, name: str | None, *, revision: str | None, engine: str | None
) -> StoredModel:
    """What is here in the end. Raises what the use case raises."""
    events = pull_model.execute(name, revision=revision, engine=engine)
    with _bar() if sys.stderr.isatty() else _lines() as show:
        async with closing(events):
            async for event in events:
                if isinstance(event, StoredModel):
                    return event
                show(event)
    raise AssertionError("the events end with what was pulled, or raise")


@contextmanager
def _lines() -> Iterator[Callable[[PullProgress], None]]:
    told: tuple[str, int] | None = None

    def show(progress: PullProgress) -> None:
        nonlocal told
        percent = 100 * progress.done_bytes // progress.total_bytes if progress.total_bytes else 0
        step = (progress.stage, percent // _STEP_PERCENT)
        if step == told:
            return
        told = step
        line = _STAGES[progress.stage]
        if progress.total_bytes:
            line += f" {percent:3d} % of {in_words(progress.total_bytes)}"
        typer.echo(line, err=True)

    yield show


@contextmanager
def _bar() -> Iterator[Callable[[PullProgress], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("asking the hub", total=None)

        def show(progress: PullProgress) -> None:
            bar.update(
                task,
                description=_STAGES[progress.stage],
                total=progress.total_bytes,
                completed=progress.done_bytes,
            )

        yield show
