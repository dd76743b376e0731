"""The rows. The migrations create them; a test holds the two together."""

from sqlalchemy import BigInteger, Column, DateTime, Double, ForeignKey, Index, MetaData, Table, Text
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
