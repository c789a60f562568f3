"""Which bodies lie in object storage, and how many octets each takes there.

Revises: 0053.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None

IN_STORAGE = sa.text("object_size IS NOT NULL")


def upgrade() -> None:
    """Make the schema newer; every body that is there lies in its row."""
    op.add_column("body_data", sa.Column("object_size", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_body_data_in_storage", "body_data", ["slot"], sqlite_where=IN_STORAGE, postgresql_where=IN_STORAGE
    )


def downgrade() -> None:
    """Make the schema older; what lies in storage has to be moved back before."""
    op.drop_index("ix_body_data_in_storage", "body_data")
    op.drop_column("body_data", "object_size")
