"""Stickers of rooms, and what the public wrote to their pages."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, String, Table, Text, Uuid

from server.store.schema.base import metadata

stickers = Table(
    "stickers",
    metadata,
    Column("code", String(16), primary_key=True),
    Column("room_id", Uuid, ForeignKey("rooms.room_id"), nullable=False, index=True),
    Column("created_ms", BigInteger, nullable=False),
    Column("created_by", String(60), nullable=False),
    Column("revoked_ms", BigInteger, nullable=True),
)

# Without anything about who wrote it: no address, no device, no name.
public_reports = Table(
    "public_reports",
    metadata,
    Column("report_id", Uuid, primary_key=True),
    Column("room_id", Uuid, ForeignKey("rooms.room_id"), nullable=False),
    Column("what", String(16), nullable=False),
    Column("text", Text, nullable=False),
    Column("received_ms", BigInteger, nullable=False),
    Column("outcome", String(16), nullable=True),
    Column("note", Text, nullable=False, server_default=""),
    Column("closed_by", String(60), nullable=True),
    Column("closed_ms", BigInteger, nullable=True),
    Index("ix_public_reports_of_room", "room_id", "received_ms"),
)
