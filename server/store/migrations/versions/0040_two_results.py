"""Two results of a sweep, the equipment's and the persons', and what stands of each finding in its case.

Revises: 0039.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

# Of sweeps all is computed anew once they are projected; of cases without one this is all there is.
STANDS = """
    UPDATE cases SET stands = CASE
        WHEN state IN ('camera', 'room_closed', 'photographed', 'police_called', 'handed_over', 'reported_to_city')
            THEN 'found'
        WHEN state = 'not_camera' THEN 'no_camera'
        WHEN state IN ('defect', 'repaired', 'hole_repaired') THEN 'defect'
        ELSE 'to_inspect'
    END
"""
DUE = """
    INSERT INTO due_sweeps (sweep_id, log_index)
    SELECT sweep_id, max(log_index) FROM entries
    WHERE sweep_id IS NOT NULL AND status = 'accepted'
        AND sweep_id NOT IN (SELECT sweep_id FROM due_sweeps)
    GROUP BY sweep_id
"""


def upgrade() -> None:
    """Make the schema newer; every sweep is projected anew, and its line comes back with that."""
    with op.batch_alter_table("sweeps") as table:
        table.add_column(sa.Column("equipment", sa.String(16), server_default="no_report", nullable=False))
        table.add_column(sa.Column("said", sa.String(16), server_default="not_recorded", nullable=False))
        table.drop_column("result")
    with op.batch_alter_table("cases") as table:
        table.add_column(sa.Column("stands", sa.String(16), server_default="to_inspect", nullable=False))
    op.execute(STANDS)
    op.drop_table("open_findings")
    op.execute("DELETE FROM log_rows")
    op.execute(DUE)


def downgrade() -> None:
    """Make the schema older; a rebuild by the older release fills it."""
    op.create_table(
        "open_findings",
        sa.Column("sweep_id", sa.Uuid(), nullable=False),
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("sweep_id", "finding_id", name=op.f("pk_open_findings")),
    )
    with op.batch_alter_table("cases") as table:
        table.drop_column("stands")
    with op.batch_alter_table("sweeps") as table:
        table.add_column(sa.Column("result", sa.String(16), server_default="unfinished", nullable=False))
        table.drop_column("said")
        table.drop_column("equipment")
    op.execute("DELETE FROM log_rows")
    op.execute(DUE)
