"""One-time passwords, and when a password was set.

Revises: 0003.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add two columns; passwords that are there stay as they are."""
    op.add_column("users", sa.Column("must_change_password", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("users", sa.Column("password_ms", sa.BigInteger(), server_default="0", nullable=False))


def downgrade() -> None:
    """Drop the columns."""
    with op.batch_alter_table("users") as table:
        table.drop_column("password_ms")
        table.drop_column("must_change_password")
