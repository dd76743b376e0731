"""Ends streams when their reader does."""

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Generic, TypeVar

Item = TypeVar("Item")


class closing(Generic[Item]):  # noqa: N801 - named as contextlib names its own
    """Read a stream inside `async with`; leaving closes it at once if it is a generator.

    Whatever the generator works with so ends too, now and not when it is collected.
    """

    def __init__(self, stream: AsyncIterator[Item]) -> None:
        self._stream = stream

    async def __aenter__(self) -> AsyncIterator[Item]:
        return self._stream

    async def __aexit__(self, *_: object) -> None:
        if isinstance(self._stream, AsyncGenerator):
            await self._stream.aclose()
