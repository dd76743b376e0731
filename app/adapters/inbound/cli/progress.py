"""A progress bar on standard error, if somebody is looking at it."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from app.domain.events import Event, Progress

Show = Callable[[Event], None]


@contextmanager
def progress_bar(title: str) -> Iterator[Show]:
    """Call what is given with each event. Silent where standard error is no terminal."""
    if not sys.stderr.isatty():
        yield lambda _event: None
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import (
        BarColumn,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(escape(title), total=None)

        def show(event: Event) -> None:
            # Recognition takes by far the longest; the other stages run beside it.
            if isinstance(event, Progress) and event.stage == "transcription":
                bar.update(task, total=event.total_s, completed=event.done_s)

        yield show
