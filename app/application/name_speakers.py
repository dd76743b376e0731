"""The last step of a run: who of its speakers is somebody whose voice is known."""

import asyncio

from app.domain.assembly import TranscriptAssembler
from app.domain.events import Event
from app.domain.ports import VoiceRepository
from app.domain.voices import match


async def name_speakers(assembler: TranscriptAssembler, voices: VoiceRepository | None) -> list[Event]:
    """Give the speakers of an assembler that has finished the names of known voices, where that is sure.

    Returns the events that tell it, none where nobody is named; the others keep their labels. Raises
    `StorageFailed` when the known voices cannot be read; then nobody is named.
    """
    heard = assembler.voices() if voices is not None else {}
    if not heard or voices is None:
        return []
    known = await voices.list()
    return await asyncio.to_thread(lambda: assembler.name(match(heard, known)))
