"""Find recordings by file name."""

from app.domain.errors import InvalidOptions
from app.domain.ports import ClipPage, ClipRepository

MAX_LIMIT = 200


class ListAudio:
    """Lists the clips there are, newest first, a page at a time."""

    def __init__(self, *, clips: ClipRepository) -> None:
        self._clips = clips

    async def execute(self, text: str = "", *, limit: int = 50, cursor: str | None = None) -> ClipPage:
        """Clips whose file name holds `text`, in any case; `cursor` comes from the page before.

        Raises `InvalidOptions` for a limit outside 1..200 or a cursor that is not one.
        """
        if not 1 <= limit <= MAX_LIMIT:
            raise InvalidOptions("limit", f"must be between 1 and {MAX_LIMIT}, got {limit}")
        return await self._clips.search(text, limit=limit, cursor=cursor)
