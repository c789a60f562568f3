"""Keys that may speak, what this server has still to say of them, and by what its own keys are known."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, String, Table, Text, Uuid

from server.store.schema.base import metadata

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
    Column("probes", Text, nullable=True),  # of a relay: a JSON list, null until the first start judges it
)

# What this server has still to say in the log: written with the act, gone once its entry is there (statements.py).
statements = Table(
    "statements",
    metadata,
    Column("statement_id", Uuid, primary_key=True),
    Column("number", Integer, nullable=False),  # order in which they were made: neither clocks nor ids tell it
    Column("made_ms", BigInteger, nullable=False),
    Column("actor", String(60), nullable=False),
    Column("kind", String(64), nullable=False),
    Column("body_json", Text, nullable=False),
    Column("second_json", Text, nullable=True),
    Column("is_in_force", Boolean, nullable=False),
)

# The one set of keys of all processes that serve this database (own_keys.py): what each is known by, never a secret.
own_keys = Table(
    "own_keys",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
)

# Where rooms lie, from which place in the log on: read from the entries that say it (signing/placements.py).
room_districts = Table(
    "room_districts",
    metadata,
    Column("room_id", Uuid, primary_key=True),
    Column("from_index", BigInteger, primary_key=True, autoincrement=False),
    Column("district_id", String(64), nullable=False),
    Index("ix_room_districts_from_index", "from_index"),
)
