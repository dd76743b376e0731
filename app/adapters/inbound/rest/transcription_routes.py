"""Stored transcripts: read in any format, delete."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request, Response
from starlette.responses import StreamingResponse

from app.adapters.inbound.rest import examples, ndjson
from app.adapters.inbound.rest.menu import Menu
from app.adapters.inbound.rest.negotiation import format_for
from app.adapters.inbound.rest.options import ExportQuery
from app.adapters.inbound.rest.problems import problem_of_status
from app.adapters.inbound.rest.schemas import Transcript
from app.application.formats import FORMATS
from app.application.formats.ndjson import transcript_lines
from app.application.formats.transcript_json import to_json
from app.domain.errors import InvalidOptions

router = APIRouter(prefix="/api/transcription", tags=["transcripts"])

_KINDS = ", ".join(dict.fromkeys(written.media_type for written in FORMATS.values()))
_NOT_ACCEPTED = f"a transcript can be had as {_KINDS}"

_EXPORT = {
    **examples.answer(200, "The transcript.", examples.TRANSCRIPT),
    **examples.answers(
        examples.NO_TRANSCRIPT,
        InvalidOptions("format", f"must be one of {', '.join(FORMATS)}, got 'docx'"),
        problem_of_status(406, _NOT_ACCEPTED),
    ),
}
_EXPORT[200]["model"] = Transcript
_EXPORT[200]["content"] |= examples.text_formats()
_STREAM = {
    **examples.events("A segment a line, then done.", examples.STORED_EVENTS),
    **examples.answers(examples.NO_TRANSCRIPT),
}


@router.get("/stream/{clip_id}", response_class=Response, responses=_STREAM)
@router.get("/{clip_id}/stream", response_class=Response, responses=_STREAM)
async def stream_transcript(clip_id: str, use_cases: Menu) -> Response:
    """The transcript as the events that would tell it."""
    transcript = await use_cases.get_transcript.execute(clip_id)

    def lines() -> Iterator[str]:
        for line in transcript_lines(transcript):
            yield to_json(line) + "\n"

    # Not an async generator: lines are written in a thread, so that a long transcript holds up nobody.
    return StreamingResponse(lines(), media_type=ndjson.MEDIA_TYPE, headers=ndjson.HEADERS)


@router.get("/{clip_id}", response_class=Response, responses=_EXPORT)
async def get_transcript(
    clip_id: str, query: Annotated[ExportQuery, Query()], request: Request, use_cases: Menu
) -> Response:
    """A stored transcript, in the format that `format` or the Accept header names."""
    name = query.format or format_for(request.headers.get("accept", ""))
    if name is None:
        raise HTTPException(406, _NOT_ACCEPTED)
    exported = await use_cases.export_transcript.execute(clip_id, name, query.to_layout())
    headers = {"Content-Disposition": f'inline; filename="{exported.filename}"', "Vary": "Accept"}
    return Response(exported.content, media_type=exported.media_type, headers=headers)


@router.delete("/{clip_id}", status_code=204, responses=examples.answers(examples.NO_TRANSCRIPT))
async def delete_transcript(clip_id: str, use_cases: Menu) -> None:
    """Delete a transcript; the recording stays."""
    await use_cases.delete_transcript.execute(clip_id)
