"""The claimed start of a sweep and its receipt, beside the start that counts.

Revises: 0006.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

FILL = """
    UPDATE sweeps SET claimed_ms = started_ms, received_ms = COALESCE((
        SELECT min(received_ms) FROM entries
        WHERE entries.sweep_id = sweeps.sweep_id AND entries.status = 'accepted'
            AND entries.kind IN ('sweep.opened', 'sweep.report')
    ), started_ms)
"""
# later than the hour in which a clock may err, or before 2025
COUNT = """
    UPDATE sweeps SET started_ms = received_ms
    WHERE started_ms > received_ms + 3600000 OR started_ms < 1735689600000
"""


def upgrade() -> None:
    """Add and fill the columns; starts within the hour in which a clock may err are exact after a rebuild."""
    op.add_column("sweeps", sa.Column("claimed_ms", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("sweeps", sa.Column("received_ms", sa.BigInteger(), server_default="0", nullable=False))
    op.execute(FILL)
    op.execute(COUNT)


def downgrade() -> None:
    """Drop the columns."""
    with op.batch_alter_table("sweeps") as table:
        table.drop_column("received_ms")
        table.drop_column("claimed_ms")
