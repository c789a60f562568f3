"""Proofs: who confirmed at this server what a Pi's server said in their name, and what waits for that.

Revises: 0037.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the schema newer; what waits for a proof in an older log, the next projection of its sweep or case says."""
    op.create_table(
        "proofs",
        sa.Column("log_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("about_log_index", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("log_index", name=op.f("pk_proofs")),
    )
    op.create_index(op.f("ix_proofs_about_log_index"), "proofs", ["about_log_index"])
    op.create_table(
        "unproven",
        sa.Column("log_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sweep_id", sa.Uuid(), nullable=True),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("room_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("log_index", name=op.f("pk_unproven")),
    )
    op.create_index(op.f("ix_unproven_sweep_id"), "unproven", ["sweep_id"])
    op.create_index(op.f("ix_unproven_case_id"), "unproven", ["case_id"])


def downgrade() -> None:
    """Make the schema older; what waits for a proof is not listed any more."""
    op.drop_table("unproven")
    op.drop_table("proofs")
