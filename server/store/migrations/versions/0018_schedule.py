"""The schedule: secrets of its draws, pairs of inspectors, ordered visits, looks by eye; how many persons swept.

Revises: 0017.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

TABLES = ("visual_checks", "visit_orders", "inspector_pairs", "draw_secrets")
# Only what may count as done is read anew, by and by.
READ_ANEW = """
    INSERT INTO due_sweeps (sweep_id, log_index)
    SELECT sweep_id, coalesce(report_log_index, 0) FROM sweeps
    WHERE source = 'live' AND outcome = 'completed' AND sweep_id NOT IN (SELECT sweep_id FROM due_sweeps)
"""


def upgrade() -> None:
    """Make the schema newer; how many persons swept is known once the sweeps were read anew."""
    op.create_table(
        "draw_secrets",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_draw_secrets")),
    )
    op.create_table(
        "inspector_pairs",
        sa.Column("pair_id", sa.Uuid(), nullable=False),
        sa.Column("district_id", sa.String(length=64), nullable=False),
        sa.Column("first_user_id", sa.Uuid(), nullable=False),
        sa.Column("second_user_id", sa.Uuid(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["first_user_id"], ["users.user_id"], name=op.f("fk_inspector_pairs_first_user_id")),
        sa.ForeignKeyConstraint(["second_user_id"], ["users.user_id"], name=op.f("fk_inspector_pairs_second_user_id")),
        sa.PrimaryKeyConstraint("pair_id", name=op.f("pk_inspector_pairs")),
    )
    op.create_index(op.f("ix_inspector_pairs_district_id"), "inspector_pairs", ["district_id"])
    op.create_table(
        "visit_orders",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("facility_id", sa.Uuid(), nullable=False),
        sa.Column("first_day", sa.String(length=10), nullable=False),
        sa.Column("last_day", sa.String(length=10), nullable=False),
        sa.Column("with_police", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.String(length=60), nullable=False),
        sa.Column("cancelled_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["facility_id"], ["facilities.facility_id"], name=op.f("fk_visit_orders_facility_id")),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_visit_orders")),
    )
    op.create_index(op.f("ix_visit_orders_facility_id"), "visit_orders", ["facility_id"])
    op.create_table(
        "visual_checks",
        sa.Column("check_id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("checked_ms", sa.BigInteger(), nullable=False),
        sa.Column("checked_by", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(["room_id"], ["rooms.room_id"], name=op.f("fk_visual_checks_room_id")),
        sa.PrimaryKeyConstraint("check_id", name=op.f("pk_visual_checks")),
    )
    op.create_index("ix_visual_checks_checked_ms", "visual_checks", ["checked_ms", "room_id"])
    op.add_column("sweeps", sa.Column("persons", sa.Integer(), nullable=True))
    columns = ["source", "outcome", "started_ms", "room_id", "mode", "persons"]
    op.create_index("ix_sweeps_done", "sweeps", columns)
    op.execute(READ_ANEW)


def downgrade() -> None:
    """Make the schema older; pairs, orders and looks are gone."""
    op.drop_index("ix_sweeps_done", table_name="sweeps")
    with op.batch_alter_table("sweeps") as table:
        table.drop_column("persons")
    for table_name in TABLES:
        op.drop_table(table_name)
