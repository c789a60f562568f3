"""What districts told, when its period is over: deleted by the server above, whole months at once.

Input is the period; what stands at a district is not touched, nor an open case.  What goes at the district before goes
here with it (told.py).
"""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import ColumnElement, Connection, Table, delete, or_, select

from server.relay.told import is_open_told
from server.store.schema import telling_districts, told_cases, told_counts, told_results, told_rooms


def districts_due(connection: Connection, today: date, kept_days: int) -> list[str]:
    """Districts of which something told is past its period."""
    is_due = [
        select(table.c.district_id).where(is_old, table.c.district_id == telling_districts.c.district_id).exists()
        for table, is_old in _old(today, kept_days)
    ]
    statement = select(telling_districts.c.district_id).where(or_(*is_due))
    return list(connection.scalars(statement.order_by(telling_districts.c.district_id)))


def expire_told(connection: Connection, district_id: str, today: date, kept_days: int) -> int:
    """Delete what a district told before the month in which the period began; returns how many rows went."""
    gone = 0
    for table, is_old in _old(today, kept_days):
        gone += connection.execute(delete(table).where(is_old, table.c.district_id == district_id)).rowcount
    return gone


def _old(today: date, kept_days: int) -> tuple[tuple[Table, ColumnElement[bool]], ...]:
    """(table, condition on what is past its period); counts go with the results of their month."""
    first = (today - timedelta(days=kept_days)).replace(day=1).isoformat()
    return (
        (told_results, told_results.c.day < first),
        (told_counts, told_counts.c.month < first[:7]),
        (told_cases, (told_cases.c.changed < first) & ~is_open_told(today)),
        (told_rooms, told_rooms.c.until < first),
    )
