"""Cases: what became of each finding and of each strange thing.

Revises: 0018.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the schema newer; every sweep becomes due, so that its findings become cases."""
    op.create_table(
        "cases",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("sweep_id", sa.Uuid(), nullable=True),
        sa.Column("finding_id", sa.Uuid(), nullable=True),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_room_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.Column("opened_ms", sa.BigInteger(), nullable=False),
        sa.Column("changed_ms", sa.BigInteger(), nullable=False),
        sa.Column("due", sa.String(length=10), nullable=True),
        sa.Column("reopens", sa.String(length=10), nullable=True),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_cases")),
    )
    op.create_index(op.f("ix_cases_sweep_id"), "cases", ["sweep_id"])
    op.create_index("ix_cases_of_room", "cases", ["room_id", "case_id"])
    op.create_index("ix_cases_by_state", "cases", ["state", "case_id"])
    op.create_table(
        "case_steps",
        sa.Column("log_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("log_index", name=op.f("pk_case_steps")),
    )
    op.create_index(op.f("ix_case_steps_case_id"), "case_steps", ["case_id"])
    op.execute(
        "INSERT INTO due_sweeps (sweep_id, log_index) SELECT DISTINCT sweep_id, 0 FROM findings "
        "WHERE sweep_id NOT IN (SELECT sweep_id FROM due_sweeps)"
    )


def downgrade() -> None:
    """Make the schema older; the steps stay in the log."""
    for table in ("case_steps", "cases"):
        op.drop_table(table)
