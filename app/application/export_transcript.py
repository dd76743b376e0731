"""Write a stored transcript in one of the formats."""

import asyncio
from dataclasses import dataclass

from app.application.formats import FORMATS
from app.application.formats.cues import DEFAULT_LAYOUT, CueLayout
from app.domain.errors import InvalidOptions
from app.domain.ports import TranscriptRepository


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedTranscript:
    """A transcript as a file: its text (to be encoded as UTF-8), its type and a name for it."""

    content: str
    media_type: str
    filename: str


class ExportTranscript:
    """Turns a clip's transcript into json, txt, srt, vtt, tsv, rttm or ctm."""

    def __init__(self, *, transcripts: TranscriptRepository) -> None:
        self._transcripts = transcripts

    async def execute(
        self, clip_id: str, format_name: str, layout: CueLayout = DEFAULT_LAYOUT
    ) -> ExportedTranscript:
        """RTTM and CTM name the recording by its clip id, the only name that is nobody else's here.

        Raises `InvalidOptions` for a format that is not known, `NotFound` without a transcript.
        """
        if format_name not in FORMATS:
            raise InvalidOptions("format", f"must be one of {', '.join(FORMATS)}, got {format_name!r}")
        chosen = FORMATS[format_name]
        transcript = await self._transcripts.get(clip_id)
        # A transcript of ten hours takes long enough to write that other requests would feel it.
        content = await asyncio.to_thread(chosen.write, transcript, layout)
        return ExportedTranscript(
            content=content, media_type=chosen.media_type, filename=f"{clip_id}.{chosen.extension}"
        )
