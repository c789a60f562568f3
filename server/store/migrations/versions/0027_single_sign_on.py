"""Links between accounts and subjects of the city's single sign-on.

Revises: 0026.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the schema newer; nobody is linked yet."""
    op.create_table(
        "single_sign_on_links",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("issuer", sa.String(length=300), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("linked_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.user_id"], name=op.f("fk_single_sign_on_links_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_single_sign_on_links")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_single_sign_on_links_issuer")),
    )


def downgrade() -> None:
    """Make the schema older; links are gone."""
    op.drop_table("single_sign_on_links")
