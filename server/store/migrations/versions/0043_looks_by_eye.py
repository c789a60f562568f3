"""What looks by eye cost and brought, and how often an eye saw a planted lens, or something where nothing was.

Revises: 0042.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

OF_SWEEPS = ("eye_looks", "eye_look_ms", "eye_controls", "eye_errors")
OF_PRACTICE = ("eye_shown", "eye_seen")


def upgrade() -> None:
    """Make the schema newer; no sweep before asked for any."""
    for name in OF_SWEEPS:
        op.add_column("sweeps", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    op.add_column("findings", sa.Column("by_eye", sa.Boolean(), nullable=False, server_default=sa.false()))
    for name in OF_PRACTICE:
        op.add_column("practice_runs", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    """Make the schema older."""
    for name in OF_PRACTICE:
        op.drop_column("practice_runs", name)
    op.drop_column("findings", "by_eye")
    for name in OF_SWEEPS:
        op.drop_column("sweeps", name)
