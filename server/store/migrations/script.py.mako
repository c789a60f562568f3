"""${message}.

Revises: ${down_revision | comma,n}.
"""

import sqlalchemy as sa
from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the schema newer."""
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    """Make the schema older."""
    ${downgrades if downgrades else "pass"}
