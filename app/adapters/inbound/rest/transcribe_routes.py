"""Transcribe a stored recording: wait for the transcript, or hear of it as it comes about."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.adapters.inbound.rest import examples
from app.adapters.inbound.rest.leaving import while_connected
from app.adapters.inbound.rest.menu import HeartbeatS, Menu
from app.adapters.inbound.rest.ndjson import event_stream
from app.adapters.inbound.rest.options import ClipTranscriptionQuery, TranscriptionQuery
from app.adapters.inbound.rest.schemas import Transcript
from app.application.formats import FORMATS, CueLayout
from app.application.use_cases import UseCases

router = APIRouter(prefix="/api/transcribe", tags=["transcription"])

Options = Annotated[TranscriptionQuery, Query()]
ClipAndOptions = Annotated[ClipTranscriptionQuery, Query()]

_WAIT = {
    **examples.answer(200, "The transcript.", examples.TRANSCRIPT),
    **examples.answers(examples.NO_CLIP, examples.BAD_OPTION, examples.BAD_AUDIO, examples.CANCELLED),
    **examples.answers(examples.BUSY, examples.BROKEN, examples.MISSING),
}
_WAIT[200]["model"] = Transcript
_STREAM = {
    **examples.events("One event a line; the last is done, failed or cancelled.", examples.EVENTS),
    **examples.answers(examples.NO_CLIP, examples.BAD_OPTION),
}


@router.post("", response_class=Response, responses=_WAIT)
async def transcribe(query: ClipAndOptions, request: Request, use_cases: Menu) -> Response:
    """Transcribe a recording and wait.

    Equal requests at one time share one run. When the last client of a run leaves, it is stopped.
    """
    return await _wait(query.clip_id, query, request, use_cases)


@router.post("/stream", response_class=Response, responses=_STREAM)
async def transcribe_stream(query: ClipAndOptions, use_cases: Menu, heartbeat_s: HeartbeatS) -> Response:
    """Transcribe a recording; the events come as they happen.

    Lines of type heartbeat, without `seq`, fill long silences and are no events.
    """
    return await _stream(query.clip_id, query, use_cases, heartbeat_s)


@router.post("/{clip_id}", response_class=Response, responses=_WAIT)
async def transcribe_clip(clip_id: str, query: Options, request: Request, use_cases: Menu) -> Response:
    """The same as `POST /api/transcribe?clip_id=`."""
    return await _wait(clip_id, query, request, use_cases)


@router.get("/{clip_id}/stream", response_class=Response, responses=_STREAM)
async def follow_clip(clip_id: str, query: Options, use_cases: Menu, heartbeat_s: HeartbeatS) -> Response:
    """The same as `POST /api/transcribe/stream?clip_id=`."""
    return await _stream(clip_id, query, use_cases, heartbeat_s)


@router.post("/{clip_id}/stream", response_class=Response, responses=_STREAM)
async def transcribe_clip_stream(
    clip_id: str, query: Options, use_cases: Menu, heartbeat_s: HeartbeatS
) -> Response:
    """The same as `POST /api/transcribe/stream?clip_id=`."""
    return await _stream(clip_id, query, use_cases, heartbeat_s)


async def _wait(clip_id: str, query: TranscriptionQuery, request: Request, use_cases: UseCases) -> Response:
    job = await use_cases.submit_job.execute(clip_id, query.to_options())
    transcript = await while_connected(request.receive, use_cases.follow_job.transcript(job.id))
    document = FORMATS["json"]
    # A transcript of ten hours takes long enough to write that other requests would feel it.
    content = await asyncio.to_thread(document.write, transcript, CueLayout())
    return Response(content, media_type=document.media_type)


async def _stream(
    clip_id: str, query: TranscriptionQuery, use_cases: UseCases, heartbeat_s: float
) -> Response:
    job = await use_cases.submit_job.execute(clip_id, query.to_options())
    return await event_stream(use_cases.follow_job.execute(job.id), heartbeat_s=heartbeat_s)
