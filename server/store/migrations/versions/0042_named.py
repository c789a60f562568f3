"""What two persons who looked have named, and since when: one person is enough then to say that it is as it was.

Revises: 0041.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

DUE = """
    INSERT INTO due_sweeps (sweep_id, log_index)
    SELECT DISTINCT sweep_id, 0 FROM cases
    WHERE sweep_id IS NOT NULL AND state = 'not_camera'
        AND sweep_id NOT IN (SELECT sweep_id FROM due_sweeps)
"""


def upgrade() -> None:
    """Make the schema newer; sweeps of what was named are projected anew, and until then two persons are asked."""
    with op.batch_alter_table("cases") as table:
        table.add_column(sa.Column("named", sa.String(10), nullable=True))
    op.execute(DUE)


def downgrade() -> None:
    """Make the schema older; two persons are asked again."""
    with op.batch_alter_table("cases") as table:
        table.drop_column("named")
