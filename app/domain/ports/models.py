"""The conversation with the place where models are kept."""

from abc import abstractmethod
from collections.abc import AsyncIterator
from typing import Protocol

from app.domain.models import PullEvent, StoredModel


class ModelStore(Protocol):
    """Brings models to this machine, tells which are here, and removes them."""

    @abstractmethod
    async def list(self) -> tuple[StoredModel, ...]:
        """Every model here that an engine of ours could use, by name; broken ones too."""

    @abstractmethod
    def pull(self, name: str, *, revision: str | None, engine: str | None) -> AsyncIterator[PullEvent]:
        """Download a model and bring it into the layout of an engine, None for the one preferred here.

        The last event is the `StoredModel`. What is here already is not fetched again. Leaving the
        iterator stops the work; what was downloaded so far is kept for the next time. Raises
        `EngineUnavailable` when it cannot be had, `InvalidOptions` for an engine nobody knows.
        """

    @abstractmethod
    async def remove(self, name: str) -> int:
        """Remove every revision of a model and what was converted from it; says how many bytes are free now.

        A folder by its path stays, only what was converted from it goes. Raises `NotFound`, `Conflict`
        for what is no model of ours, and `StorageFailed`.
        """
