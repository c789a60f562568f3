"""Practice: what a colleague hid, and what was found of it.

Revises: 0028.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the schema newer; nobody has practised yet."""
    op.create_table(
        "practice_runs",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("hidden_json", sa.Text(), nullable=False),
        sa.Column("hidden_ms", sa.BigInteger(), nullable=False),
        sa.Column("sweep_id", sa.Uuid(), nullable=True),
        sa.Column("found_json", sa.Text(), nullable=True),
        sa.Column("false_alarms", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.user_id"], name=op.f("fk_practice_runs_user_id")),
        sa.ForeignKeyConstraint(["room_id"], ["rooms.room_id"], name=op.f("fk_practice_runs_room_id")),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_practice_runs")),
        sa.UniqueConstraint("user_id", "sweep_id", name=op.f("uq_practice_runs_user_id")),
    )
    op.create_index(op.f("ix_practice_runs_user_id"), "practice_runs", ["user_id"])


def downgrade() -> None:
    """Make the schema older; what was practised is gone."""
    op.drop_index(op.f("ix_practice_runs_user_id"), table_name="practice_runs")
    op.drop_table("practice_runs")
