"""What counts as done: a completed sweep or inspection by the persons a rule needs, or a look by eye written down.

Aborted ones never count, nor equipment in the hands of one person; simulations and replays in a demonstration's
facilities only.  Output are times of last visits by room; it writes nothing but a look by eye.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, insert, select

from server.interface.errors import not_found
from server.interface.fields import INSPECTED_WITH
from server.schedule.periods import Period
from server.schedule.raw_ids import RawId, raw
from server.store.clock import now_ms
from server.store.counting import NEEDED_PERSONS, is_done_by
from server.store.schema import IS_ACCEPTED, entries, facilities, rooms, sweeps, visual_checks
from sweep.entry.kinds import INSPECTION_KINDS
from sweep.phrases import Phrase
from sweep.report import derived_id, new_id

Visits = dict[RawId, tuple[int | None, int | None]]
"""By room: the last visit in the period before and in this one, in milliseconds since 1970."""


def swept(
    connection: Connection,
    before: Period,
    now: Period,
    until_ms: int,
    modes: Sequence[str],
    *,
    persons: int = NEEDED_PERSONS,
    of_rooms: Select[tuple[UUID]] | None = None,
) -> Visits:
    """Last counting visit in one of these modes by so many persons, up to `until_ms`, of each room or of some."""
    demo_rooms = (
        select(rooms.c.room_id)
        .join(facilities, facilities.c.facility_id == rooms.c.facility_id)
        .where(facilities.c.is_demo)
    )
    made_up = and_(sweeps.c.source.in_(("simulated", "replay")), sweeps.c.room_id.in_(demo_rooms))
    found: Visits = {}
    for counts in (sweeps.c.source == "live", made_up):  # apart, or no index would serve the many that are live
        statement = _last_visits(sweeps.c.room_id, sweeps.c.started_ms, before, now, until_ms).where(
            counts,
            is_done_by(persons),
            sweeps.c.mode.in_(modes),
        )
        if of_rooms is not None:
            statement = statement.where(sweeps.c.room_id.in_(of_rooms))
        for room_id, earlier_ms, last_ms in connection.execute(statement).all():
            known = found.get(room_id)
            here = (earlier_ms, last_ms)
            found[room_id] = here if known is None else (_later(known[0], earlier_ms), _later(known[1], last_ms))
    return found


def looked_at(
    connection: Connection,
    before: Period,
    now: Period,
    until_ms: int,
    *,
    of_rooms: Select[tuple[UUID]] | None = None,
) -> Visits:
    """The same of looks by eye."""
    statement = _last_visits(visual_checks.c.room_id, visual_checks.c.checked_ms, before, now, until_ms)
    if of_rooms is not None:
        statement = statement.where(visual_checks.c.room_id.in_(of_rooms))
    return {room_id: (earlier_ms, last_ms) for room_id, earlier_ms, last_ms in connection.execute(statement).all()}


def later_of(one: Visits, other: Visits) -> Visits:
    """By room the later ones of both."""
    found = dict(one)
    for room_id, (earlier_ms, last_ms) in other.items():
        before_ms, now_ms_ = found.get(room_id, (None, None))
        found[room_id] = (_later(before_ms, earlier_ms), _later(now_ms_, last_ms))
    return found


def _last_visits(
    room_id: ColumnElement[UUID], at_ms: ColumnElement[int], before: Period, now: Period, until_ms: int
) -> Select[Any]:
    return (
        select(
            raw(room_id),
            func.max(case((at_ms < now.first_ms, at_ms))),
            func.max(case((at_ms >= now.first_ms, at_ms))),
        )
        .where(at_ms >= before.first_ms, at_ms < min(now.end_ms, until_ms))
        .group_by(room_id)
    )


def _later(one: int | None, other: int | None) -> int | None:
    return max((at_ms for at_ms in (one, other) if at_ms is not None), default=None)


def inspected_by(connection: Connection, room_ids: Collection[UUID], until_ms: int) -> dict[UUID, set[str]]:
    """By room who recorded or confirmed its last inspection with other instruments before `until_ms`, by name."""
    found: dict[UUID, set[str]] = {}
    if not room_ids:
        return found
    of_rooms = sweeps.c.room_id.in_(room_ids) & sweeps.c.mode.in_(INSPECTED_WITH) & (sweeps.c.started_ms < until_ms)
    last = select(func.max(sweeps.c.started_ms)).where(of_rooms).group_by(sweeps.c.room_id)
    of_entry = (entries.c.sweep_id == sweeps.c.sweep_id) & entries.c.kind.in_(INSPECTION_KINDS) & IS_ACCEPTED
    rows = select(sweeps.c.room_id, entries.c.subject).select_from(sweeps.join(entries, of_entry))
    for row in connection.execute(rows.where(of_rooms, sweeps.c.started_ms.in_(last))):
        if row.subject is not None:
            found.setdefault(row.room_id, set()).add(row.subject)
    return found


def note_look(connection: Connection, room_id: UUID, *, by: str, look_id: UUID | None = None) -> bool:
    """Write down that somebody looked through a room by eye just now; False for a look that is written down already.

    ApiError 404 without the room.
    """
    if connection.scalar(select(rooms.c.room_id).where(rooms.c.room_id == room_id)) is None:
        raise not_found(Phrase("room_not_found"))
    check_id = new_id() if look_id is None else derived_id(room_id, f"look {look_id} by {by}")  # nobody else's takes it
    if connection.scalar(select(visual_checks.c.check_id).where(visual_checks.c.check_id == check_id)) is not None:
        return False
    connection.execute(
        insert(visual_checks).values(check_id=check_id, room_id=room_id, checked_ms=now_ms(), checked_by=by)
    )
    return True
