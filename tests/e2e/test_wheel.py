"""What is packaged: a wheel, installed alone into a fresh environment, away from the sources.

The dependencies are those of this environment, which the fresh one is pointed to by a .pth file.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT
from tests.e2e.scene import TEXT, Ran, environment, ran, scripted_engines, write_talk

BUILT_FROM = ("app", "LICENSE", "README.md", "pyproject.toml")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of the fresh environment."""
    folder = tmp_path_factory.mktemp("wheel")
    sources = folder / "sources"
    for name in BUILT_FROM:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
        sources.mkdir(exist_ok=True)
        copy(ROOT / name, sources / name)
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "-q", "-w", folder / "dist", sources]
    # The build backend comes from the package index, unless it is installed here.
    if subprocess.run([sys.executable, "-c", "import poetry.core"], capture_output=True).returncode == 0:
        build.append("--no-build-isolation")
    subprocess.run(build, check=True)
    (wheel,) = (folder / "dist").glob("diarist-*.whl")
    venv.create(folder / "env", with_pip=False, symlinks=True)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(folder / "env")}))
    pip = [sys.executable, "-m", "pip", "-q", "--python", str(folder / "env" / "bin" / "python")]
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    subprocess.run([*pip, "install", "--no-deps", "--no-index", "--ignore-installed", wheel], check=True)
    return folder / "env" / "bin"


@pytest.fixture
def away(tmp_path: Path) -> Path:
    """A folder away from the sources, with a recording in it."""
    write_talk(tmp_path / "talk.wav")
    return tmp_path


def run(away: Path, *command: str | Path) -> Ran:
    env = environment(away, **scripted_engines(away))
    del env["PYTHONPATH"]
    return ran([os.fspath(part) for part in command], cwd=away, env=env)


def test_the_package_is_the_wheel_and_the_command_works(installed: Path, away: Path) -> None:
    where = run(away, installed / "python", "-c", "import app; print(app.__file__)")
    assert Path(where.stdout.strip()).is_relative_to(installed.parent / "lib"), where
    spoken = run(away, installed / "diarist", "transcribe", "talk.wav")
    assert (spoken.stdout, spoken.status) == (TEXT, 0), spoken


def test_the_library_works_and_the_database_can_be_made(installed: Path, away: Path) -> None:
    script = (
        "from app.library import open_diarist\n"
        "with open_diarist(data_dir='data') as diarist:\n"
        "    print(diarist.transcribe('talk.wav').text)"
    )
    spoken = run(away, installed / "python", "-c", script)
    assert (spoken.stdout, spoken.status) == ("good morning hello there\n", 0), spoken
    assert (away / "data" / "transcripts" / "diarist.db").is_file()


def test_the_service_can_be_made_and_everything_imported_is_in_the_wheel(installed: Path, away: Path) -> None:
    script = (
        "import importlib, pkgutil, app\n"
        "assert app.app\n"
        "for module in pkgutil.walk_packages(app.__path__, 'app.'):\n"
        "    if '.migrations.' not in module.name: importlib.import_module(module.name)"
    )
    made = run(away, installed / "python", "-c", script)
    assert made.status == 0, made.stderr


def test_type_checkers_see_the_types(installed: Path, away: Path) -> None:
    (away / "program.py").write_text(
        "from app.library import open_diarist\n"
        "with open_diarist() as diarist:\n"
        "    reveal_type(diarist.transcribe('talk.wav', num_speakers=2))\n"
        "    diarist.transcribe('talk.wav', num_speakers='two')\n"
    )
    python = ("--python-executable", installed / "python")
    checked = run(away, sys.executable, "-m", "mypy", "--follow-imports=silent", *python, "program.py")
    assert 'Revealed type is "app.domain.transcript.Transcript"' in checked.stdout
    assert 'incompatible type "str"' in checked.stdout
    assert "Found 1 error" in checked.stdout
