"""What is drawn when a phone was lost, so that the key under which it sealed things is given to nobody any more.

Revises: 0049.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the schema newer."""
    op.add_column("users", sa.Column("phone_salt", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    """Make the schema older: phones that were lost could read again what they keep."""
    op.drop_column("users", "phone_salt")
