"""Brings weights here and converts them, in child processes, with progress and with room on the disk."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from app.adapters.outbound.models.child_run import ChildDied, Message, run_child
from app.adapters.outbound.models.contents import size_bytes, weight_files
from app.adapters.outbound.models.names import file_name
from app.adapters.outbound.models.source import hub_cache
from app.domain.models import Layout, PullProgress

_CHILD = "app.adapters.outbound.models.child"


class Failed(Exception):
    """It did not work; `retry` says that the same may work another time."""

    def __init__(self, reason: str, remedy: str | None, *, retry: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy
        self.retry = retry


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Who is told how far it is, in the thread that works, and how they can stop it."""

    progress: Callable[[PullProgress], None] = lambda _: None
    stop: Event = field(default_factory=Event)


def fetch(
    model: str, *, revision: str | None, layout: Layout, token: str | None, again: bool, watch: Watch
) -> None:
    """Download into the hub's cache what is not there yet; if all is there and damaged, all of it `again`.

    Raises `Failed`, and `Stopped` when the watch says so.
    """
    cache = hub_cache()
    blobs = cache / f"models--{file_name(model)}" / "blobs"
    before_bytes = total_bytes = 0

    def listen(message: Message) -> bool:
        nonlocal before_bytes, total_bytes
        if message["kind"] == "plan":
            total_bytes = message["total_bytes"]
            begun_bytes = size_bytes(blobs.glob("*.incomplete"))
            before_bytes = (
                size_bytes(blobs.glob("*")) - (total_bytes - message["missing_bytes"]) - begun_bytes
            )
            _require_room(cache, message["missing_bytes"] - begun_bytes, "Set HF_HOME to a folder with more")
        return _is_last(message)

    def tick() -> None:
        if total_bytes:
            done_bytes = min(max(0, size_bytes(blobs.glob("*")) - before_bytes), total_bytes)
            watch.progress(PullProgress(stage="download", done_bytes=done_bytes, total_bytes=total_bytes))

    request: Message = {"op": "download", "model": model, "revision": revision, "layout": layout}
    # By the pipe: the environment of a process can be read by others.
    request |= {
        "token": token or os.environ.get("HF_TOKEN", "").strip() or None,
        "cache": str(cache),
        "again": again,
    }
    _run(request, listen, tick, watch)


def convert(source: Path, target: Path, watch: Watch) -> None:
    """Convert a folder of transformers into a new one for CTranslate2. Raises `Failed`, and `Stopped`."""
    names = {path.name for path in source.iterdir()}
    weights_bytes = sum((source / name).stat().st_size for name in weight_files(names))
    _require_room(target.parent, weights_bytes, "Set MODEL_CACHE_PATH to a folder with more")
    watch.progress(PullProgress(stage="convert"))
    _run({"op": "convert", "source": str(source), "target": str(target)}, _is_last, lambda: None, watch)


def _run(request: Message, listen: Callable[[Message], bool], tick: Callable[[], None], watch: Watch) -> None:
    try:
        online = request["op"] == "download"
        run_child(_CHILD, request, on_message=listen, tick=tick, stop=watch.stop, online=online)
    except ChildDied as died:
        raise Failed(f"the process of the {request['op']} ended: {died}", "Is there enough memory?") from died


def _is_last(message: Message) -> bool:
    if message["kind"] == "failed":
        raise Failed(message["reason"], message["remedy"], retry=message.get("retry", False))
    return bool(message["kind"] == "done")


def _require_room(folder: Path, needed_bytes: int, remedy: str) -> None:
    existing = next(parent for parent in (folder, *folder.parents) if parent.is_dir())
    free_bytes = shutil.disk_usage(existing).free
    if needed_bytes > free_bytes:
        needed, free = f"{needed_bytes / 1e9:.2f} GB", f"{free_bytes / 1e9:.2f} GB"
        raise Failed(f"it needs {needed} in {folder}, and {free} are free", f"Make room. {remedy}")
