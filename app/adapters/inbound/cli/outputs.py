"""Where transcripts go: standard output, or files that appear whole or not at all."""

import os
import sys
from pathlib import Path

from app.application.formats import Format
from app.application.formats.cues import CueLayout
from app.domain.transcript import Transcript


def print_transcript(transcript: Transcript, format: Format, layout: CueLayout, name: str) -> None:
    """As UTF-8, whatever the terminal's encoding: what is piped into a file has to be right."""
    sys.stdout.buffer.write(format.write(transcript, layout, name).encode())
    sys.stdout.buffer.flush()


def save_transcript(transcript: Transcript, format: Format, layout: CueLayout, stem: Path) -> None:
    """As `<stem>.<extension>`, in place of an older one. Raises `OSError`."""
    path = stem.with_name(f"{stem.name}.{format.extension}")
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".diarist-{os.getpid()}.part")
    try:
        part.write_text(format.write(transcript, layout, stem.name), encoding="utf-8", newline="")
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
