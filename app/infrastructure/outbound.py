"""Outbound adapters by name, so that nothing of theirs is imported before one is built."""

import importlib
from collections.abc import Callable
from operator import attrgetter
from typing import Any


def outbound(adapter: str) -> Callable[..., Any]:
    """Makes what `module:Class` or `module:Class.method` under app.adapters.outbound makes."""

    def build(*args: Any, **kwargs: Any) -> Any:
        module, name = adapter.split(":")
        return attrgetter(name)(importlib.import_module(f"app.adapters.outbound.{module}"))(*args, **kwargs)

    return build
