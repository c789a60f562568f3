"""Documents that were given out before the log was judged anew, and that would say something else today.

Input are sweeps of which an entry began or ceased to count; output are names of documents, from the access log, and a
line of the audit trail with an alarm.  Nothing that was given out is taken back: whoever has it is to be told.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, func, select

from server.store.alarms import raise_alarm
from server.store.audit import record
from server.store.clock import from_ms
from server.store.schema import access_log, cases, entries
from sweep.report import display_text

ISSUED = ("log.exported", "log.downloaded", "case.given", "statistics.exported", "copy.exported")
MOST_NAMED = 200  # guessed: more than anybody writes to; the count is of all
KST = timezone(timedelta(hours=9))
_PERIOD = re.compile(r"(\d{4}-\d{2}-\d{2})_(\d{4}-\d{2}-\d{2})")


def say_judged_anew(
    connection: Connection, sweep_ids: Collection[UUID], *, actor: str, is_asked: bool = False
) -> tuple[str, ...]:
    """Write down which issued documents these sweeps stand in, with an alarm; returns the documents' names.

    `is_asked`: a person changed a key and knows of it, so that only documents are worth an alarm.
    """
    if not sweep_ids:
        return ()
    named = sorted(set(_documents(connection, sweep_ids)))
    detail = {"sweeps": len(sweep_ids), "documents": len(named), "named": named[:MOST_NAMED]}
    record(connection, actor=actor, action="log.judged_anew", object_id=str(min(sweep_ids)), detail=detail)
    if named or not is_asked:
        last = _last_of(connection, sweep_ids)
        raise_alarm(connection, "judged_anew", key_id=None, sweep_id=None, log_index=last)
    return tuple(named[:MOST_NAMED])


def _documents(connection: Connection, sweep_ids: Collection[UUID]) -> Iterator[str]:
    """Names and days of what was given out after a sweep was received, of its period, or of it or its case alone."""
    of_sweeps = select(entries.c.sweep_id, entries.c.received_ms, entries.c.made_ms)
    rows = connection.execute(of_sweeps.where(entries.c.sweep_id.in_(sweep_ids))).all()
    days = [(min(row.received_ms, row.made_ms or row.received_ms), row.received_ms) for row in rows]
    if not days:
        return
    of_cases = select(func.coalesce(cases.c.joins, cases.c.case_id)).where(cases.c.sweep_id.in_(sweep_ids))
    ids = {str(one) for one in (*sweep_ids, *connection.scalars(of_cases))}
    given = select(access_log).where(
        access_log.c.action.in_(ISSUED), access_log.c.at_ms >= min(received for _, received in days)
    )
    for row in connection.execute(given.order_by(access_log.c.at_ms)):
        if any(one in row.object_id for one in ids) or _covers(row, [_day(made) for made, _ in days]):
            when = from_ms(row.at_ms).astimezone(KST).date().isoformat()
            yield display_text(f"{row.object_id} ({when}, {row.name})", limit=300)


def _covers(row: Row[Any], days: Collection[date]) -> bool:
    found = _PERIOD.search(row.object_id)
    if found is None:
        return False
    try:
        first, last = date.fromisoformat(found[1]), date.fromisoformat(found[2])
    except ValueError:
        return False
    return any(first <= day <= last for day in days)


def _day(at_ms: int) -> date:
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(KST).date()


def _last_of(connection: Connection, sweep_ids: Collection[UUID]) -> int | None:
    last = select(entries.c.log_index).where(entries.c.sweep_id.in_(sweep_ids))
    return connection.scalar(last.order_by(entries.c.log_index.desc()).limit(1))
