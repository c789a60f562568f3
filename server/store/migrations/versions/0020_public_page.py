"""Stickers of rooms, and reports that the public wrote to their pages.

Revises: 0019.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the schema newer; no room has a sticker yet."""
    op.create_table(
        "stickers",
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.String(length=60), nullable=False),
        sa.Column("revoked_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["room_id"], ["rooms.room_id"], name=op.f("fk_stickers_room_id")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_stickers")),
    )
    op.create_index(op.f("ix_stickers_room_id"), "stickers", ["room_id"])
    op.create_table(
        "public_reports",
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("what", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("received_ms", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("closed_by", sa.String(length=60), nullable=True),
        sa.Column("closed_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["room_id"], ["rooms.room_id"], name=op.f("fk_public_reports_room_id")),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_public_reports")),
    )
    op.create_index("ix_public_reports_of_room", "public_reports", ["room_id", "received_ms"])


def downgrade() -> None:
    """Make the schema older; stickers open nothing any more."""
    op.drop_table("public_reports")
    op.drop_table("stickers")
