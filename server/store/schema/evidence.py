"""Entries and their bodies, the quarantine and the alarms about them: written behind the ingest path alone."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    literal_column,
)

from server.store.schema.base import metadata

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
PURGED = "purged"
"""Status of an entry of which the log keeps its place and hash alone."""
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
    Column("slot", BigInteger, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("arrived_ms", BigInteger, nullable=False),
    # Log index of the entry with which it came: whose it is.  Null: from before this was noted.
    Column("brought_by", BigInteger, nullable=True),
    # Octets of the object where it lies in object storage, and then `sealed` is empty.  Null: it lies in its row.
    Column("object_size", BigInteger, nullable=True),
    Index("ix_body_data_slot", "slot", unique=True),
)
IN_STORAGE = body_data.c.object_size.is_not(None)
Index("ix_body_data_in_storage", body_data.c.slot, sqlite_where=IN_STORAGE, postgresql_where=IN_STORAGE)

# Blocks of slots that this database has used, and the store that holds their keys.
body_blocks = Table(
    "body_blocks",
    metadata,
    Column("first_slot", BigInteger, primary_key=True, autoincrement=False),
    Column("store_id", String(32), nullable=False),
)

erased_bodies = Table(
    "erased_bodies",
    metadata,
    Column("commitment", String(64), primary_key=True),
    Column("erased_ms", BigInteger, nullable=False),
    Column("log_index", BigInteger, ForeignKey("entries.log_index"), nullable=True),
    Column("slot", BigInteger, nullable=True),
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
