"""A photograph of a found camera is no state of its case: it may be taken before the call to 112 or after it.

Revises: 0043.
"""

from __future__ import annotations

from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Cases that stood at their photographs wait for 112, as by the steps read anew."""
    op.execute("UPDATE cases SET state = 'room_closed' WHERE state = 'photographed'")
    op.execute("UPDATE kept_finds SET state = 'room_closed' WHERE state = 'photographed'")


def downgrade() -> None:
    """Nothing: a rebuild by the older release brings the state back."""
