"""What a server tells of each of its districts, and of which districts a key may tell.

Nobody was told by a release so far: what stands here begins anew.

Revises: 0057.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the schema newer."""
    for table in ("above", "told_above"):
        op.execute(f"DELETE FROM {table}")  # noqa: S608  names of tables, from the line above
        op.add_column(table, sa.Column("district_id", sa.String(length=64), nullable=False, server_default=""))
    op.create_table(
        "telling_keys",
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("district_id", sa.String(length=64), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key_id", "district_id"),
    )


def downgrade() -> None:
    """Make the schema older; it is told anew."""
    op.drop_table("telling_keys")
    for table in ("told_above", "above"):
        op.execute(f"DELETE FROM {table}")  # noqa: S608  names of tables, from the line above
        op.drop_column(table, "district_id")
