"""What an office wants on its documents, the numbers of those that were made, and the names that stand on them.

Revises: 0046.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the schema newer."""
    op.create_table(
        "office_settings",
        sa.Column("district_id", sa.String(length=64), nullable=False),
        sa.Column("approval_json", sa.Text(), nullable=False),
        sa.Column("number_word", sa.String(length=60), nullable=False),
        sa.Column("shows_names", sa.Boolean(), nullable=False),
        sa.Column("changed_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("district_id", name=op.f("pk_office_settings")),
    )
    op.create_table(
        "issued_documents",
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("district_id", sa.String(length=64), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("document_no", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("made_ms", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("about_json", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_issued_documents")),
        sa.UniqueConstraint("district_id", "year", "number", name="uq_issued_documents_district_id"),
    )
    op.create_table(
        "document_names",
        sa.Column("account", sa.String(length=16), nullable=False),
        sa.Column("commitment", sa.String(length=64), nullable=False),
        sa.Column("set_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_document_names")),
    )
    op.create_table(
        "provisions",
        sa.Column("provision_id", sa.Uuid(), nullable=False),
        sa.Column("district_id", sa.String(length=64), nullable=False),
        sa.Column("document_no", sa.String(length=100), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("basis", sa.String(length=16), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("items", sa.Text(), nullable=False),
        sa.Column("form", sa.String(length=16), nullable=False),
        sa.Column("limits", sa.Text(), nullable=False),
        sa.Column("recorded_ms", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.String(length=60), nullable=False),
        sa.Column("withdrawn_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("provision_id", name=op.f("pk_provisions")),
    )
    op.create_index(op.f("ix_provisions_district_id"), "provisions", ["district_id"])
    op.create_table(
        "handovers",
        sa.Column("handover_id", sa.Uuid(), nullable=False),
        sa.Column("district_id", sa.String(length=64), nullable=False),
        sa.Column("from_account", sa.String(length=16), nullable=False),
        sa.Column("to_account", sa.String(length=16), nullable=False),
        sa.Column("document_no", sa.String(length=100), nullable=False),
        sa.Column("told_json", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_ms", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("handover_id", name=op.f("pk_handovers")),
    )
    op.create_index(op.f("ix_handovers_district_id"), "handovers", ["district_id"])


def downgrade() -> None:
    """Make the schema older; numbers begin anew, and the keys of the names go at the next start."""
    op.drop_table("handovers")
    op.drop_table("provisions")
    op.drop_table("document_names")
    op.drop_table("issued_documents")
    op.drop_table("office_settings")
