"""Which models are on this machine."""

from app.domain.models import StoredModel
from app.domain.ports.models import ModelStore


class ListModels:
    """`chosen` is the model that the settings name, here or not."""

    def __init__(self, *, models: ModelStore, chosen: str) -> None:
        self._models = models
        self.chosen = chosen

    async def execute(self) -> tuple[StoredModel, ...]:
        """By name; what is broken says so."""
        return await self._models.list()
