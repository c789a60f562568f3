"""Offices' own lists: whose an import is, what was cut from it, what else it made, and what columns were said to be.

Revises: 0048.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the schema newer; imports that are there stay the whole city's."""
    with op.batch_alter_table("imports") as table:
        table.add_column(sa.Column("district_id", sa.String(length=64), nullable=True))
        table.add_column(sa.Column("cuts_json", sa.Text(), server_default="{}", nullable=False))
    op.create_index(op.f("ix_imports_district_id"), "imports", ["district_id"])
    with op.batch_alter_table("import_rows") as table:
        table.add_column(sa.Column("object_id", sa.Uuid(), nullable=True))
    op.create_table(
        "import_columns",
        sa.Column("answer_id", sa.Uuid(), nullable=False),
        sa.Column("district_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("heading", sa.Text(), nullable=False),
        sa.Column("heading_mark", sa.String(length=200), nullable=False),
        sa.Column("field", sa.String(length=32), nullable=False),
        sa.Column("answered_ms", sa.BigInteger(), nullable=False),
        sa.Column("answered_by", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("answer_id", name=op.f("pk_import_columns")),
    )
    op.create_index(
        "ix_import_columns_of_district", "import_columns", ["district_id", "kind", "heading_mark"], unique=True
    )


def downgrade() -> None:
    """Make the schema older; what columns were said to be is forgotten."""
    op.drop_table("import_columns")
    with op.batch_alter_table("import_rows") as table:
        table.drop_column("object_id")
    op.drop_index(op.f("ix_imports_district_id"), table_name="imports")
    with op.batch_alter_table("imports") as table:
        table.drop_column("cuts_json")
        table.drop_column("district_id")
