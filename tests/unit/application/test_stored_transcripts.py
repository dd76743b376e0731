import json
from dataclasses import replace

import pytest

from app.adapters.outbound.persistence.memory import MemoryClipRepository, MemoryTranscriptRepository
from app.application.delete_transcript import DeleteTranscript
from app.application.export_transcript import ExportTranscript
from app.application.formats import FORMATS, CueLayout
from app.application.get_transcript import GetTranscript
from app.domain.audio import AudioClip
from app.domain.errors import InvalidOptions, NotFound
from app.domain.transcript import Transcript


@pytest.fixture(autouse=True)
async def stored(
    clips: MemoryClipRepository,
    transcripts: MemoryTranscriptRepository,
    clip: AudioClip,
    transcript: Transcript,
) -> None:
    await clips.add(clip)
    await transcripts.save(transcript)


async def test_a_transcript_is_found_by_its_clip(
    transcripts: MemoryTranscriptRepository, transcript: Transcript
) -> None:
    assert await GetTranscript(transcripts=transcripts).execute("clip") == transcript


async def test_a_deleted_transcript_is_gone_and_the_clip_stays(
    clips: MemoryClipRepository, transcripts: MemoryTranscriptRepository, clip: AudioClip
) -> None:
    await DeleteTranscript(transcripts=transcripts).execute("clip")
    with pytest.raises(NotFound):
        await GetTranscript(transcripts=transcripts).execute("clip")
    assert await clips.get("clip") == clip


@pytest.mark.parametrize("name", FORMATS)
async def test_every_format_is_exported_as_a_file_of_its_type(
    transcripts: MemoryTranscriptRepository, name: str
) -> None:
    exported = await ExportTranscript(transcripts=transcripts).execute("clip", name)
    assert exported.filename == f"clip.{name}"
    assert exported.media_type == FORMATS[name].media_type
    assert "SPEAKER_00" in exported.content or name == "ctm"


async def test_json_is_exported_whole(transcripts: MemoryTranscriptRepository) -> None:
    exported = await ExportTranscript(transcripts=transcripts).execute("clip", "json")
    assert json.loads(exported.content)["segments"][0]["text"] == "Hello."


async def test_the_layout_reaches_the_cues(
    transcripts: MemoryTranscriptRepository, transcript: Transcript
) -> None:
    long = replace(transcript.segments[0], text="one two three", speaker_label=None)
    await transcripts.save(replace(transcript, segments=(long,)))
    narrow = CueLayout(max_line_count=1, max_line_width=10)
    exported = await ExportTranscript(transcripts=transcripts).execute("clip", "srt", narrow)
    assert exported.content.count("-->") == 2


async def test_an_unknown_format_is_refused_with_those_there_are(
    transcripts: MemoryTranscriptRepository,
) -> None:
    with pytest.raises(InvalidOptions, match="must be one of json, txt, srt, vtt, tsv, rttm, ctm"):
        await ExportTranscript(transcripts=transcripts).execute("clip", "docx")


async def test_an_unknown_clip_has_nothing_to_export(transcripts: MemoryTranscriptRepository) -> None:
    with pytest.raises(NotFound):
        await ExportTranscript(transcripts=transcripts).execute("nothing", "txt")
