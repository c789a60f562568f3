"""Lines of the log say in English, too, what they say: each sweep is projected anew, and its line with it.

Revises: 0058.
"""

from __future__ import annotations

from alembic import op

revision = "0059"
down_revision = "0058"
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
    """Make the schema newer; until then the older lines stand in Korean."""
    op.execute(DUE)


def downgrade() -> None:
    """Make the schema older, whose lines are Korean alone."""
    op.execute("DELETE FROM log_rows")
    op.execute(DUE)
