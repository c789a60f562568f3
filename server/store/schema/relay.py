"""What a server on a Pi and its city know of each other."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table, Text, Uuid

from server.store.schema.base import metadata

# The city's server as this one knows it: one row, made when a city is configured.
city = Table(
    "city",
    metadata,
    Column("city_id", Integer, primary_key=True, autoincrement=False),
    Column("url", Text, nullable=True),
    Column("server_key", LargeBinary, nullable=True),
    Column("seen_note", Text, nullable=True),
    Column("stopped", String(64), nullable=True),
    Column("listed_up_to", BigInteger, nullable=False),
    Column("root_key", LargeBinary, nullable=True),
    Column("down_after", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=True),
)

# How far each entry has got on its way to the city.  No foreign key: a purged entry is taken away and comes back.
relayed = Table(
    "relayed",
    metadata,
    Column("log_index", BigInteger, primary_key=True, autoincrement=False),
    Column("state", String(16), nullable=False),
    Column("reason", Text, nullable=True),
    Column("receipt_json", Text, nullable=True),
    Column("city_index", BigInteger, nullable=True),
    Column("relayed_ms", BigInteger, nullable=True),
    Index("ix_relayed_state", "state", "log_index"),
)

# What the city said of keys and erasures, as it came, and what became of it here.
city_entries = Table(
    "city_entries",
    metadata,
    Column("entry_hash", String(64), primary_key=True),
    Column("city_index", BigInteger, nullable=False),
    Column("kind", String(64), nullable=False),
    Column("wire", LargeBinary, nullable=False),
    Column("commitment", String(64), nullable=True, index=True),
    Column("state", String(16), nullable=False),
    Column("detail", Text, nullable=False),
    Column("taken_ms", BigInteger, nullable=False),
)

# The keys that the city's root admitted, by its entries alone.
city_keys = Table(
    "city_keys",
    metadata,
    Column("key_id", String(16), primary_key=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("role", String(16), nullable=False),
    Column("probe_id", String(64), nullable=True),
    Column("tenant", String(64), nullable=False),
    Column("revoked_from_index", BigInteger, nullable=True),
    Column("valid_from_index", BigInteger, nullable=False),
)

# Facilities, rooms and versions of plans that came from the city, and those of which this server keeps its own.
city_places = Table(
    "city_places",
    metadata,
    Column("place_id", Uuid, primary_key=True),
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("what", String(16), nullable=False),
    Column("state", String(16), nullable=False),
)

# Shifts as they came from the city, sealed to this server's identity, until they expire.
sealed_shifts = Table(
    "sealed_shifts",
    metadata,
    Column("taken_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
)

# What a Pi's server asks its city for, by number: facilities, rooms and plans in the order in which they were added,
# and entries about keys and erasures in the order in which they took effect.
down_changes = Table(
    "down_changes",
    metadata,
    Column("change_no", BigInteger, primary_key=True, autoincrement=False),
    Column("log_index", BigInteger, nullable=True),
    Column("facility_id", Uuid, nullable=True),
    Column("room_id", Uuid, nullable=True),
    Column("plan_version", BigInteger, nullable=True),
)
