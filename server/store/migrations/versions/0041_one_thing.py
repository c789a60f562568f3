"""One thing, one case: which case another one joins, and what the findings of a sweep are about.

Revises: 0040.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

DUE = """
    INSERT INTO due_sweeps (sweep_id, log_index)
    SELECT sweep_id, max(log_index) FROM entries
    WHERE sweep_id IS NOT NULL AND status = 'accepted'
        AND sweep_id NOT IN (SELECT sweep_id FROM due_sweeps)
    GROUP BY sweep_id
"""


def upgrade() -> None:
    """Make the schema newer; every sweep is projected anew, and until then each case stands for itself."""
    with op.batch_alter_table("cases") as table:
        table.add_column(sa.Column("joins", sa.Uuid(), nullable=True))
    op.create_index(op.f("ix_cases_joins"), "cases", ["joins"])
    op.create_table(
        "sightings",
        sa.Column("sweep_id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("opened_ms", sa.BigInteger(), nullable=False),
        sa.Column("things_sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sweep_id", name=op.f("pk_sightings")),
    )
    op.create_index("ix_sightings_of_room", "sightings", ["room_id", "source"])
    op.execute(DUE)


def downgrade() -> None:
    """Make the schema older; each case stands for itself again."""
    op.drop_table("sightings")
    op.drop_index(op.f("ix_cases_joins"), "cases")
    with op.batch_alter_table("cases") as table:
        table.drop_column("joins")
    op.execute(DUE)
