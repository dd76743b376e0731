"""The clock of this machine."""

from datetime import UTC, datetime

import uuid_utils

from app.domain.ports import Clock


class SystemClock(Clock):
    """UTC time, and UUIDs of version 7: they sort by the moment they were made."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def new_id(self) -> str:
        return str(uuid_utils.uuid7())
