"""Districts, to which facilities and people belong, and the facilities of people who are no inspectors.

Revises: 0015.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the schema newer; the next start gives facilities and people to the district of this server."""
    op.create_table(
        "districts",
        sa.Column("district_id", sa.String(length=64), nullable=False),
        sa.Column("name_ko", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("is_home", sa.Boolean(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("district_id", name=op.f("pk_districts")),
    )
    op.add_column("facilities", sa.Column("district_id", sa.String(length=64), nullable=True))
    op.create_index(op.f("ix_facilities_district_id"), "facilities", ["district_id"])
    op.add_column("users", sa.Column("district_id", sa.String(length=64), nullable=True))
    # Nobody but an administrator sees more than before when a second district comes; the empty word means "of here".
    op.execute("UPDATE users SET district_id = '' WHERE role <> 'admin'")
    op.create_table(
        "user_facilities",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("facility_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.user_id"], name=op.f("fk_user_facilities_user_id")),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facilities.facility_id"], name=op.f("fk_user_facilities_facility_id")
        ),
        sa.PrimaryKeyConstraint("user_id", "facility_id", name=op.f("pk_user_facilities")),
    )


def downgrade() -> None:
    """Make the schema older; everybody sees every district again."""
    op.drop_table("user_facilities")
    with op.batch_alter_table("users") as table:
        table.drop_column("district_id")
    op.drop_index(op.f("ix_facilities_district_id"), table_name="facilities")
    with op.batch_alter_table("facilities") as table:
        table.drop_column("district_id")
    op.drop_table("districts")
