"""Recordings: store, find, hear, delete."""

from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.responses import FileResponse
from starlette.types import Receive, Scope, Send

from app.adapters.inbound.rest import examples
from app.adapters.inbound.rest.menu import MaxUploadBytes, Menu
from app.adapters.inbound.rest.multipart import FIELD, Upload
from app.adapters.inbound.rest.options import ListQuery
from app.adapters.inbound.rest.problems import problem_of_status
from app.adapters.inbound.rest.schemas import Clip, ClipList, StoredClip
from app.domain.errors import AudioTooLarge

router = APIRouter(prefix="/api/audio", tags=["recordings"])

FORM_BYTES = 64 * 1024
"""What a form may add to its file."""

_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": [FIELD],
                    "properties": {FIELD: {"type": "string", "format": "binary"}},
                },
                "example": {FIELD: "interview.flac"},
            }
        },
    }
}


@router.post(
    "",
    status_code=201,
    openapi_extra=_FORM,
    responses={
        **examples.answer(201, "It is stored.", examples.CLIP | {"message": "stored"}),
        **examples.answers(examples.TOO_LARGE, examples.BAD_AUDIO, examples.NO_ROOM, examples.NO_STORAGE),
        **examples.answers(
            problem_of_status(400, "the form ends before its closing boundary"),
            problem_of_status(415, "send the recording as multipart/form-data, in a field named 'file'"),
        ),
    },
)
async def store_audio(
    request: Request, response: Response, use_cases: Menu, max_upload_bytes: MaxUploadBytes
) -> StoredClip:
    """Store a recording, of any common kind of audio or video with sound. All of it or nothing is kept."""
    claimed = request.headers.get("content-length", "")
    if claimed.isdecimal() and int(claimed) > max_upload_bytes + FORM_BYTES:
        raise AudioTooLarge(
            f"the file is larger than the limit of {max_upload_bytes} bytes (MAX_UPLOAD_SIZE)"
        )
    upload = Upload(request)
    clip = await use_cases.store_audio.execute(await upload.filename(), upload.content())
    response.headers["Location"] = f"{router.prefix}/{clip.id}"
    return StoredClip.of(clip)


@router.get(
    "",
    responses={
        **examples.answer(200, "Newest first.", {"items": [examples.CLIP], "next_cursor": None}),
        **examples.answers(examples.BAD_LIMIT),
    },
)
async def list_audio(query: Annotated[ListQuery, Query()], use_cases: Menu) -> ClipList:
    """Find recordings by file name."""
    page = await use_cases.list_audio.execute(query.q, limit=query.limit, cursor=query.cursor)
    return ClipList(items=[Clip.of(clip) for clip in page.items], next_cursor=page.next_cursor)


@router.get(
    "/{clip_id}",
    responses={
        **examples.answer(200, "What is known about it.", examples.CLIP),
        **examples.answers(examples.NO_CLIP),
    },
)
async def get_audio(clip_id: str, use_cases: Menu) -> Clip:
    """Look up a recording."""
    return Clip.of(await use_cases.get_audio.execute(clip_id))


@router.delete("/{clip_id}", status_code=204, responses=examples.answers(examples.NO_CLIP))
async def delete_audio(clip_id: str, use_cases: Menu) -> None:
    """Delete a recording and all that was made of it."""
    await use_cases.delete_audio.execute(clip_id)


@router.head("/{clip_id}/content", include_in_schema=False)
@router.get(
    "/{clip_id}/content",
    response_class=Response,
    responses={
        200: {
            "description": "The recording as it came.",
            "content": {"audio/*": {"schema": {"type": "string", "format": "binary"}, "example": "fLaC…"}},
        },
        206: {
            "description": "The part that the Range header asks for.",
            "content": {"audio/*": {"schema": {"type": "string", "format": "binary"}, "example": "…"}},
        },
        304: {"description": "The client has it already (If-None-Match)."},
        416: {"description": "The recording has no such part."},
        **examples.answers(examples.NO_CLIP),
    },
)
async def get_content(clip_id: str, request: Request, use_cases: Menu) -> Response:
    """Hear a recording, or the part that the Range header asks for."""
    clip = await use_cases.get_audio.execute(clip_id)
    headers = {
        "ETag": f'"{clip.sha256 or clip.id}"',
        "Cache-Control": "private, no-cache",
        "X-Content-Type-Options": "nosniff",
    }
    known = (tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(","))
    if headers["ETag"] in known:
        return Response(status_code=304, headers=headers)
    return _Recording(
        use_cases.get_audio.content(clip_id),
        media_type=clip.media_type,
        filename=clip.filename,
        headers=headers,
    )


class _Recording(Response):
    """Sends a file that is there only for the time being."""

    def __init__(
        self,
        file: AbstractAsyncContextManager[Path],
        *,
        media_type: str,
        filename: str,
        headers: dict[str, str],
    ) -> None:
        super().__init__(headers=headers, media_type=media_type)
        self._file = file
        self._filename = filename
        self._fixed_headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._file as path:
            response = FileResponse(
                path, media_type=self.media_type, filename=self._filename, headers=self._fixed_headers
            )
            await response(scope, receive, send)
