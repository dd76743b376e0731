"""That .env.example tells the truth about the settings."""

import re

import pytest

from app.infrastructure.settings import Settings
from tests.architecture.sources import ROOT

EXAMPLE = dict(re.findall(r"^#?([A-Z_]+)=(.*)$", (ROOT / ".env.example").read_text(), flags=re.MULTILINE))
# Set by those who embed Diarist, not by those who run it.
NOT_FOR_OPERATORS = {"in_memory"}


def test_the_example_names_every_setting_and_no_other() -> None:
    assert {name.lower() for name in EXAMPLE} == Settings.model_fields.keys() - NOT_FOR_OPERATORS


@pytest.mark.parametrize("name", [name for name, value in EXAMPLE.items() if value])
def test_the_example_shows_the_default(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in EXAMPLE:
        monkeypatch.delenv(variable, raising=False)
    default = getattr(Settings(_env_file=None), name.lower())
    monkeypatch.setenv(name, EXAMPLE[name])
    assert getattr(Settings(_env_file=None), name.lower()) == default
