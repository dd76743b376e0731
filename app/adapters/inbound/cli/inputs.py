"""The recordings that a command line names: files, folders and standard input."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

STDIN = "-"

EXTENSIONS = (
    *(
        ".3gp",
        ".aac",
        ".aif",
        ".aiff",
        ".amr",
        ".asf",
        ".caf",
        ".flac",
        ".m4a",
        ".m4v",
        ".mka",
        ".mkv",
        ".mov",
    ),
    *(".mp3", ".mp4", ".oga", ".ogg", ".ogv", ".opus", ".w64", ".wav", ".weba", ".webm", ".wma", ".wmv"),
)
"""What counts as a recording inside a folder. A file that is named itself may be called anything."""

_READ_BYTES = 1 << 20


class NoRecordings(Exception):
    """A folder holds no recordings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """`path` None is standard input. `stem` is the place of its transcripts below an output folder."""

    path: Path | None
    stem: Path

    @property
    def name(self) -> str:
        return "standard input" if self.path is None else str(self.path)


def find_recordings(arguments: Iterable[str]) -> list[Recording]:
    """The recordings in the order they were named, folders with all that is in them, each file once.

    Stems are unique also where upper and lower case are the same. Raises `NoRecordings` for a
    folder without any, `OSError` for one that cannot be read.
    """
    recordings: dict[Path | None, Recording] = {}
    taken: set[str] = set()
    for path, stem in _named(arguments):
        key = path and path.resolve()
        if key not in recordings:
            recordings[key] = Recording(path=path, stem=_unique(stem, taken))
    return list(recordings.values())


async def read_stdin() -> AsyncIterator[bytes]:
    """Standard input as it comes. Waits without a thread, which no Ctrl-C could end."""
    descriptor = sys.stdin.fileno()
    while True:
        await _readable(descriptor)
        if not (part := os.read(descriptor, _READ_BYTES)):
            return
        yield part


def _named(arguments: Iterable[str]) -> Iterator[tuple[Path | None, Path]]:
    for argument in arguments:
        path = Path(argument)
        if argument == STDIN:
            yield None, Path("stdin")
        elif path.is_dir():
            found = sorted(_inside(path))
            if not found:
                raise NoRecordings(f"no recordings in {path} ({' '.join(EXTENSIONS)})")
            yield from ((each, each.relative_to(path).with_suffix("")) for each in found)
        else:
            yield path, Path(path.stem)


def _inside(folder: Path) -> Iterator[Path]:
    def fail(error: OSError) -> None:
        raise error

    for parent, folders, files in os.walk(folder, onerror=fail):
        folders[:] = [name for name in folders if not name.startswith(".")]
        paths = (Path(parent, name) for name in files if not name.startswith("."))
        yield from (path for path in paths if path.suffix.lower() in EXTENSIONS)


def _unique(stem: Path, taken: set[str]) -> Path:
    number, candidate = 1, stem
    while str(candidate).casefold() in taken:
        number += 1
        candidate = stem.with_name(f"{stem.name}-{number}")
    taken.add(str(candidate).casefold())
    return candidate


async def _readable(descriptor: int) -> None:
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    try:
        loop.add_reader(descriptor, ready.set)
    except PermissionError:  # a regular file: it can always be read
        return
    try:
        await ready.wait()
    finally:
        loop.remove_reader(descriptor)
