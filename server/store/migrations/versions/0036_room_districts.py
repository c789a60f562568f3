"""Where rooms lie, as the log says it, and finds that stand whatever is judged anew.

Revises: 0035.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None
UNSAID = sa.text("said_district IS NULL")


def upgrade() -> None:
    """Make the schema newer; the next start says in the log where every room lies, and judges by it."""
    op.create_table(
        "room_districts",
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("from_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("district_id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("room_id", "from_index", name=op.f("pk_room_districts")),
    )
    op.create_index(op.f("ix_room_districts_from_index"), "room_districts", ["from_index"])
    op.add_column("rooms", sa.Column("said_district", sa.String(length=64), nullable=True))
    op.create_index("ix_rooms_unsaid", "rooms", ["room_id"], sqlite_where=UNSAID, postgresql_where=UNSAID)
    op.create_table(
        "kept_finds",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("kept_index", sa.BigInteger(), nullable=False),
        sa.Column("sweep_id", sa.Uuid(), nullable=True),
        sa.Column("finding_id", sa.Uuid(), nullable=True),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_room_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.Column("opened_ms", sa.BigInteger(), nullable=False),
        sa.Column("changed_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_kept_finds")),
    )
    op.create_index(op.f("ix_kept_finds_sweep_id"), "kept_finds", ["sweep_id"])


def downgrade() -> None:
    """Make the schema older; the entries stay."""
    op.drop_index(op.f("ix_kept_finds_sweep_id"), table_name="kept_finds")
    op.drop_table("kept_finds")
    op.drop_index("ix_rooms_unsaid", table_name="rooms")
    op.drop_column("rooms", "said_district")
    op.drop_index(op.f("ix_room_districts_from_index"), table_name="room_districts")
    op.drop_table("room_districts")
