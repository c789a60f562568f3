"""With which entry a body came.

Revises: 0038.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the schema newer; of bodies that are there already nobody knows it."""
    op.add_column("body_data", sa.Column("brought_by", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    """Make the schema older."""
    op.drop_column("body_data", "brought_by")
