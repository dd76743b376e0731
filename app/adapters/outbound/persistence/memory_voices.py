"""Known voices that are forgotten when the process ends."""

from dataclasses import replace

from app.domain.errors import NotFound
from app.domain.ports import VoiceRepository
from app.domain.voices import KnownVoice, Voiceprint, name_key, pooled


class MemoryVoiceRepository(VoiceRepository):
    """Keeps known voices in a dict, and beside them every voiceprint that was added."""

    def __init__(self) -> None:
        self._voices: dict[str, KnownVoice] = {}
        self._prints: dict[str, list[Voiceprint]] = {}

    async def add(self, voice: KnownVoice) -> KnownVoice:
        key = name_key(voice.name)
        known = next((each for each in self._voices.values() if name_key(each.name) == key), voice)
        prints = self._prints.setdefault(known.id, [])
        prints += voice.prints
        self._voices[known.id] = replace(known, prints=pooled(prints))
        return self._voices[known.id]

    async def get(self, voice_id: str) -> KnownVoice:
        if voice_id not in self._voices:
            raise NotFound("voice", voice_id)
        return self._voices[voice_id]

    async def list(self) -> tuple[KnownVoice, ...]:
        return tuple(sorted(self._voices.values(), key=lambda voice: name_key(voice.name)))

    async def delete(self, voice_id: str) -> None:
        if voice_id not in self._voices:
            raise NotFound("voice", voice_id)
        del self._voices[voice_id], self._prints[voice_id]
