"""Findings that persons have not closed yet, as a projection of their own.

Revises: 0002.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

FILL = """
    INSERT INTO open_findings (sweep_id, finding_id, state)
    SELECT sweep_id, finding_id, state FROM (
        SELECT f.sweep_id, f.finding_id,
            CASE
                WHEN EXISTS (
                    SELECT 1 FROM dispositions d
                    WHERE d.sweep_id = f.sweep_id AND d.finding_id = f.finding_id AND d.verdict = 'camera_found'
                ) THEN 'found'
                ELSE COALESCE((
                    SELECT d.verdict FROM dispositions d
                    WHERE d.sweep_id = f.sweep_id AND d.finding_id = f.finding_id
                    ORDER BY d.decided_ms DESC, d.log_index DESC LIMIT 1
                ), 'undecided')
            END AS state
        FROM findings f
    ) judged
    WHERE state IN ('undecided', 'cannot_exclude', 'found')
"""


def upgrade() -> None:
    """Make the table and fill it from the projections; finds that two persons closed go at the next projection."""
    op.create_table(
        "open_findings",
        sa.Column("sweep_id", sa.Uuid(), nullable=False),
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("sweep_id", "finding_id", name=op.f("pk_open_findings")),
    )
    op.execute(FILL)


def downgrade() -> None:
    """Drop the table; a rebuild brings it back."""
    op.drop_table("open_findings")
