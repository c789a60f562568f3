"""Heads that a key of this log signed and that are none of it, each beside the log's own.

Revises: 0030.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the schema newer; no fork is known."""
    op.create_table(
        "log_forks",
        sa.Column("fork_id", sa.String(16), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("own_note", sa.Text(), nullable=False),
        sa.Column("key_id", sa.String(16), nullable=False),
        sa.Column("found_ms", sa.BigInteger(), nullable=False),
        sa.Column("settled_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("fork_id", name=op.f("pk_log_forks")),
    )


def downgrade() -> None:
    """Make the schema older; the evidence of forks is gone."""
    op.drop_table("log_forks")
