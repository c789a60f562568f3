"""What several processes on one PostgreSQL share: live operations, guesses at passwords, which keys are the server's.

Revises: 0010.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0010"
branch_labels = None
depends_on = None

EPHEMERAL = ("serving_processes", "login_counts")  # a crash of the database may empty them


def upgrade() -> None:
    """Make the schema newer; the server's keys are noted at the next start."""
    op.create_table(
        "live_operations",
        sa.Column("op_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("probe_id", sa.String(length=64), nullable=True),
        sa.Column("origin", sa.String(length=64), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("op_id", name=op.f("pk_live_operations")),
    )
    op.create_table(
        "live_channels",
        sa.Column("probe_id", sa.String(length=64), nullable=False),
        sa.Column("op_id", sa.BigInteger(), nullable=False),
        sa.Column("state_json", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("probe_id", name=op.f("pk_live_channels")),
    )
    op.create_table(
        "serving_processes",
        sa.Column("process_id", sa.String(length=32), nullable=False),
        sa.Column("seen_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("process_id", name=op.f("pk_serving_processes")),
    )
    op.create_table(
        "login_counts",
        sa.Column("name_hash", sa.String(length=64), nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("last_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name_hash", name=op.f("pk_login_counts")),
    )
    op.create_index(op.f("ix_login_counts_last_us"), "login_counts", ["last_us"])
    op.create_table(
        "own_keys",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_own_keys")),
    )
    if op.get_bind().dialect.name == "postgresql":
        for table in EPHEMERAL:
            op.execute(f"ALTER TABLE {table} SET UNLOGGED")


def downgrade() -> None:
    """Make the schema older: every process is then on its own again."""
    for table in ("own_keys", "login_counts", "serving_processes", "live_channels", "live_operations"):
        op.drop_table(table)
