"""What every engine can be asked, whatever it does."""

from abc import abstractmethod
from typing import Protocol

from app.domain.engine import EngineInfo


class EnginePort(Protocol):
    """An engine that loads when it is first used and can be let go of."""

    @abstractmethod
    def describe(self) -> EngineInfo:
        """Who the engine is and what it honours. Loads nothing."""

    def check(self) -> None:
        """Raise `EngineUnavailable` when a package or model is missing, or is known not to load.

        Loads nothing: it is asked often, and must be quick.
        """
        return

    async def load(self) -> None:
        """Load what the first use would load. Raises `EngineUnavailable`."""
        return

    async def aclose(self) -> None:
        """Let go of models, threads and processes. A later call starts afresh."""
        return
