"""Which accounts the demonstration made: they alone need no second factor whatever their role.

Revises: 0024.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the schema newer; an account from before counts as a real one."""
    with op.batch_alter_table("users") as users:
        users.add_column(sa.Column("is_demonstration", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """Make the schema older; administrators log in with a password alone again."""
    with op.batch_alter_table("users") as users:
        users.drop_column("is_demonstration")
