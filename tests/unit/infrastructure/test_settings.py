from pathlib import Path

import pytest

from app.domain.errors import InvalidOptions
from app.infrastructure.settings import Settings, read_settings, usable_cpus

ROOT = Path(__file__).parents[3]


def test_every_line_of_the_example_may_be_uncommented(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    settings = [line.removeprefix("#") for line in lines if line.startswith("#") and line[1:2].isupper()]
    assert len(settings) > 15
    (tmp_path / ".env").write_text("\n".join(settings))
    monkeypatch.chdir(tmp_path)
    assert read_settings() == Settings(_env_file=None)


def test_an_empty_setting_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("API_KEY", "CPU_THREADS", "AUDIO_STORAGE_PATH"):
        monkeypatch.setenv(name, "")
    settings = read_settings()
    assert settings.api_key is None
    assert settings.cpu_threads >= 1
    assert settings.audio_storage_path == Path("data/audio")


def test_hosts_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOWED_HOSTS", "diarist.example, other.example")
    assert read_settings().allowed_hosts == ("diarist.example", "other.example")


@pytest.mark.parametrize(("name", "value"), [("LOG_LEVEL", "verbose"), ("APP_PORT", "70000")])
def test_an_impossible_setting_is_named(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InvalidOptions, match=name):
        read_settings()


@pytest.mark.parametrize(("quota", "cpus"), [("150000 100000", 1), ("50000 100000", 1)])
def test_a_containers_quota_bounds_the_cores(quota: str, cpus: int, tmp_path: Path) -> None:
    (tmp_path / "cpu.max").write_text(quota)
    assert usable_cpus(tmp_path / "cpu.max") == cpus


def test_without_a_quota_all_cores_count(tmp_path: Path) -> None:
    (tmp_path / "cpu.max").write_text("max 100000")
    assert usable_cpus(tmp_path / "cpu.max") == usable_cpus(tmp_path / "none")
