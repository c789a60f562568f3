"""Rooms that are closed, and facilities and rooms that turned out to be the same as others.

Revises: 0050.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the schema newer."""
    op.add_column("rooms", sa.Column("closed_ms", sa.BigInteger(), nullable=True))
    op.create_table(
        "place_joins",
        sa.Column("join_id", sa.Uuid(), nullable=False),
        sa.Column("what", sa.String(length=16), nullable=False),
        sa.Column("from_id", sa.Uuid(), nullable=False),
        sa.Column("into_id", sa.Uuid(), nullable=False),
        sa.Column("moved_json", sa.Text(), nullable=False),
        sa.Column("after_index", sa.BigInteger(), nullable=False),
        sa.Column("joined_ms", sa.BigInteger(), nullable=False),
        sa.Column("undone_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("join_id", name=op.f("pk_place_joins")),
    )
    op.create_index(op.f("ix_place_joins_from_id"), "place_joins", ["from_id"])
    op.create_index(op.f("ix_place_joins_into_id"), "place_joins", ["into_id"])


def downgrade() -> None:
    """Make the schema older: joined rooms stay where they went, and closed ones are open again."""
    op.drop_table("place_joins")
    op.drop_column("rooms", "closed_ms")
