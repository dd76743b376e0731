"""The folders that Diarist makes of a model: conversions, and folders completed with what an engine reads.

A folder appears whole or not at all: it is made under another name beside its place, synced, and renamed.
"""

import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from threading import Event

from app.adapters.outbound.models.child_run import Stopped
from app.adapters.outbound.models.contents import check_folder, is_complete
from app.adapters.outbound.models.integrity import Unfit, read_json
from app.adapters.outbound.models.source import Source
from app.domain.models import Layout

LAYOUTS: tuple[Layout, ...] = ("ctranslate2", "transformers")

_ORIGIN = "diarist.json"
_WAIT_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A folder of ours and what it was made of. `requested` is the branch or tag that was asked for."""

    model: str
    revision: str | None
    requested: str | None
    layout: Layout
    path: Path


class PreparedFolders:
    """All of them under one root: `<layout>/<model>/<commit>`, or `<layout>/folders/<name and hash>`."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def find(self, source: Source, requested: str | None, layout: Layout) -> Path | None:
        """A whole one of this source; of any commit that was called so where the download is gone."""
        if source.key is not None:
            path = self._root / layout / source.key
            return path if _is_whole(path) else None
        if source.local:
            return None
        found = [each for each in self.all() if each.model == source.model and each.layout == layout]
        alike = [each.path for each in found if each.requested == (requested or "main")]
        return max(filter(_is_whole, alike), key=lambda path: path.stat().st_mtime, default=None)

    def make(
        self,
        source: Source,
        requested: str | None,
        layout: Layout,
        build: Callable[[Path], None],
        stop: Event,
    ) -> Path:
        """What `build` puts into the folder that it is given, which is not there yet.

        Waits while another process makes the same, and then takes that. Raises what `build` raises,
        `OSError`, and `Stopped`.
        """
        assert source.key is not None
        path = self._root / layout / source.key
        path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(path.with_name(f".{path.name}.lock"), stop):
            for begun in path.parent.glob(f".{path.name}.*.part"):
                shutil.rmtree(begun, ignore_errors=True)
            if _is_whole(path):
                return path
            part = Path(mkdtemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent))
            try:
                made = part / "made"
                build(made)
                origin = {
                    "model": source.model,
                    "revision": source.revision,
                    "requested": requested or "main",
                }
                (made / _ORIGIN).write_text(json.dumps(origin))
                check_folder(made)
                _sync(made)
                shutil.rmtree(path, ignore_errors=True)
                made.rename(path)
                _sync_folder(path.parent)
            finally:
                shutil.rmtree(part, ignore_errors=True)
            if source.local:
                self._forget_earlier(source.model, layout, path)
            return path

    def all(self) -> Iterator[Prepared]:
        for layout in LAYOUTS:
            for origin in sorted((self._root / layout).glob(f"*/[!.]*/{_ORIGIN}")):
                with contextlib.suppress(Unfit, KeyError):
                    told = read_json(origin)
                    yield Prepared(
                        model=told["model"],
                        revision=told["revision"],
                        requested=told["requested"],
                        layout=layout,
                        path=origin.parent,
                    )

    def remove(self, prepared: Prepared) -> None:
        """Raises `OSError`. The lock stays: another process may wait for it."""
        if prepared.path.is_symlink():
            prepared.path.unlink()
            return
        # Out of sight first: what is killed in the middle of this is no half of a model.
        gone = prepared.path.with_name(f".{prepared.path.name}.removed.part")
        prepared.path.rename(gone)
        shutil.rmtree(gone)

    def _forget_earlier(self, model: str, layout: Layout, path: Path) -> None:
        """What was made of a folder before it changed is of no use any more."""
        for each in list(self.all()):
            if each.model == model and each.layout == layout and each.path != path:
                self.remove(each)


def _is_whole(path: Path) -> bool:
    try:
        check_folder(path)
    except (Unfit, OSError):
        return False
    return is_complete(path)


@contextlib.contextmanager
def _locked(path: Path, stop: Event) -> Iterator[None]:
    with path.open("w") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if stop.wait(_WAIT_S):
                    raise Stopped from None
        yield


def _sync(folder: Path) -> None:
    for path in folder.iterdir():
        if not path.is_symlink():
            with path.open("rb") as file:
                os.fsync(file.fileno())
    _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
