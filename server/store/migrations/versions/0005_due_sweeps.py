"""What waits to be projected, and the line of the inspection log of each sweep.

Revises: 0004.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ALL_SWEEPS = """
    INSERT INTO due_sweeps (sweep_id, log_index)
    SELECT sweep_id, min(log_index) FROM entries
    WHERE sweep_id IS NOT NULL AND status = 'accepted' GROUP BY sweep_id
"""


def upgrade() -> None:
    """Make the tables; every sweep is projected anew when the server runs next."""
    op.create_table(
        "log_rows",
        sa.Column("sweep_id", sa.Uuid(), nullable=False),
        sa.Column("row_json", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sweep_id", name=op.f("pk_log_rows")),
    )
    op.create_table(
        "due_sweeps",
        sa.Column("sweep_id", sa.Uuid(), nullable=False),
        sa.Column("log_index", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sweep_id", name=op.f("pk_due_sweeps")),
    )
    op.create_index(op.f("ix_due_sweeps_log_index"), "due_sweeps", ["log_index"])
    op.execute(ALL_SWEEPS)


def downgrade() -> None:
    """Drop the tables; call `rebuild` afterwards when anything was due."""
    op.drop_table("due_sweeps")
    op.drop_table("log_rows")
