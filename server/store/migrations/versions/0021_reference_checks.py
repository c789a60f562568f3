"""Reference checks of probes: which entry says what of which probe, and when.

Revises: 0020.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the schema newer; no server before it read a check."""
    op.create_table(
        "reference_checks",
        sa.Column("log_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("probe_id", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("checked_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("log_index", name=op.f("pk_reference_checks")),
    )
    op.create_index("ix_reference_checks_of_probe", "reference_checks", ["probe_id", "checked_ms", "log_index"])


def downgrade() -> None:
    """Make the schema older; the checks stay in the log."""
    op.drop_table("reference_checks")
