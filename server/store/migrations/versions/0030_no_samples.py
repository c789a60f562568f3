"""PostgreSQL keeps no samples of columns with words, and writes over those of columns that held words before 0009.

What is to be done is in server/store/postgres_statistics.py, after every migration; here an older database is marked.

Revises: 0029.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from server.store.postgres_statistics import leave_mark

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Mark a database that has entries: bodies and what was read from them may have been sampled in plain."""
    connection = op.get_bind()
    if connection.dialect.name == "postgresql" and connection.scalar(sa.text("SELECT 1 FROM entries LIMIT 1")):
        leave_mark(connection)


def downgrade() -> None:
    """Make the schema older; a mark may stay."""
