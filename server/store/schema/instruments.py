"""The instruments that a district has beside probes, and their checks: ordinary tables with an audit trail."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, String, Table, Text, Uuid

from server.store.schema.base import metadata

instruments = Table(
    "instruments",
    metadata,
    Column("instrument_id", Uuid, primary_key=True),
    Column("district_id", String(64), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("maker", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("serial", Text, nullable=False),
    Column("holder_user_id", Uuid, ForeignKey("users.user_id"), nullable=True),
    Column("created_ms", BigInteger, nullable=False),
    Column("retired_ms", BigInteger, nullable=True),
)

# What was written down of a check stays; one that was wrong is withdrawn. Days are Korean.
instrument_checks = Table(
    "instrument_checks",
    metadata,
    Column("check_id", Uuid, primary_key=True),
    Column("instrument_id", Uuid, ForeignKey("instruments.instrument_id"), nullable=False, index=True),
    Column("what", String(16), nullable=False),
    Column("day", String(10), nullable=False),
    Column("good_until", String(10), nullable=False),
    Column("has_passed", Boolean, nullable=False),
    Column("checked_by", Text, nullable=False),
    Column("recorded_ms", BigInteger, nullable=False),
    Column("recorded_by", String(60), nullable=False),
    Column("withdrawn_ms", BigInteger, nullable=True),
)
