"""Facilities, rooms and plans: ordinary tables with an audit trail."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKey, Index, Integer, String, Table, Text, Uuid

from server.store.schema.base import metadata

districts = Table(
    "districts",
    metadata,
    Column("district_id", String(64), primary_key=True),
    Column("name_ko", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("is_home", Boolean, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
)

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
    Column("district_id", String(64), nullable=True, index=True),
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
    Column("sex", String(16), nullable=True),
    Column("floor", Integer, nullable=True),
    Column("stalls", Integer, nullable=True),
    Column("closed_ms", BigInteger, nullable=True),
    # The district in which the log says, or is about to say, that it lies; null: nothing was said yet.
    Column("said_district", String(64), nullable=True),
    Index("ix_rooms_of_facility", "facility_id", "name_ko", "room_id"),
)
_IS_UNSAID = rooms.c.said_district.is_(None)
Index("ix_rooms_unsaid", rooms.c.room_id, sqlite_where=_IS_UNSAID, postgresql_where=_IS_UNSAID)

# A facility or room that was the same as another: what of it went over, so that it can come back as long as nothing
# followed (`after_index`: the last place in the log before). No foreign keys: a place of a file may be taken back.
place_joins = Table(
    "place_joins",
    metadata,
    Column("join_id", Uuid, primary_key=True),
    Column("what", String(16), nullable=False),
    Column("from_id", Uuid, nullable=False, index=True),
    Column("into_id", Uuid, nullable=False, index=True),
    Column("moved_json", Text, nullable=False),
    Column("after_index", BigInteger, nullable=False),
    Column("joined_ms", BigInteger, nullable=False),
    Column("undone_ms", BigInteger, nullable=True),
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
