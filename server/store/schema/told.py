"""What a district's server tells the one above it, and what that one was told: ids, codes and days, never names."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text, Uuid

from server.store.schema.base import metadata

# Each district of which this server tells the one above it: a row, made when one is configured.
above = Table(
    "above",
    metadata,
    Column("above_id", Integer, primary_key=True, autoincrement=False),
    Column("district_id", String(64), nullable=False, server_default=""),
    Column("url", Text, nullable=False),
    # Made anew where all begins anew; numbers belong to it.
    Column("stream_id", Uuid, nullable=False),
    # The last that was given to one of its things; all districts take theirs from one row of numbers.
    Column("last_number", BigInteger, nullable=False),
    Column("arrived_number", BigInteger, nullable=False),
)

# The newest that is, or will be, told of each thing, by number; null: it is no more.
told_above = Table(
    "told_above",
    metadata,
    Column("what", String(16), primary_key=True),
    Column("thing_id", Uuid, primary_key=True),
    Column("district_id", String(64), nullable=False, server_default=""),
    Column("number", BigInteger, nullable=False, unique=True),
    Column("said_json", Text, nullable=True),
)

# Of which districts the key of a server may tell this one.
telling_keys = Table(
    "telling_keys",
    metadata,
    Column("key_id", String(16), primary_key=True),
    Column("district_id", String(64), primary_key=True),
    Column("since_ms", BigInteger, nullable=False),
)

# Each district whose server tells this one, and how far that has come.
telling_districts = Table(
    "telling_districts",
    metadata,
    Column("district_id", String(64), primary_key=True),
    Column("stream_id", Uuid, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("is_whole", Boolean, nullable=False),
    Column("heard_ms", BigInteger, nullable=False),
)

told_cases = Table(
    "told_cases",
    metadata,
    Column("district_id", String(64), primary_key=True),
    Column("case_id", Uuid, primary_key=True),
    Column("room_id", Uuid, nullable=False),
    Column("facility_id", Uuid, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("began", String(16), nullable=True),
    Column("state", String(24), nullable=False),
    Column("opened", String(10), nullable=False),
    Column("changed", String(10), nullable=False),
    Column("due", String(10), nullable=True),
    Column("reopens", String(10), nullable=True),
    Index("ix_told_cases_by_state", "state", "opened", "case_id"),
)

told_rooms = Table(
    "told_rooms",
    metadata,
    Column("district_id", String(64), primary_key=True),
    Column("room_id", Uuid, primary_key=True),
    Column("method", String(16), primary_key=True),
    Column("facility_id", Uuid, nullable=False),
    Column("state", String(16), nullable=False),
    Column("until", String(10), nullable=False),
    Column("done", String(10), nullable=True),
    Index("ix_told_rooms_by_state", "state", "until", "room_id"),
)

told_results = Table(
    "told_results",
    metadata,
    Column("district_id", String(64), primary_key=True),
    Column("sweep_id", Uuid, primary_key=True),
    Column("room_id", Uuid, nullable=False),
    Column("facility_id", Uuid, nullable=False),
    Column("day", String(10), nullable=False),
    Column("mode", String(16), nullable=False),
    Column("equipment", String(16), nullable=False),
    Column("persons", String(16), nullable=False),
    Index("ix_told_results_of_district", "district_id", "day", "sweep_id"),
)

# How many results of a month say what: counted anew from `told_results` whenever one of that month comes.
told_counts = Table(
    "told_counts",
    metadata,
    Column("district_id", String(64), primary_key=True),
    Column("month", String(7), primary_key=True),
    Column("equipment", String(16), primary_key=True),
    Column("persons", String(16), primary_key=True),
    Column("results", Integer, nullable=False),
)
