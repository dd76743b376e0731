"""A made-up conversation that the scripted engines hear, and the command line run on it, or on anything."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tests.architecture.sources import ROOT
from tests.fixtures.sounds import silence, tone, write_wav

TEXT = "SPEAKER_00: good morning\nSPEAKER_01: hello there\n"

_WORDS = """\
talk 1 0.60 0.30 good
talk 1 1.00 0.30 morning
talk 1 3.60 0.30 hello
talk 1 4.00 0.30 there
"""
_TURNS = """\
SPEAKER talk 1 0.500 1.500 <NA> <NA> anna <NA> <NA>
SPEAKER talk 1 3.500 1.500 <NA> <NA> ben <NA> <NA>
"""
_COMMAND_LINE = "from app.infrastructure.main import cli; cli()"


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A working folder that is empty, a temporary one that is empty too, and the settings to run under."""

    cwd: Path
    tmp: Path
    env: dict[str, str]

    def diarist(self, *arguments: str | Path, **kwargs: Any) -> "Ran":
        """Run the command line to its end."""
        return ran(command(*arguments), cwd=self.cwd, env=self.env, **kwargs)

    def start(self, *arguments: str | Path, **kwargs: Any) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(command(*arguments), cwd=self.cwd, env=self.env, **kwargs)

    def python(self, script: str) -> "Ran":
        return ran([sys.executable, "-c", script], cwd=self.cwd, env=self.env)

    @property
    def left(self) -> set[str]:
        """What lies around in either folder."""
        folders = (self.cwd, self.tmp)
        return {path.relative_to(folder).as_posix() for folder in folders for path in folder.rglob("*")}


@dataclass(frozen=True, kw_only=True)
class Ran:
    status: int
    stdout: str
    stderr: str


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-c", _COMMAND_LINE, *map(str, arguments)]


def ran(arguments: list[str], **kwargs: Any) -> Ran:
    done = subprocess.run(arguments, capture_output=True, timeout=120, **kwargs)
    return Ran(status=done.returncode, stdout=done.stdout.decode(), stderr=done.stderr.decode())


def environment(tmp: Path, **settings: str) -> dict[str, str]:
    """With no settings of Diarist's but those given."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**inherited, "TMPDIR": str(tmp), "PYTHONPATH": str(ROOT), **settings}


def scripted_engines(folder: Path) -> dict[str, str]:
    """The settings under which the conversation is heard in any recording."""
    (folder / "words.ctm").write_text(_WORDS)
    (folder / "turns.rttm").write_text(_TURNS)
    return {
        "TRANSCRIPTION_ENGINE": "scripted",
        "SCRIPTED_WORDS": str(folder / "words.ctm"),
        "DIARIZATION_ENGINE": "scripted",
        "SCRIPTED_TURNS": str(folder / "turns.rttm"),
        "VOICE_ACTIVITY_ENGINE": "energy",
    }


def write_talk(path: Path) -> Path:
    """5.5 s: somebody from 0.5 to 2 s, somebody else from 3.5 to 5 s."""
    path.parent.mkdir(parents=True, exist_ok=True)
    parts = [silence(0.5), tone(1.5), silence(1.5), tone(1.5, hz=220), silence(0.5)]
    return write_wav(path, np.concatenate(parts, axis=1))
