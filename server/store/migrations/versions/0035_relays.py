"""Relays: of a Pi's server at its city the probes that stand beside it.

Revises: 0034.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the schema newer; who is a relay in an older log, the first start judges."""
    op.add_column("keys", sa.Column("probes", sa.Text(), nullable=True))
    # what a city said of keys is read again: other Pis' servers were taken for it
    op.execute(sa.text("DELETE FROM city_keys"))
    op.execute(sa.text("DELETE FROM city_entries WHERE kind LIKE 'key.%'"))
    op.execute(sa.text("UPDATE city SET down_after = 0"))


def downgrade() -> None:
    """Make the schema older; no probes are named any more."""
    op.drop_column("keys", "probes")
