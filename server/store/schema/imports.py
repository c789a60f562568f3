"""Imported files of facilities, row by row, and what is known of facilities and rooms beside name and place."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, Uuid, false

from server.store.schema.base import metadata

imports = Table(
    "imports",
    metadata,
    Column("import_id", Uuid, primary_key=True),
    Column("file_name", Text, nullable=False),
    Column("file_sha256", String(64), nullable=False),
    Column("layout", String(16), nullable=False),
    Column("encoding", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("created_by", String(60), nullable=False),
    Column("confirmed_ms", BigInteger, nullable=True),
    Column("undone_ms", BigInteger, nullable=True),
    # The district that it is confined to; null: the whole city's.
    Column("district_id", String(64), nullable=True, index=True),
    # How many cells lost something before anybody saw them, by what.
    Column("cuts_json", Text, nullable=False, server_default="{}"),
    Index("ix_imports_created_ms", "created_ms"),
)

# Every row of the file, and below zero what the file no longer lists.
import_rows = Table(
    "import_rows",
    metadata,
    Column("import_id", Uuid, ForeignKey("imports.import_id"), primary_key=True),
    Column("line", Integer, primary_key=True, autoincrement=False),
    Column("outcome", String(16), nullable=False),
    Column("reasons", Text, nullable=False),
    Column("source_key", String(200), nullable=False),
    Column("place_sha256", String(64), nullable=False),
    Column("place_json", Text, nullable=False),
    Column("raw_json", Text, nullable=False),
    Column("facility_id", Uuid, nullable=True),
    Column("is_applied", Boolean, nullable=False),
    Column("before_json", Text, nullable=True),
    Column("answer", String(16), nullable=True),
    Column("answered_by", String(60), nullable=True),
    Column("answered_ms", BigInteger, nullable=True),
    # What it made that is no facility: a room, an inspection, an instrument, an account.
    Column("object_id", Uuid, nullable=True),
    Index("ix_import_rows_place_sha256", "place_sha256"),
    Index("ix_import_rows_facility_id", "facility_id"),
)

# What a district said that a column of its lists is, by kind of list and heading; empty: the whole city.
import_columns = Table(
    "import_columns",
    metadata,
    Column("answer_id", Uuid, primary_key=True),
    Column("district_id", String(64), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("heading", Text, nullable=False),
    Column("heading_mark", String(200), nullable=False),
    Column("field", String(32), nullable=False),
    Column("answered_ms", BigInteger, nullable=False),
    Column("answered_by", String(60), nullable=False),
    Index("ix_import_columns_of_district", "district_id", "kind", "heading_mark", unique=True),
)

# Which row of which kind of file a facility is known by: identifiers of files are not its own, they are used again.
facility_sources = Table(
    "facility_sources",
    metadata,
    Column("layout", String(16), primary_key=True),
    Column("facility_id", Uuid, ForeignKey("facilities.facility_id"), primary_key=True),
    Column("source_key", String(200), nullable=False),
    Column("place_sha256", String(64), nullable=False),
)

facility_facts = Table(
    "facility_facts",
    metadata,
    Column("facility_id", Uuid, ForeignKey("facilities.facility_id"), primary_key=True),
    Column("district", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("opening_hours", Text, nullable=False),
    Column("phone", Text, nullable=False),
    Column("operator", Text, nullable=False),
    Column("installed", String(7), nullable=False),
    Column("is_special", Boolean, nullable=False, server_default=false()),
    Column("closed_ms", BigInteger, nullable=True),
)

# On what basis a room is inspected; never overwritten, the newest counts.
room_bases = Table(
    "room_bases",
    metadata,
    Column("room_id", Uuid, ForeignKey("rooms.room_id"), primary_key=True),
    Column("recorded_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("basis", String(16), nullable=False),
    Column("citation", Text, nullable=False),
    Column("dated", String(10), nullable=False),
    Column("document", Text, nullable=False),
    Column("recorded_by", String(60), nullable=False),
)

district_outlines = Table(
    "district_outlines",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("code", String(20), nullable=False),
    Column("name_en", Text, nullable=False),
    Column("geometry_json", Text, nullable=False),
)
