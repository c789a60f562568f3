"""Tables of the server, for SQLite and PostgreSQL alike.

Evidence lies in `entries`, `body_refs` and `body_data` and is written by entries.py alone; the tables under
"projections" can be rebuilt from it at any time; the rest are ordinary tables with an audit trail.  Times are
milliseconds since 1970 in UTC.  Nothing here knows SQL dialects but the conditions of partial indexes, which a
statement meets only with the same literal: `IS_ACCEPTED` and `IS_QUARANTINED`, never a parameter.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    false,
    literal_column,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# --- people, places, keys: ordinary tables --------------------------------------------------------------------------

facilities = Table(
    "facilities",
    metadata,
    Column("facility_id", Uuid, primary_key=True),
    Column("code", String(80), unique=True, nullable=True),
    Column("name_ko", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("latitude_deg", Float, nullable=True),
    Column("longitude_deg", Float, nullable=True),
    Column("is_demo", Boolean, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Index("ix_facilities_by_name", "name_ko", "facility_id"),
)

rooms = Table(
    "rooms",
    metadata,
    Column("room_id", Uuid, primary_key=True),
    Column("facility_id", Uuid, ForeignKey("facilities.facility_id"), nullable=False),
    Column("name_ko", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Index("ix_rooms_of_facility", "facility_id", "name_ko", "room_id"),
)

plans = Table(
    "plans",
    metadata,
    Column("room_id", Uuid, ForeignKey("rooms.room_id"), primary_key=True),
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("plan_json", Text, nullable=False),
    Column("is_verified", Boolean, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("created_by", String(60), nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("audit_id", Uuid, primary_key=True),
    Column("at_ms", BigInteger, nullable=False, index=True),
    Column("actor", String(60), nullable=False),
    Column("action", String(64), nullable=False),
    Column("object_id", String(200), nullable=False),
    Column("detail_json", Text, nullable=False),
)

access_log = Table(
    "access_log",
    metadata,
    Column("access_id", Uuid, primary_key=True),
    Column("at_ms", BigInteger, nullable=False, index=True),
    Column("name", String(60), nullable=False),
    Column("account", String(60), nullable=False),
    Column("address", String(64), nullable=False),
    Column("action", String(64), nullable=False),
    Column("object_id", String(200), nullable=False),
    Column("shown", String(200), nullable=False),
    Column("reason", Text, nullable=False),
)

users = Table(
    "users",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("username", String(60), nullable=False, unique=True),
    Column("display_name", String(60), nullable=False),
    Column("role", String(16), nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("must_change_password", Boolean, nullable=False, server_default=false()),
    Column("password_ms", BigInteger, nullable=False, server_default="0"),
    Column("created_ms", BigInteger, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.user_id"), nullable=False, index=True),
    Column("csrf_token", String(64), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
)

keys = Table(
    "keys",
    metadata,
    Column("key_id", String(16), primary_key=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("role", String(16), nullable=False),
    Column("probe_id", String(64), nullable=True),
    Column("name", Text, nullable=False),
    Column("revoked_from_index", BigInteger, nullable=True),
    Column("predecessor", String(16), nullable=True, index=True),
    Column("admitted_by", String(60), nullable=False),
    Column("admitted_ms", BigInteger, nullable=False),
    Column("tenant", String(64), nullable=True),
    Column("valid_from_index", BigInteger, nullable=False, server_default="0"),
)

# --- evidence: written by entries.py alone --------------------------------------------------------------------------

entries = Table(
    "entries",
    metadata,
    Column("log_index", BigInteger, primary_key=True, autoincrement=False),
    Column("entry_hash", String(64), nullable=False),
    Column("signatures_hash", String(64), nullable=False),
    Column("entry_id", Uuid, nullable=False, index=True),
    Column("status", String(16), nullable=False),
    Column("reason", String(64), nullable=True),
    Column("conflict_with", BigInteger, nullable=True),
    Column("is_readable", Boolean, nullable=False),
    Column("key_id", String(16), nullable=False),
    Column("seq", BigInteger, nullable=True),
    Column("prev", String(64), nullable=True),
    Column("kind", String(64), nullable=True),
    Column("source", String(16), nullable=True),
    Column("subject", String(60), nullable=True),
    Column("assurance", String(16), nullable=True),
    Column("room_id", Uuid, nullable=True),
    Column("sweep_id", Uuid, nullable=True, index=True),
    Column("made_ms", BigInteger, nullable=True),
    Column("payload_type", String(120), nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("signatures_json", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("received_ms", BigInteger, nullable=False),
    Column("tenant", String(64), nullable=True),
    UniqueConstraint("entry_hash", "signatures_hash"),
)
IS_ACCEPTED = entries.c.status == literal_column("'accepted'")
IS_QUARANTINED = entries.c.status == literal_column("'quarantined'")
# An index over the status of every entry is worse than none: nearly all are accepted, and a planner without statistics
# walks through them all.  The place of an accepted entry in the chain of its key, and the few that wait:
Index("ix_entries_place", entries.c.key_id, entries.c.seq, sqlite_where=IS_ACCEPTED, postgresql_where=IS_ACCEPTED)
Index(
    "ix_entries_waiting", entries.c.key_id, entries.c.size, sqlite_where=IS_QUARANTINED, postgresql_where=IS_QUARANTINED
)

body_refs = Table(
    "body_refs",
    metadata,
    Column("log_index", BigInteger, ForeignKey("entries.log_index"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("commitment", String(64), nullable=False, index=True),
    Column("media_type", String(130), nullable=False),
    Column("size", BigInteger, nullable=False),
)

body_data = Table(
    "body_data",
    metadata,
    Column("commitment", String(64), primary_key=True),
    Column("salt", LargeBinary, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("arrived_ms", BigInteger, nullable=False),
)

erased_bodies = Table(
    "erased_bodies",
    metadata,
    Column("commitment", String(64), primary_key=True),
    Column("erased_ms", BigInteger, nullable=False),
    Column("log_index", BigInteger, ForeignKey("entries.log_index"), nullable=False),
)

alarms = Table(
    "alarms",
    metadata,
    Column("alarm_id", Uuid, primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("code", String(64), nullable=False),
    Column("key_id", String(16), nullable=True, index=True),
    Column("sweep_id", Uuid, nullable=True, index=True),
    Column("log_index", BigInteger, nullable=True, index=True),
    Column("other_log_index", BigInteger, nullable=True),
)

# What strangers sent, entry by entry: what the bounds of the quarantine count.
quarantine = Table(
    "quarantine",
    metadata,
    Column("log_index", BigInteger, ForeignKey("entries.log_index"), primary_key=True, autoincrement=False),
    Column("network", String(64), nullable=False),
    Column("key_id", String(16), nullable=False, index=True),
    Column("size", BigInteger, nullable=False),
    Column("waited_s", BigInteger, nullable=False),
    Index("ix_quarantine_of_network", "network", "key_id", "size"),
)

# --- projections: rebuilt from entries ------------------------------------------------------------------------------

sweeps = Table(
    "sweeps",
    metadata,
    Column("sweep_id", Uuid, primary_key=True),
    Column("room_id", Uuid, nullable=False),
    Column("source", String(16), nullable=False),
    Column("mode", String(16), nullable=False),
    Column("outcome", String(16), nullable=True),
    Column("result", String(16), nullable=False),
    Column("started_ms", BigInteger, nullable=False, index=True),
    Column("ended_ms", BigInteger, nullable=True),
    Column("claimed_ms", BigInteger, nullable=False, server_default="0"),
    Column("received_ms", BigInteger, nullable=False, server_default="0"),
    Column("candidates", Integer, nullable=False),
    Column("not_assessable_zones", Integer, nullable=False),
    Column("inspectors_json", Text, nullable=False),
    Column("probe_id", String(64), nullable=False),
    Column("plan_version", BigInteger, nullable=False),
    Column("report_log_index", BigInteger, nullable=True),
    Column("report_commitment", String(64), nullable=True),
    Column("report_state", String(16), nullable=False),
    Index("ix_sweeps_of_room", "room_id", "started_ms", "sweep_id"),
)

findings = Table(
    "findings",
    metadata,
    Column("sweep_id", Uuid, primary_key=True),
    Column("finding_id", Uuid, primary_key=True),
    Column("zone_id", String(64), nullable=False),
    Column("strength", String(16), nullable=False),
    Index("ix_findings_finding_id", "finding_id"),
)

dispositions = Table(
    "dispositions",
    metadata,
    Column("log_index", BigInteger, primary_key=True, autoincrement=False),
    Column("sweep_id", Uuid, nullable=False, index=True),
    Column("finding_id", Uuid, nullable=False),
    Column("verdict", String(32), nullable=False),
    Column("note_json", Text, nullable=True),
    Column("subject", String(60), nullable=False),
    Column("assurance", String(16), nullable=False),
    Column("decided_ms", BigInteger, nullable=False),
)

open_findings = Table(
    "open_findings",
    metadata,
    Column("sweep_id", Uuid, primary_key=True),
    Column("finding_id", Uuid, primary_key=True),
    Column("state", String(16), nullable=False),
)

log_rows = Table(
    "log_rows",
    metadata,
    Column("sweep_id", Uuid, primary_key=True),
    Column("row_json", Text, nullable=False),
)

PROJECTIONS = (sweeps, findings, dispositions, open_findings, log_rows)

# Sweeps of which entries arrived that no projection has read yet: written with the entry, gone with the projection.
due_sweeps = Table(
    "due_sweeps",
    metadata,
    Column("sweep_id", Uuid, primary_key=True),
    Column("log_index", BigInteger, nullable=False, index=True),
)
