"""Models that are on this machine, and what is told while one is brought here."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Layout = Literal["transformers", "ctranslate2", "pyannote"]
"""How weights lie on disk: as they come from the hub, as CTranslate2 wants them, or as a pipeline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredModel:
    """Weights in a folder, and the room they take.

    `name` is the hub's, or the path of the folder they were converted from. `revision` is a commit of the
    hub. `converted` says that Diarist made this copy itself. `problem` says why no engine could use it,
    None when one can; `chosen` that the settings name this model.
    """

    name: str
    revision: str | None
    layout: Layout
    path: Path
    size_bytes: int
    converted: bool = False
    problem: str | None = None
    chosen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PullProgress:
    """How far a model has come; `total_bytes` is None where nobody knows."""

    stage: Literal["download", "convert"]
    done_bytes: int = 0
    total_bytes: int | None = None


PullEvent = PullProgress | StoredModel
"""What a pull tells: progress, and at the end what is here now, as the engine will use it."""
