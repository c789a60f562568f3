"""Photographs of objects, who may take them now, and evidence officers' keys.

Revises: 0025.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the schema newer; no server before it took a photograph."""
    op.create_table(
        "photos",
        sa.Column("photo_id", sa.Uuid(), nullable=False),
        sa.Column("log_index", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("shows", sa.String(length=16), nullable=False),
        sa.Column("person", sa.String(length=60), nullable=False),
        sa.Column("taken_ms", sa.BigInteger(), nullable=False),
        sa.Column("commitment", sa.String(length=64), nullable=False),
        sa.Column("declaration_id", sa.Uuid(), nullable=False),
        sa.Column("opened", sa.Integer(), nullable=False),
        sa.Column("is_doubted", sa.Boolean(), nullable=False),
        sa.Column("overdue_s", sa.BigInteger(), nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("photo_id", name=op.f("pk_photos")),
        sa.UniqueConstraint("log_index", name=op.f("uq_photos_log_index")),
    )
    for column in ("case_id", "commitment", "declaration_id"):
        op.create_index(op.f(f"ix_photos_{column}"), "photos", [column])
    op.create_index("ix_photos_of_person", "photos", ["person", "taken_ms"])
    op.create_table(
        "photo_declarations",
        sa.Column("declaration_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("first_name", sa.String(length=60), nullable=False),
        sa.Column("second_name", sa.String(length=60), nullable=False),
        sa.Column("first_way", sa.String(length=16), nullable=False),
        sa.Column("second_way", sa.String(length=16), nullable=False),
        sa.Column("declared_ms", sa.BigInteger(), nullable=False),
        sa.Column("ends_ms", sa.BigInteger(), nullable=False),
        sa.Column("ended_by", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.user_id"], name=op.f("fk_photo_declarations_user_id")),
        sa.PrimaryKeyConstraint("declaration_id", name=op.f("pk_photo_declarations")),
    )
    op.create_index(op.f("ix_photo_declarations_case_id"), "photo_declarations", ["case_id"])
    op.create_table(
        "evidence_keys",
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("recipient", sa.String(length=100), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("district_id", sa.String(length=64), nullable=True),
        sa.Column("made_ms", sa.BigInteger(), nullable=False),
        sa.Column("ended_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.user_id"], name=op.f("fk_evidence_keys_user_id")),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_evidence_keys")),
    )
    op.create_index(op.f("ix_evidence_keys_user_id"), "evidence_keys", ["user_id"])


def downgrade() -> None:
    """Make the schema older; the photographs stay in the log, sealed."""
    op.drop_table("evidence_keys")
    op.drop_table("photo_declarations")
    op.drop_table("photos")
