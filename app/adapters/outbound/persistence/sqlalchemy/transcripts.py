"""Transcripts as rows of one document each."""

import asyncio

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from app.adapters.outbound.persistence.sqlalchemy.database import Database
from app.adapters.outbound.persistence.sqlalchemy.tables import clips, finished_work, transcripts
from app.adapters.outbound.persistence.sqlalchemy.transcript_document import decode, encode
from app.domain.errors import NotFound
from app.domain.ports import TranscriptRepository
from app.domain.transcript import Transcript


class SqlTranscriptRepository(TranscriptRepository):
    """Keeps transcripts in `database`. Long ones are encoded and decoded in a thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(self, transcript: Transcript) -> None:
        document = await asyncio.to_thread(encode, transcript)
        clip_id = transcript.clip_id
        row = {"clip_id": clip_id, "language": transcript.language, "document": document}
        try:
            await self._database.write(
                # Locks the clip's row, so that two first saves at once follow each other.
                select(clips.c.id).where(clips.c.id == clip_id).with_for_update(),
                delete(transcripts).where(transcripts.c.clip_id == clip_id),
                insert(transcripts).values(row),
            )
        except IntegrityError as error:
            raise NotFound("clip", clip_id) from error

    async def get(self, clip_id: str) -> Transcript:
        query = select(transcripts.c.document).where(transcripts.c.clip_id == clip_id)
        rows = await self._database.read(query)
        if not rows:
            raise NotFound("transcript", clip_id)
        return await asyncio.to_thread(decode, rows[0].document)

    async def delete(self, clip_id: str) -> None:
        stored = transcripts.c.clip_id == clip_id
        # Whoever deletes what was said does not expect its words to be kept elsewhere.
        pieces = delete(finished_work).where(
            finished_work.c.clip_id.in_(select(transcripts.c.clip_id).where(stored))
        )
        if await self._database.write(pieces, delete(transcripts).where(stored)) == 0:
            raise NotFound("transcript", clip_id)
