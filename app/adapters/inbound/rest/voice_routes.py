"""Known voices: enrol, list, delete."""

from datetime import UTC, datetime
from typing import Annotated, Self

from fastapi import APIRouter, Body, Path, Response
from pydantic import Field

from app.adapters.inbound.rest import examples
from app.adapters.inbound.rest.menu import Menu
from app.adapters.inbound.rest.schemas import Schema
from app.application.enrol_voice import Enrolment
from app.domain.errors import Conflict, InvalidAudio, InvalidOptions, NotFound
from app.domain.voices import KnownVoice

router = APIRouter(prefix="/api/voices", tags=["voices"])


class NewVoice(Schema):
    """Whose voice, and where it is heard: `start` and `end` in seconds of the clip, all of it by default."""

    name: Annotated[str, Field(description="as transcripts will say it, 1 to 100 characters")]
    clip_id: Annotated[str, Field(description="a recording in which this person speaks")]
    start: Annotated[float | None, Field(description="where only they begin to speak")] = None
    end: Annotated[float | None, Field(description="where that ends, at most 120 s later")] = None


class Learnt(Schema):
    """How much of a voice an embedding model has heard."""

    model: str
    seconds: float


class Voice(Schema):
    """A person whose name and voice are known."""

    voice_id: str
    name: str
    created_at: datetime
    learnt: Annotated[list[Learnt], Field(description="those of other models say nothing to an engine")]

    @classmethod
    def of(cls, voice: KnownVoice) -> Self:
        return cls(
            voice_id=voice.id,
            name=voice.name,
            created_at=voice.created_at,
            learnt=[Learnt(model=heard.model, seconds=round(heard.seconds, 3)) for heard in voice.prints],
        )


class VoiceList(Schema):
    """All known voices, by name."""

    items: list[Voice]


class EnrolledVoice(Voice):
    """A voice that was just enrolled, or added to."""

    mistakable_for: Annotated[
        list[str], Field(description="others who sound so much alike that neither will be named for sure")
    ]

    @classmethod
    def told(cls, enrolment: Enrolment) -> Self:
        voice = Voice.of(enrolment.voice)
        return cls(**voice.model_dump(), mistakable_for=list(enrolment.mistakable_for))


_VOICE_ID = "0198b7c4-1f0a-7b61-8e5d-6a2f90c3d418"
_VOICE = Voice(
    voice_id=_VOICE_ID,
    name="Anna Berg",
    created_at=datetime(2026, 5, 4, 9, 45, tzinfo=UTC),
    learnt=[Learnt(model="resemblyzer-ge2e", seconds=14.2)],
).model_dump(mode="json")
_ENROLLED = {**_VOICE, "mistakable_for": []}
_REQUEST = {"name": "Anna Berg", "clip_id": examples.CLIP_ID, "start": 12.5, "end": 28.0}


@router.post(
    "",
    status_code=201,
    responses={
        **examples.answer(201, "The voice is known now.", _ENROLLED),
        **examples.answer(200, "The name was known; its voice was added to.", _ENROLLED),
        **examples.answers(
            examples.NO_CLIP,
            InvalidAudio("2 voices between 12.5 and 28.0 s: give a part in which only one person speaks"),
            InvalidOptions("name", "must have 1 to 100 characters, got 0"),
            Conflict("this does not sound like 'Anna Berg' as known: give another part or another name, …"),
            examples.MISSING,
            examples.NO_ROOM,
        ),
    },
)
async def enrol_voice(
    new: Annotated[NewVoice, Body(openapi_examples={"part": {"value": _REQUEST}})],
    response: Response,
    use_cases: Menu,
) -> EnrolledVoice:
    """Learn a voice, so that transcripts made from now on name who it belongs to, where that is sure.

    It takes a part of a recording, of 2 s to 120 s, in which nobody else speaks to speak of. A name that is
    known, in any case of its letters, is added to: by other microphones, or another engine's model.
    """
    enrolment = await use_cases.voices.enrol_voice.execute(
        new.name, new.clip_id, start=new.start, end=new.end
    )
    if not enrolment.is_new:
        response.status_code = 200
    return EnrolledVoice.told(enrolment)


@router.get("", responses=examples.answer(200, "By name.", {"items": [_VOICE]}))
async def list_voices(use_cases: Menu) -> VoiceList:
    """Whose voices are known."""
    return VoiceList(items=[Voice.of(voice) for voice in await use_cases.voices.list_voices.execute()])


@router.delete("/{voice_id}", status_code=204, responses=examples.answers(NotFound("voice", _VOICE_ID)))
async def delete_voice(voice_id: Annotated[str, Path(examples=[_VOICE_ID])], use_cases: Menu) -> None:
    """Forget a voice, with all that was learnt of it. Transcripts that are stored keep the name."""
    await use_cases.voices.delete_voice.execute(voice_id)
