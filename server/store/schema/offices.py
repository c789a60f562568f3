"""What a district's office wants on its documents, their numbers, and the names that stand on them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Integer, String, Table, Text, UniqueConstraint, Uuid

from server.store.schema.base import metadata

office_settings = Table(
    "office_settings",
    metadata,
    Column("district_id", String(64), primary_key=True),
    Column("approval_json", Text, nullable=False),
    Column("number_word", String(60), nullable=False),
    Column("shows_names", Boolean, nullable=False),
    Column("changed_ms", BigInteger, nullable=False),
)

# Every document that somebody had made: no row goes, for a number is given once.
issued_documents = Table(
    "issued_documents",
    metadata,
    Column("document_id", Uuid, primary_key=True),
    Column("district_id", String(64), nullable=False),
    Column("year", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    Column("document_no", String(100), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("file_name", String(200), nullable=False),
    Column("made_ms", BigInteger, nullable=False),
    Column("made_by", String(60), nullable=False),
    Column("reason", Text, nullable=False),
    Column("about_json", Text, nullable=False),
    UniqueConstraint("district_id", "year", "number", name="uq_issued_documents_district_id"),
)

# By what name an account's person stands on an office's documents: a body of its own, which goes with its key.
document_names = Table(
    "document_names",
    metadata,
    Column("account", String(16), primary_key=True),
    Column("commitment", String(64), nullable=False),
    Column("set_ms", BigInteger, nullable=False),
)

# By what names inspectors stand in a row of an office's list of past inspections: a body of its own, as above.
original_names = Table(
    "original_names",
    metadata,
    Column("import_id", Uuid, primary_key=True),
    Column("line", Integer, primary_key=True, autoincrement=False),
    Column("sweep_id", Uuid, nullable=True, index=True),
    Column("commitment", String(64), nullable=False),
    Column("set_ms", BigInteger, nullable=False),
)

# What was given to another agency or person, as the law's register asks for it; none is deleted.
provisions = Table(
    "provisions",
    metadata,
    Column("provision_id", Uuid, primary_key=True),
    Column("district_id", String(64), nullable=False, index=True),
    Column("document_no", String(100), nullable=False),
    Column("day", String(10), nullable=False),
    Column("recipient", Text, nullable=False),
    Column("basis", String(16), nullable=False),
    Column("purpose", Text, nullable=False),
    Column("items", Text, nullable=False),
    Column("form", String(16), nullable=False),
    Column("limits", Text, nullable=False),
    Column("recorded_ms", BigInteger, nullable=False),
    Column("recorded_by", String(60), nullable=False),
    Column("withdrawn_ms", BigInteger, nullable=True),
)

# Who left their office to whom, and what went over with it: accounts and ids, so that no name outlives its erasure.
handovers = Table(
    "handovers",
    metadata,
    Column("handover_id", Uuid, primary_key=True),
    Column("district_id", String(64), nullable=False, index=True),
    Column("from_account", String(16), nullable=False),
    Column("to_account", String(16), nullable=False),
    Column("document_no", String(100), nullable=False),
    Column("told_json", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("made_ms", BigInteger, nullable=False),
    Column("made_by", String(60), nullable=False),
)
