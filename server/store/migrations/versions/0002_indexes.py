"""Indexes that stay flat as the log grows.

Revises: 0001.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ACCEPTED = sa.text("status = 'accepted'")
WAITING = sa.text("status = 'quarantined'")


def upgrade() -> None:
    """Make the schema newer."""
    op.drop_index("ix_entries_status", "entries")
    op.drop_index("ix_entries_key_seq", "entries")
    op.create_index("ix_entries_place", "entries", ["key_id", "seq"], sqlite_where=ACCEPTED, postgresql_where=ACCEPTED)
    op.create_index("ix_entries_waiting", "entries", ["key_id", "size"], sqlite_where=WAITING, postgresql_where=WAITING)
    op.create_index(op.f("ix_alarms_key_id"), "alarms", ["key_id"])
    op.create_index(op.f("ix_alarms_log_index"), "alarms", ["log_index"])
    op.drop_index("ix_sweeps_room_id", "sweeps")
    op.create_index("ix_sweeps_of_room", "sweeps", ["room_id", "started_ms", "sweep_id"])
    op.create_index("ix_facilities_by_name", "facilities", ["name_ko", "facility_id"])
    op.drop_index("ix_rooms_facility_id", "rooms")
    op.create_index("ix_rooms_of_facility", "rooms", ["facility_id", "name_ko", "room_id"])


def downgrade() -> None:
    """Make the schema older."""
    op.drop_index("ix_rooms_of_facility", "rooms")
    op.create_index("ix_rooms_facility_id", "rooms", ["facility_id"])
    op.drop_index("ix_facilities_by_name", "facilities")
    op.drop_index("ix_sweeps_of_room", "sweeps")
    op.create_index("ix_sweeps_room_id", "sweeps", ["room_id"])
    op.drop_index("ix_alarms_log_index", "alarms")
    op.drop_index("ix_alarms_key_id", "alarms")
    op.drop_index("ix_entries_waiting", "entries")
    op.drop_index("ix_entries_place", "entries")
    op.create_index("ix_entries_key_seq", "entries", ["key_id", "seq"])
    op.create_index("ix_entries_status", "entries", ["status"])
