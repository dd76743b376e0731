"""What goes wrong, as one line and as the exit status."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from app.adapters.inbound.cli.inputs import NoRecordings
from app.adapters.inbound.cli.transcribing import complain, reason_of
from app.domain.errors import DiaristError, InvalidOptions

INTERRUPTED = 130
"""What shells report of a program that Ctrl-C ended."""


@contextmanager
def errors_told(ctx: typer.Context) -> Iterator[None]:
    """Exit status 1: failed, 2: called wrongly, 130: interrupted."""
    try:
        yield
    except InvalidOptions as error:
        flag = f"--{error.option.replace('_', '-')}"
        if any(flag in parameter.opts for parameter in ctx.command.params):
            raise typer.BadParameter(error.reason, param_hint=flag) from error
        complain(str(error))
        raise typer.Exit(2) from error
    except NoRecordings as error:
        complain(str(error))
        raise typer.Exit(2) from error
    except BrokenPipeError:
        raise  # typer ends quietly when nobody reads any more
    except (DiaristError, OSError) as error:
        complain(reason_of(error))
        raise typer.Exit(1) from error
    except KeyboardInterrupt as error:
        raise typer.Exit(INTERRUPTED) from error
