"""One log for everything in the process, on standard error, for people or for machines."""

import logging
import sys
from typing import Literal

import structlog


def configure_logs(level: str, format: Literal["console", "json"]) -> None:
    """Send every logger's lines through one handler; `json` gives one object per line.

    Lines carry ids, states and errors, never words, tokens or addresses of databases.
    """
    shared: list[structlog.types.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.types.Processor
    if format == "json":
        shared.append(structlog.processors.format_exc_info)
        renderer = structlog.processors.JSONRenderer()
    else:
        # The usual formatter shows the variables of every frame: words, keys, whole arrays of samples.
        renderer = structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # It tells of each plug-in it sets up, at every start.
    logging.getLogger("alembic").setLevel(logging.WARNING)
