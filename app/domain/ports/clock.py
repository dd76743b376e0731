"""The conversation with time and chance, so that tests can decide both."""

from abc import abstractmethod
from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time and makes new ids."""

    @abstractmethod
    def now(self) -> datetime:
        """The present moment, with a time zone."""

    @abstractmethod
    def new_id(self) -> str:
        """An id nobody has; later ids sort after earlier ones."""
