"""Where the weights of a model come from: a folder of somebody's, or the hub's cache."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from app.adapters.outbound.models.names import file_name, is_commit, is_folder


def hub_cache() -> Path:
    """The folder in which huggingface_hub keeps downloads, by the variables that it obeys."""
    named = os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE")
    home = os.environ.get("HF_HOME") or str(_user_cache() / "huggingface")
    return Path(os.path.expandvars(named or f"{home}/hub")).expanduser()


def conversion_cache() -> Path:
    """The folder of what we convert, where no setting names another."""
    return _user_cache() / "diarist" / "models"


def _user_cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """`folder` None: it is not on this machine. `revision` is the commit, None for a `local` folder."""

    model: str
    folder: Path | None
    revision: str | None
    local: bool

    @property
    def key(self) -> Path | None:
        """Names what is in the folder now, as a path of two parts; None where nothing is known to be here."""
        if self.local:
            return None if self.folder is None else _key_of_folder(self.folder)
        return None if self.revision is None else Path(file_name(self.model), self.revision)


def locate(model: str, revision: str | None) -> Source:
    """What is on this machine, whole or not. Reads names and one line; asks nobody."""
    if is_folder(model):
        folder = Path(model).expanduser().absolute()
        return Source(
            model=str(folder), folder=folder if folder.is_dir() else None, revision=None, local=True
        )
    repository = hub_cache() / f"models--{file_name(model)}"
    commit = _commit(repository, revision or "main")
    snapshot = repository / "snapshots" / commit if commit else None
    here = snapshot if snapshot is not None and snapshot.is_dir() else None
    return Source(model=model, folder=here, revision=commit, local=False)


def _commit(repository: Path, revision: str) -> str | None:
    if is_commit(revision):
        return revision
    try:
        commit = (repository / "refs" / revision).read_text().strip()
    except (OSError, ValueError):
        return None
    return commit if is_commit(commit) else None


def _key_of_folder(folder: Path) -> Path:
    """Changes when a file of the folder does, so that another model in the same place is another key."""
    digest = hashlib.sha256(str(folder).encode())
    for path in sorted(folder.iterdir()):
        if path.is_file():
            status = path.stat()
            digest.update(f"\0{path.name}\0{status.st_size}\0{status.st_mtime_ns}".encode())
    # A name with a dot in front would be taken for something that is not done yet.
    return Path("folders", f"{folder.name.lstrip('.')}-{digest.hexdigest()[:16]}")
