"""The turn and the clock of processes that share a PostgreSQL: one of them writes at a time, and all read one clock."""

from __future__ import annotations

from sqlalchemy import BigInteger, Connection, cast, extract, func, select

from server.store.db import ADVISORY_LOCK, TURN_LOCK

NOW_US = cast(extract("epoch", func.clock_timestamp()) * 1_000_000, BigInteger)
"""Microseconds since 1970 by the database's clock, as an expression."""
_NOW = select(NOW_US)


def take_turn(connection: Connection) -> None:
    """Wait for the turn among all processes, until this transaction ends; the log's writer may take it too."""
    connection.execute(ADVISORY_LOCK, {"name": TURN_LOCK})


def now_us(connection: Connection) -> int:
    """Microseconds since 1970 by the database's clock."""
    found: int = connection.execute(_NOW).scalar_one()
    return found
