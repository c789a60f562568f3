"""The instruments that districts have beside probes, their checks, and the audit trail by what it is about.

Revises: 0044.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the schema newer."""
    op.create_table(
        "instruments",
        sa.Column("instrument_id", sa.Uuid(), nullable=False),
        sa.Column("district_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("maker", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("holder_user_id", sa.Uuid(), nullable=True),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("retired_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["holder_user_id"], ["users.user_id"], name=op.f("fk_instruments_holder_user_id")),
        sa.PrimaryKeyConstraint("instrument_id", name=op.f("pk_instruments")),
    )
    op.create_index(op.f("ix_instruments_district_id"), "instruments", ["district_id"])
    op.create_table(
        "instrument_checks",
        sa.Column("check_id", sa.Uuid(), nullable=False),
        sa.Column("instrument_id", sa.Uuid(), nullable=False),
        sa.Column("what", sa.String(length=16), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("good_until", sa.String(length=10), nullable=False),
        sa.Column("has_passed", sa.Boolean(), nullable=False),
        sa.Column("checked_by", sa.Text(), nullable=False),
        sa.Column("recorded_ms", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.String(length=60), nullable=False),
        sa.Column("withdrawn_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["instruments.instrument_id"], name=op.f("fk_instrument_checks_instrument_id")
        ),
        sa.PrimaryKeyConstraint("check_id", name=op.f("pk_instrument_checks")),
    )
    op.create_index(op.f("ix_instrument_checks_instrument_id"), "instrument_checks", ["instrument_id"])
    op.create_index(op.f("ix_audit_object_id"), "audit", ["object_id", "at_ms"])


def downgrade() -> None:
    """Make the schema older; the register goes, and what the audit trail says of it stays."""
    op.drop_index(op.f("ix_audit_object_id"), table_name="audit")
    op.drop_table("instrument_checks")
    op.drop_table("instruments")
