"""What a Pi's server and its city's know of each other, and the order of what comes down.

Revises: 0014.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

COUNTING = "status = 'accepted' AND kind IN ('body.erased', 'key.admitted', 'key.revoked', 'key.reinstated')"
TABLES = ("city", "relayed", "city_entries", "city_keys", "city_places", "sealed_shifts", "down_changes")


def upgrade() -> None:
    """Make the schema newer; what is there gets its number."""
    op.create_table(
        "city",
        sa.Column("city_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("server_key", sa.LargeBinary(), nullable=True),
        sa.Column("seen_note", sa.Text(), nullable=True),
        sa.Column("stopped", sa.String(length=64), nullable=True),
        sa.Column("listed_up_to", sa.BigInteger(), nullable=False),
        sa.Column("root_key", sa.LargeBinary(), nullable=True),
        sa.Column("down_after", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("city_id", name=op.f("pk_city")),
    )
    op.create_table(
        "relayed",
        sa.Column("log_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("receipt_json", sa.Text(), nullable=True),
        sa.Column("city_index", sa.BigInteger(), nullable=True),
        sa.Column("relayed_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("log_index", name=op.f("pk_relayed")),
    )
    op.create_index("ix_relayed_state", "relayed", ["state", "log_index"])
    op.create_table(
        "city_entries",
        sa.Column("entry_hash", sa.String(length=64), nullable=False),
        sa.Column("city_index", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("wire", sa.LargeBinary(), nullable=False),
        sa.Column("commitment", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("taken_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("entry_hash", name=op.f("pk_city_entries")),
    )
    op.create_index(op.f("ix_city_entries_commitment"), "city_entries", ["commitment"])
    op.create_table(
        "city_keys",
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("probe_id", sa.String(length=64), nullable=True),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("revoked_from_index", sa.BigInteger(), nullable=True),
        sa.Column("valid_from_index", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_city_keys")),
    )
    op.create_table(
        "city_places",
        sa.Column("place_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("what", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("place_id", "version", name=op.f("pk_city_places")),
    )
    op.create_table(
        "sealed_shifts",
        sa.Column("taken_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("taken_ms", name=op.f("pk_sealed_shifts")),
    )
    op.create_table(
        "down_changes",
        sa.Column("change_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("log_index", sa.BigInteger(), nullable=True),
        sa.Column("facility_id", sa.Uuid(), nullable=True),
        sa.Column("room_id", sa.Uuid(), nullable=True),
        sa.Column("plan_version", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("change_no", name=op.f("pk_down_changes")),
    )
    for table, columns, order in (
        ("facilities", "NULL, facility_id, NULL, NULL", "created_ms, facility_id"),
        ("rooms", "NULL, NULL, room_id, NULL", "created_ms, room_id"),
        ("plans", "NULL, NULL, room_id, version", "created_ms, room_id, version"),
        (f"entries WHERE {COUNTING}", "log_index, NULL, NULL, NULL", "log_index"),
    ):
        last = "(SELECT coalesce(max(change_no), 0) FROM down_changes)"
        number = f"{last} + row_number() OVER (ORDER BY {order})"
        into = "down_changes (change_no, log_index, facility_id, room_id, plan_version)"
        words = ("INSERT INTO", into, "SELECT", number, ",", columns, "FROM", table)
        op.execute(" ".join(words))


def downgrade() -> None:
    """Make the schema older; what was known of the city is gone."""
    for table in TABLES:
        op.drop_table(table)
