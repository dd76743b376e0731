"""What a child process is told of the machine, and what it is not."""

from pathlib import Path

import pytest

from app.adapters.outbound.models.child_run import Message, run_child

_TELLS_ITS_ENVIRONMENT = """
import os
from app.adapters.outbound.child_channel import Channel
channel = Channel.open()
channel.receive()
channel.send(dict(os.environ))
"""


def environment(*, online: bool) -> Message:
    told: list[Message] = []

    def listen(message: Message) -> bool:
        told.append(message)
        return True

    run_child("teller", {}, on_message=listen, online=online)
    return told[0]


@pytest.fixture(autouse=True)
def teller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.adapters.outbound.models import child_run

    (tmp_path / "teller.py").write_text(_TELLS_ITS_ENVIRONMENT)
    (tmp_path / "app").symlink_to(child_run._PACKAGE_ROOT / "app")
    monkeypatch.setattr(child_run, "_PACKAGE_ROOT", tmp_path)


@pytest.mark.parametrize("online", [False, True])
def test_a_child_inherits_no_secrets(monkeypatch: pytest.MonkeyPatch, online: bool) -> None:
    for name in ("HF_TOKEN", "HUGGINGFACE_HUB_TOKEN", "HUGGINGFACE_AUTH_TOKEN", "API_KEY", "DATABASE_URL"):
        monkeypatch.setenv(name, "secret")
    monkeypatch.setenv("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")
    told = environment(online=online)
    assert "secret" not in told.values()
    assert told["HF_HUB_DISABLE_IMPLICIT_TOKEN"] == "1"
    assert "HF_HOME" in told


def test_only_who_goes_online_is_told_the_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://user:password@proxy")
    assert "https_proxy" in environment(online=True)
    assert "https_proxy" not in environment(online=False)
