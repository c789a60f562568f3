"""What the schedule needs to know: secrets of past days, who walks together, visits that were ordered, looks by eye."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, LargeBinary, String, Table, Text, Uuid

from server.store.schema.base import metadata

draw_secrets = Table(
    "draw_secrets",
    metadata,
    Column("day", String(10), primary_key=True),
    Column("secret", LargeBinary, nullable=False),
)

inspector_pairs = Table(
    "inspector_pairs",
    metadata,
    Column("pair_id", Uuid, primary_key=True),
    Column("district_id", String(64), nullable=False, index=True),
    Column("first_user_id", Uuid, ForeignKey("users.user_id"), nullable=False),
    Column("second_user_id", Uuid, ForeignKey("users.user_id"), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
)

visit_orders = Table(
    "visit_orders",
    metadata,
    Column("order_id", Uuid, primary_key=True),
    Column("facility_id", Uuid, ForeignKey("facilities.facility_id"), nullable=False, index=True),
    Column("first_day", String(10), nullable=False),
    Column("last_day", String(10), nullable=False),
    Column("with_police", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("created_by", String(60), nullable=False),
    Column("cancelled_ms", BigInteger, nullable=True),
)

visual_checks = Table(
    "visual_checks",
    metadata,
    Column("check_id", Uuid, primary_key=True),
    Column("room_id", Uuid, ForeignKey("rooms.room_id"), nullable=False),
    Column("checked_ms", BigInteger, nullable=False),
    Column("checked_by", String(60), nullable=False),
    Index("ix_visual_checks_checked_ms", "checked_ms", "room_id"),
)
