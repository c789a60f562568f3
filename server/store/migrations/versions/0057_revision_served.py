"""Of each process that serves, the schema that its release knows.

Revises: 0056.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the schema newer."""
    op.add_column("serving_processes", sa.Column("revision", sa.String(length=32), nullable=True))


def downgrade() -> None:
    """Make the schema older."""
    op.drop_column("serving_processes", "revision")
