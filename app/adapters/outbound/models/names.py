"""What a setting may call a Whisper: a folder, a name on the hub, or just its size."""

import re
from pathlib import Path

_SIZES = re.compile(r"(tiny|base|small|medium)(\.en)?|large(-v[123])?|large-v3-turbo")
_ON_THE_HUB = re.compile(r"[A-Za-z0-9_][\w.-]*(/[A-Za-z0-9_][\w.-]*)?")
_COMMIT = re.compile(r"[0-9a-f]{40}")


def full_name(model: str) -> str:
    """The name on the hub where only a size is given, as openai-whisper's users do: `large-v3`, `turbo`."""
    if model == "turbo":
        return "openai/whisper-large-v3-turbo"
    named_by_size = _SIZES.fullmatch(model) and not Path(model).is_dir()
    return f"openai/whisper-{model}" if named_by_size else model


def is_folder(model: str) -> bool:
    """Whether it is a folder, or can only be meant as one."""
    return Path(model).expanduser().is_dir() or _ON_THE_HUB.fullmatch(model) is None


def is_commit(revision: str) -> bool:
    """Whether a revision says all there is to know about what it holds."""
    return _COMMIT.fullmatch(revision) is not None


def file_name(model: str) -> str:
    """The hub cache's way to write a name as one folder."""
    return "--".join(model.split("/"))
