"""Refresh poetry.lock and constraints.txt: the newest of everything that pyproject.toml allows.

    .venv-poetry/bin/python tools/lock.py [URL of a "simple" index]

Poetry's client for the default index needs a JSON API that many mirrors lack. Given the URL of a mirror's
"simple" pages, the lock is made in a scratch folder with that mirror as its source, and freed of every trace
of it afterwards: hashes decide what may be installed, not hosts.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from poetry.factory import Factory

ROOT = Path(__file__).resolve().parent.parent
POETRY = Path(sys.executable).with_name("poetry")
SOURCE = '\n[[tool.poetry.source]]\nname = "mirror"\nurl = "{url}"\npriority = "primary"\n'


def poetry(*arguments: str, folder: Path = ROOT) -> str:
    """What Poetry prints, run in a folder without an environment of its own; a failure ends the script."""
    environment = os.environ | {"POETRY_VIRTUALENVS_CREATE": "false"}
    command = [POETRY, *arguments, "--no-interaction"]
    return subprocess.run(
        command, cwd=folder, env=environment, check=True, stdout=subprocess.PIPE, text=True
    ).stdout


def locked(pyproject: str, index_url: str | None) -> str:
    """The text of a lock of this pyproject.toml, made in a folder of its own."""
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        source = SOURCE.format(url=index_url) if index_url else ""
        (scratch / "pyproject.toml").write_text(pyproject + source, encoding="utf-8")
        poetry("lock", folder=scratch)
        return (scratch / "poetry.lock").read_text(encoding="utf-8")


def without_source(lock: str) -> str:
    """The lock without the mirror, and with the hash of the real pyproject.toml, which never named one."""
    lock = re.sub(r"\n\[package\.source\]\n(?:[^\n\[]+\n)+", "", lock)
    content_hash = Factory().create_poetry(ROOT).locker._get_content_hash()
    return re.sub(r'(?m)^content-hash = ".*"$', f'content-hash = "{content_hash}"', lock)


def without_cuda(constraints: str) -> str:
    """The constraints without CUDA's packages: some Poetry lists twice, which pip takes for a conflict.

    Nothing is lost: torch itself requires them by exact version, and its CPU build not at all.
    """
    return "".join(
        line
        for line in constraints.splitlines(keepends=True)
        if not line.startswith(("cuda-", "nvidia-", "triton"))
    )


def main() -> None:
    """Write both files, the second once Poetry has confirmed that the first fits."""
    index_url = sys.argv[1] if len(sys.argv) > 1 else None
    lock = locked((ROOT / "pyproject.toml").read_text(encoding="utf-8"), index_url)
    (ROOT / "poetry.lock").write_text(without_source(lock), encoding="utf-8")
    sys.stdout.write(poetry("check", "--lock"))
    # Without hashes: with them pip would refuse builds of the same version for other hardware.
    exported = poetry("export", "--format=constraints.txt", "--without-hashes", "--all-extras")
    (ROOT / "constraints.txt").write_text(without_cuda(exported), encoding="utf-8")


if __name__ == "__main__":
    main()
