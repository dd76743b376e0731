"""Stored transcripts: tell the speakers apart anew."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.adapters.inbound.rest import examples
from app.adapters.inbound.rest.menu import Menu
from app.adapters.inbound.rest.options import DiarizeQuery
from app.adapters.inbound.rest.schemas import Transcript
from app.application.diarize_again import AGAIN
from app.application.formats import FORMATS, CueLayout
from app.domain.errors import Conflict

router = APIRouter(prefix="/api/transcription", tags=["transcripts"])

_ANEW = {
    **examples.answer(200, "The new transcript.", examples.TRANSCRIPT),
    **examples.answers(
        examples.NO_TRANSCRIPT,
        examples.BAD_OPTION,
        Conflict(f"the clip's speakers were not told apart: {AGAIN}"),
        examples.NO_STORAGE,
    ),
}
_ANEW[200]["model"] = Transcript


@router.post("/{clip_id}/diarize", response_class=Response, responses=_ANEW)
async def diarize_again(clip_id: str, query: Annotated[DiarizeQuery, Query()], use_cases: Menu) -> Response:
    """Tell the speakers of a stored transcript apart anew, with other hints.

    Nothing is recognized again, so it takes a second or two. The new transcript takes the place of the
    stored one. Without any hint, the number of speakers is found out.
    """
    transcript = await use_cases.diarize_again.execute(clip_id, query.to_hints(), threshold=query.threshold)
    document = FORMATS["json"]
    content = await asyncio.to_thread(document.write, transcript, CueLayout())
    return Response(content, media_type=document.media_type)
