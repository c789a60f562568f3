"""Practice with other instruments than a probe: with what was looked.

Revises: 0052.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the schema newer."""
    op.add_column("practice_runs", sa.Column("means", sa.String(length=16), nullable=False, server_default="probe"))


def downgrade() -> None:
    """Make the schema older: practice with instruments goes, since it would be taken for one with a probe."""
    op.execute("DELETE FROM practice_runs WHERE means <> 'probe'")
    op.drop_column("practice_runs", "means")
