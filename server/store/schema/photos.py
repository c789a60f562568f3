"""Who may photograph now, and to whom it is sealed: ordinary tables with an audit trail."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, String, Table, Uuid

from server.store.schema.base import metadata

# Two persons have declared a room empty for photographs of an object. `ended_by`: `person` or `find`.
photo_declarations = Table(
    "photo_declarations",
    metadata,
    Column("declaration_id", Uuid, primary_key=True),
    Column("case_id", Uuid, nullable=False, index=True),
    Column("user_id", Uuid, ForeignKey("users.user_id"), nullable=False),
    Column("first_name", String(60), nullable=False),
    Column("second_name", String(60), nullable=False),
    Column("first_way", String(16), nullable=False),
    Column("second_way", String(16), nullable=False),
    Column("first_account", String(16), nullable=True),
    Column("second_account", String(16), nullable=True),
    Column("declared_ms", BigInteger, nullable=False),
    Column("ends_ms", BigInteger, nullable=False),
    Column("ended_by", String(16), nullable=True),
)

# Public keys (age) of evidence officers. One that ended opens what was sealed to it before.
evidence_keys = Table(
    "evidence_keys",
    metadata,
    Column("key_id", String(16), primary_key=True),
    Column("recipient", String(100), nullable=False),
    Column("user_id", Uuid, ForeignKey("users.user_id"), nullable=True, index=True),
    Column("name", String(60), nullable=False),
    Column("district_id", String(64), nullable=True),
    Column("made_ms", BigInteger, nullable=False),
    Column("ended_ms", BigInteger, nullable=True),
)
