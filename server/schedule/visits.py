"""What counts as done: a completed sweep with a probe by two persons, or a look by eye that somebody wrote down.

Aborted sweeps and sweeps of one person never count, simulations and replays in a demonstration's facilities only.
Output are times of last visits by room; it writes nothing but a look by eye.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import Connection, and_, case, func, insert, select

from server.interface.errors import not_found
from server.schedule.periods import Period
from server.store.clock import now_ms
from server.store.schema import facilities, rooms, sweeps, visual_checks
from sweep.report import new_id

NEEDED_PERSONS = 2

ByMode = dict[str, int]
"""Last visit in milliseconds since 1970, by the sweep's mode."""
Visits = Mapping[UUID, ByMode]


def swept(connection: Connection, before: Period, now: Period, until_ms: int) -> tuple[Visits, Visits]:
    """Last counting sweep of each room in the period before and in this one, up to `until_ms`, by mode."""
    demo_rooms = (
        select(rooms.c.room_id)
        .join(facilities, facilities.c.facility_id == rooms.c.facility_id)
        .where(facilities.c.is_demo)
    )
    made_up = and_(sweeps.c.source.in_(("simulated", "replay")), sweeps.c.room_id.in_(demo_rooms))
    found: tuple[dict[UUID, ByMode], dict[UUID, ByMode]] = (defaultdict(dict), defaultdict(dict))
    for counts in (sweeps.c.source == "live", made_up):  # apart, or no index would serve the many that are live
        is_now = case((sweeps.c.started_ms >= now.first_ms, 1), else_=0).label("is_now")
        statement = (
            select(sweeps.c.room_id, sweeps.c.mode, is_now, func.max(sweeps.c.started_ms).label("last_ms"))
            .where(
                counts,
                sweeps.c.outcome == "completed",
                sweeps.c.started_ms >= before.first_ms,
                sweeps.c.started_ms < min(now.end_ms, until_ms),
                sweeps.c.persons >= NEEDED_PERSONS,
            )
            .group_by(sweeps.c.room_id, sweeps.c.mode, is_now)
        )
        for room_id, mode, place, last_ms in connection.execute(statement).all():
            of_mode = found[place][room_id]
            of_mode[mode] = max(last_ms, of_mode.get(mode, 0))
    return found


def looked_at(connection: Connection, before: Period, now: Period, until_ms: int) -> tuple[Visits, Visits]:
    """The same of looks by eye, under the mode `visual`."""
    is_now = case((visual_checks.c.checked_ms >= now.first_ms, 1), else_=0).label("is_now")
    last_ms = func.max(visual_checks.c.checked_ms)
    statement = (
        select(visual_checks.c.room_id, is_now, last_ms)
        .where(visual_checks.c.checked_ms >= before.first_ms, visual_checks.c.checked_ms < min(now.end_ms, until_ms))
        .group_by(visual_checks.c.room_id, is_now)
    )
    found: tuple[dict[UUID, ByMode], dict[UUID, ByMode]] = ({}, {})
    for room_id, place, at_ms in connection.execute(statement).all():
        found[place][room_id] = {"visual": at_ms}
    return found


def last_of(visits: Visits, room_id: UUID, modes: Sequence[str]) -> int | None:
    """The last visit of a room in one of these modes."""
    by_mode = visits.get(room_id)
    return None if by_mode is None else max((by_mode[mode] for mode in modes if mode in by_mode), default=None)


def note_look(connection: Connection, room_id: UUID, *, by: str) -> None:
    """Write down that somebody looked through a room by eye just now; ApiError 404 without the room."""
    if connection.scalar(select(rooms.c.room_id).where(rooms.c.room_id == room_id)) is None:
        raise not_found("방", "room")
    connection.execute(
        insert(visual_checks).values(check_id=new_id(), room_id=room_id, checked_ms=now_ms(), checked_by=by)
    )
