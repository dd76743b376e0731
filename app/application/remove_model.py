"""Make room: forget a model."""

from app.domain.ports.models import ModelStore


class RemoveModel:
    def __init__(self, *, models: ModelStore) -> None:
        self._models = models

    async def execute(self, name: str) -> int:
        """Download and conversions, of every revision; the bytes that are free now.

        Raises `NotFound`, `Conflict` for what is no model of ours, and `StorageFailed`.
        """
        return await self._models.remove(name)
