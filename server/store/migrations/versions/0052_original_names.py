"""Names of inspectors that stand in an office's lists of past inspections, apart from the log.

Revises: 0051.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the schema newer."""
    op.create_table(
        "original_names",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sweep_id", sa.Uuid(), nullable=True),
        sa.Column("commitment", sa.String(length=64), nullable=False),
        sa.Column("set_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("import_id", "line", name=op.f("pk_original_names")),
    )
    op.create_index(op.f("ix_original_names_sweep_id"), "original_names", ["sweep_id"])


def downgrade() -> None:
    """Make the schema older; the names are gone."""
    op.drop_table("original_names")
