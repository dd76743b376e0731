"""Clips and transcripts in a database: SQLite, written so that PostgreSQL can follow."""

from app.adapters.outbound.persistence.sqlalchemy.clips import SqlClipRepository
from app.adapters.outbound.persistence.sqlalchemy.database import Database
from app.adapters.outbound.persistence.sqlalchemy.finished_work import SqlFinishedWork
from app.adapters.outbound.persistence.sqlalchemy.transcripts import SqlTranscriptRepository

__all__ = ["Database", "SqlClipRepository", "SqlFinishedWork", "SqlTranscriptRepository"]
