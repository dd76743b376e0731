from collections.abc import AsyncIterator

import pytest

from app.adapters.outbound.persistence.memory import MemoryClipRepository
from app.application.get_audio import GetAudio
from app.domain.audio import AudioClip
from app.domain.errors import NotFound
from tests.fakes import FolderAudioStore


async def _sound() -> AsyncIterator[bytes]:
    yield b"RIFF"


async def test_a_clip_is_found_with_its_sound(
    clips: MemoryClipRepository, audio_store: FolderAudioStore, clip: AudioClip
) -> None:
    await audio_store.put(clip.id, _sound())
    await clips.add(clip)
    get_audio = GetAudio(clips=clips, audio_store=audio_store)
    assert await get_audio.execute(clip.id) == clip
    async with get_audio.content(clip.id) as path:
        assert path.read_bytes() == b"RIFF"


async def test_an_unknown_clip_is_not_found(
    clips: MemoryClipRepository, audio_store: FolderAudioStore
) -> None:
    get_audio = GetAudio(clips=clips, audio_store=audio_store)
    with pytest.raises(NotFound):
        await get_audio.execute("nothing")
    with pytest.raises(NotFound):
        async with get_audio.content("nothing"):
            pass
