"""What processes of one PostgreSQL share, kept for minutes, never evidence; a process on SQLite writes none of it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, String, Table, Text

from server.store.schema.base import metadata

# What probes and pages are told, in one order, kept for minutes (live/pg_queue.py); a process on SQLite writes none.
live_operations = Table(
    "live_operations",
    metadata,
    Column("op_id", BigInteger, primary_key=True, autoincrement=False),
    Column("probe_id", String(64), nullable=True),
    Column("origin", String(64), nullable=False),
    Column("data", Text, nullable=False),
)

live_channels = Table(
    "live_channels",
    metadata,
    Column("probe_id", String(64), primary_key=True),
    Column("op_id", BigInteger, nullable=False),
    Column("state_json", Text, nullable=False),
)

serving_processes = Table(
    "serving_processes",
    metadata,
    Column("process_id", String(32), primary_key=True),
    Column("seen_us", BigInteger, nullable=False),
    # The newest that its release knows.  Null: from before this was noted.
    Column("revision", String(32), nullable=True),
)
