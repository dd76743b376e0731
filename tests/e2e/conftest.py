from pathlib import Path

import pytest

from app.infrastructure.settings import Settings
from tests.e2e.scene import Scene, environment, scripted_engines, write_talk


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    return write_talk(tmp_path / "recordings" / "talk.wav")


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """With scripted engines."""
    return _scene(tmp_path, **scripted_engines(tmp_path))


@pytest.fixture
def real_scene(tmp_path: Path) -> Scene:
    """With whatever engines `auto` takes."""
    return _scene(tmp_path)


@pytest.fixture
def settings(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Scripted engines, and a working folder that should stay empty."""
    monkeypatch.chdir(scene.cwd)
    monkeypatch.setattr("tempfile.tempdir", str(scene.tmp))
    engines = {name.lower(): value for name, value in scene.env.items() if name.endswith("_ENGINE")}
    scripts = {name.lower(): Path(scene.env[name]) for name in ("SCRIPTED_WORDS", "SCRIPTED_TURNS")}
    return Settings(_env_file=None, **engines, **scripts)


def _scene(folder: Path, **settings: str) -> Scene:
    cwd, tmp = folder / "cwd", folder / "tmp"
    cwd.mkdir()
    tmp.mkdir()
    return Scene(cwd=cwd, tmp=tmp, env=environment(tmp, **settings))
