"""The rows. The migrations create them; a test holds the two together."""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)
from sqlalchemy.sql import func

metadata = MetaData()

clips = Table(
    "clips",
    metadata,
    Column("id", Text, primary_key=True),
    Column("filename", Text, nullable=False),
    Column("filename_folded", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("duration", Double, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Index("clips_by_age", "created_at", "id"),
)

# The document is text, not a JSON type: it is written and read as a whole, and so it is encoded
# outside the event loop and comes back to the last bit of each float.
transcripts = Table(
    "transcripts",
    metadata,
    Column("clip_id", Text, ForeignKey("clips.id", ondelete="CASCADE"), primary_key=True),
    Column("language", Text),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.current_timestamp()),
    Column("document", Text, nullable=False),
)

# Windows and chunks that engines are done with. `id` is made of `key`, which is too long to be one;
# `content` comes last, so that whoever looks for keys does not read over it.
finished_work = Table(
    "finished_work",
    metadata,
    Column("clip_id", Text, ForeignKey("clips.id", ondelete="CASCADE"), primary_key=True),
    Column("id", Text, primary_key=True),
    Column("stage", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("key", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
)

voices = Table(
    "voices",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False, unique=True),
    Column("created_at", DateTime(timezone=True), nullable=False),
)

# Every one that was added to a voice, in order; those of a model are pooled when they are read.
# The embedding is little-endian float32.
voiceprints = Table(
    "voiceprints",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("voice_id", Text, ForeignKey("voices.id", ondelete="CASCADE"), nullable=False),
    Column("model", Text, nullable=False),
    Column("seconds", Double, nullable=False),
    Column("embedding", LargeBinary, nullable=False),
    Index("voiceprints_by_voice", "voice_id"),
)
