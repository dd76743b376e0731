"""Bring a model to this machine, ready for an engine."""

from collections.abc import AsyncIterator

from app.application.closing import closing
from app.domain.models import PullEvent
from app.domain.ports.models import ModelStore


class PullModel:
    """`chosen` and `revision` are those of the settings: what is pulled unless another one is named."""

    def __init__(self, *, models: ModelStore, chosen: str, revision: str | None) -> None:
        self._models = models
        self._chosen = chosen
        self._revision = revision

    async def execute(
        self, name: str | None = None, *, revision: str | None = None, engine: str | None = None
    ) -> AsyncIterator[PullEvent]:
        """Progress, and at last the `StoredModel`. Leaving it stops the work.

        Raises `EngineUnavailable` with the remedy, and `InvalidOptions` for an engine nobody knows.
        """
        if name is None:
            name, revision = self._chosen, revision or self._revision
        events = self._models.pull(name, revision=revision, engine=engine)
        async with closing(events):
            async for event in events:
                yield event
