from dataclasses import replace
from datetime import timedelta

import pytest

from app.adapters.outbound.persistence.memory import MemoryClipRepository
from app.application.list_audio import ListAudio
from app.domain.audio import AudioClip
from app.domain.errors import InvalidOptions


async def test_clips_are_found_by_name_a_page_at_a_time(clips: MemoryClipRepository, clip: AudioClip) -> None:
    for number, filename in enumerate(["memo.wav", "Interview 1.wav", "interview 2.wav"]):
        made_at = clip.created_at + timedelta(hours=number)
        await clips.add(replace(clip, id=f"c{number}", filename=filename, created_at=made_at))
    list_audio = ListAudio(clips=clips)
    first = await list_audio.execute("interview", limit=1)
    second = await list_audio.execute("interview", limit=1, cursor=first.next_cursor)
    assert [c.id for c in (*first.items, *second.items)] == ["c2", "c1"]
    assert second.next_cursor is None


@pytest.mark.parametrize("limit", [0, 201])
async def test_a_page_holds_1_to_200_clips(clips: MemoryClipRepository, limit: int) -> None:
    with pytest.raises(InvalidOptions) as refused:
        await ListAudio(clips=clips).execute(limit=limit)
    assert refused.value.option == "limit"
