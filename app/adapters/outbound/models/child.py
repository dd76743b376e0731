"""The process that downloads from the hub, or converts.

One request, then the replies; the parent gives leave to go on after each that is not the last:

    {"op": "download", "model", "revision", "layout", "token", "cache", "again"}
        {"kind": "plan", "total_bytes", "missing_bytes"}     what the model takes, and what is to be fetched
    {"op": "convert", "source", "target"}

    {"kind": "done", "folder"}                               the snapshot, or the target
    {"kind": "failed", "reason", "remedy"}                   and "retry": whether trying again may help
"""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.adapters.outbound.child_channel import Channel
from app.adapters.outbound.models.integrity import Unfit

Request = dict[str, Any]


def main() -> None:
    channel = Channel.open()
    received = channel.receive()
    if received is None:
        return
    request, _ = received
    try:
        channel.send({"kind": "done", "folder": str(_OPERATIONS[request["op"]](request, channel))})
    except Unfit as unfit:
        channel.send({"kind": "failed", "reason": str(unfit), "remedy": unfit.remedy})
    except MemoryError:
        channel.send({"kind": "failed", "reason": "there is not enough memory", "remedy": None})
    except ImportError as error:
        remedy = "Install it, or all that Diarist asks for: pip install 'diarist[faster-whisper]'"
        channel.send({"kind": "failed", "reason": f"a package is missing: {error}", "remedy": remedy})
    except Exception as error:  # noqa: BLE001 - the top of a process: what it does not tell, nobody does
        channel.send({"kind": "failed", **_explain(error, request)})


def _download(request: Request, channel: Channel) -> Path:
    from app.adapters.outbound.models.hub import download

    def announce(plan: dict[str, Any]) -> None:
        channel.send({"kind": "plan", **plan})
        channel.receive()

    return download(request, announce)


def _convert(request: Request, _: Channel) -> Path:
    from app.adapters.outbound.models.conversion import convert

    return convert(Path(request["source"]), Path(request["target"]))


_OPERATIONS: dict[str, Callable[[Request, Channel], Path]] = {"download": _download, "convert": _convert}


def _explain(error: Exception, request: Request) -> dict[str, Any]:
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return {
            "reason": f"the disk is full: {error.filename or os.strerror(errno.ENOSPC)}",
            "remedy": "Make room",
        }
    if request["op"] == "download":
        from app.adapters.outbound.models.hub import explain

        return explain(error, request)
    return {"reason": f"it cannot be converted: {_first_line(error)}", "remedy": None}


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0]


if __name__ == "__main__":
    main()
