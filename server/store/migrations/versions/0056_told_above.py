"""What a district's server tells the one above it, and what that one was told.

Revises: 0055.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the schema newer."""
    op.create_table(
        "above",
        sa.Column("above_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("stream_id", sa.Uuid(), nullable=False),
        sa.Column("last_number", sa.BigInteger(), nullable=False),
        sa.Column("arrived_number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("above_id"),
    )
    op.create_table(
        "told_above",
        sa.Column("what", sa.String(length=16), nullable=False),
        sa.Column("thing_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("said_json", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("what", "thing_id"),
        sa.UniqueConstraint("number"),
    )
    op.create_table(
        "telling_districts",
        sa.Column("district_id", sa.String(length=64), nullable=False),
        sa.Column("stream_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("is_whole", sa.Boolean(), nullable=False),
        sa.Column("heard_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("district_id"),
    )
    op.create_table(
        "told_cases",
        sa.Column("district_id", sa.String(length=64), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("facility_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("began", sa.String(length=16), nullable=True),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("opened", sa.String(length=10), nullable=False),
        sa.Column("changed", sa.String(length=10), nullable=False),
        sa.Column("due", sa.String(length=10), nullable=True),
        sa.Column("reopens", sa.String(length=10), nullable=True),
        sa.PrimaryKeyConstraint("district_id", "case_id"),
    )
    op.create_index("ix_told_cases_by_state", "told_cases", ["state", "opened", "case_id"])
    op.create_table(
        "told_rooms",
        sa.Column("district_id", sa.String(length=64), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("method", sa.String(length=16), nullable=False),
        sa.Column("facility_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("until", sa.String(length=10), nullable=False),
        sa.Column("done", sa.String(length=10), nullable=True),
        sa.PrimaryKeyConstraint("district_id", "room_id", "method"),
    )
    op.create_index("ix_told_rooms_by_state", "told_rooms", ["state", "until", "room_id"])
    op.create_table(
        "told_results",
        sa.Column("district_id", sa.String(length=64), nullable=False),
        sa.Column("sweep_id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("facility_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("mode", sa.String(length=16), nullable=False),
        sa.Column("equipment", sa.String(length=16), nullable=False),
        sa.Column("persons", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("district_id", "sweep_id"),
    )
    op.create_index("ix_told_results_of_district", "told_results", ["district_id", "day", "sweep_id"])
    op.create_table(
        "told_counts",
        sa.Column("district_id", sa.String(length=64), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("equipment", sa.String(length=16), nullable=False),
        sa.Column("persons", sa.String(length=16), nullable=False),
        sa.Column("results", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("district_id", "month", "equipment", "persons"),
    )


def downgrade() -> None:
    """Make the schema older; it is told anew."""
    for table in (
        "told_counts",
        "told_results",
        "told_rooms",
        "told_cases",
        "telling_districts",
        "told_above",
        "above",
    ):
        op.drop_table(table)
