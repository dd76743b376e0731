"""What a folder or a repository of a pyannote pipeline holds, and whether a diarizer can come of it."""

import re
from collections.abc import Collection
from pathlib import Path

from app.adapters.outbound.models.integrity import Unfit, check_weights

CONFIG = "config.yaml"
NAME_ANOTHER = "Name a pipeline such as pyannote/speaker-diarization-community-1"

_PARTS = {
    "segmentation": ("pytorch_model.bin",),
    "embedding": ("pytorch_model.bin",),
    "plda": ("xvec_transform.npz", "plda.npz"),
}
"""What a SpeakerDiarization is made of. pyannote wants the last one whichever clustering there is."""
_FILES = {name for names in _PARTS.values() for name in names}
_WITH_IT = "$model/"


def pipeline_files(names: Collection[str]) -> list[str]:
    """What to fetch of a repository: its config, and weights. Raises `Unfit` where it is no pipeline."""
    if CONFIG not in names:
        raise Unfit(f"it is no pipeline of pyannote: it has no {CONFIG}", NAME_ANOTHER)
    return sorted(name for name in names if name == CONFIG or name.rpartition("/")[2] in _FILES)


def check_pipeline(folder: Path) -> None:
    """Raise `Unfit` unless a whole speaker diarization pipeline is in there. Loads no weights."""
    config = _read(folder / CONFIG)
    if _value(config, "name") != "pyannote.audio.pipelines.SpeakerDiarization":
        raise Unfit(f"its {CONFIG} describes no speaker diarization pipeline", NAME_ANOTHER)
    for part, files in _PARTS.items():
        place = _value(config, part)
        if place is None or not place.startswith(_WITH_IT):
            where = f"comes from elsewhere ({place})" if place else "is not named"
            raise Unfit(
                f"its {part} {where}, and is not part of it: only pipelines that have all with them can be"
                " used without asking the hub",
                NAME_ANOTHER,
            )
        for name in files:
            path = folder / place.removeprefix(_WITH_IT).partition("@")[0] / name
            try:
                check_weights(path)
            except Unfit as unfit:
                raise Unfit(f"in {part}, {unfit}") from unfit


def is_pipeline(folder: Path) -> bool:
    """Whether a folder is meant as a pipeline of pyannote, whole or not."""
    try:
        return (_value(_read(folder / CONFIG), "name") or "").startswith("pyannote.")
    except Unfit:
        return False


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise Unfit(f"{path.name} is missing") from error
    except UnicodeDecodeError as error:
        raise Unfit(f"{path.name} is damaged: it is no text") from error
    except OSError as error:
        raise Unfit(f"{path.name} cannot be read: {error.strerror}") from error


def _value(config: str, key: str) -> str | None:
    """The text that a key has on its line, in YAML or in JSON, which is YAML too.

    Keys occur once with a text: `segmentation:` of the parameters has others below it.
    """
    quote = "[\"']?"
    found = re.search(rf"^\s*{quote}{key}{quote}\s*:[ \t]*{quote}([^\s\"',{{}}]+)", config, re.MULTILINE)
    return found[1] if found else None
