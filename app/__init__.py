"""Diarist: who said what, when, from any recording."""

from typing import Any

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Build the web application on first use, so that `uvicorn app:app` works and `import app` is light."""
    if name == "app":
        from app.infrastructure.main import create_app

        return globals().setdefault("app", create_app())
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
