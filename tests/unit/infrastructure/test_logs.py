import io
import logging
from collections.abc import Iterator
from typing import Literal

import pytest

from app.infrastructure.logs import configure_logs


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def break_with_secrets() -> None:
    api_key, words = "a-key-" + "x" * 8, ["what", "was said-in-" + "confidence"]
    raise ValueError(f"broke on {len(api_key) + len(words)} things")


@pytest.mark.parametrize("format", ["console", "json"])
def test_an_exception_is_told_with_its_traceback_but_without_what_the_variables_hold(
    format: Literal["console", "json"], monkeypatch: pytest.MonkeyPatch
) -> None:
    stderr = io.StringIO()
    monkeypatch.setattr("sys.stderr", stderr)
    configure_logs("INFO", format)
    try:
        break_with_secrets()
    except ValueError:
        logging.getLogger("diarist.test").exception("it broke")
    told = stderr.getvalue()
    assert "it broke" in told
    assert "ValueError: broke on 16 things" in told
    assert "break_with_secrets" in told
    assert "a-key-xxxxxxxx" not in told
    assert "said-in-confidence" not in told
