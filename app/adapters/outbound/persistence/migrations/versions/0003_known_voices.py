"""Known voices, and the voiceprints of each."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "voices",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("name_key", sa.Text, nullable=False, unique=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "voiceprints",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("voice_id", sa.Text, sa.ForeignKey("voices.id", ondelete="CASCADE"), nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("seconds", sa.Double, nullable=False),
        sa.Column("embedding", sa.LargeBinary, nullable=False),
    )
    op.create_index("voiceprints_by_voice", "voiceprints", ["voice_id"])


def downgrade() -> None:
    op.drop_table("voiceprints")
    op.drop_table("voices")
