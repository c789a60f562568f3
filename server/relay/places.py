"""Places that came down: facilities and rooms under the city's ids, every version of their plans, until they expire.

Input is an opened `Shift`; output are rows of the ordinary tables, and in `city_places` what came from the city.  What
is here already stays as it is.  A plan that was corrected here is never overwritten: where the city has another plan of
that version, or an older one that would go before it, this server keeps its own and says so.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, func, insert, or_, select

from server.places import facilities
from server.relay.city import PLAN_KEPT
from server.relay.shift import Shift, ShiftPlan
from server.store.alarms import raise_alarm
from server.store.audit import record
from server.store.schema import cases, city_places, due_sweeps, metadata, plans, rooms, sweeps
from server.store.schema import facilities as facility_table
from sweep.report import Plan, parse_json

ACTOR = "city"
TAKEN, KEPT = "taken", "kept"


def take_places(connection: Connection, shift: Shift) -> int:
    """Take what is not here yet, inside the write transaction; returns how many plans of ours were kept instead."""
    for facility in shift.facilities:
        if facilities.take_facility(
            connection,
            facility.facility_id,
            name=facility.name,
            address=facility.address,
            code=facility.code,
            latitude_deg=facility.latitude_deg,
            longitude_deg=facility.longitude_deg,
        ):
            _note(connection, facility.facility_id, 0, "facility", TAKEN)
    for room in shift.rooms:
        if facilities.take_room(connection, room.facility_id, room.room_id, room.name, room.kind):
            _note(connection, room.room_id, 0, "room", TAKEN)
    return sum(_take_plan(connection, one) for one in shift.plans)


def has_plan(connection: Connection, room_id: UUID, version: int) -> bool:
    """Is this version of a room's plan here, or one of ours in its place?"""
    noted = select(city_places.c.place_id).where(
        city_places.c.place_id == room_id, city_places.c.version == version, city_places.c.what == "plan"
    )
    here = select(plans.c.room_id).where(plans.c.room_id == room_id, plans.c.version == version)
    return connection.scalar(noted.union_all(here).limit(1)) is not None


def remove_unused(connection: Connection, keep: Collection[UUID] = ()) -> int:
    """Remove rooms that came down, are not to be kept and that nothing here speaks of, with their plans; how many.

    Facilities go with their last room.  Nothing goes while a sweep waits to be read: it may be of such a room.
    """
    if connection.scalar(select(func.count()).select_from(due_sweeps)):
        return 0
    taken = select(city_places.c.place_id).where(city_places.c.what == "room", city_places.c.state == TAKEN)
    is_used = or_(
        exists().where(sweeps.c.room_id == rooms.c.room_id), exists().where(cases.c.room_id == rooms.c.room_id)
    )
    own_plan = exists().where(plans.c.room_id == rooms.c.room_id, ~_came_down())
    unused = select(rooms.c.room_id).where(rooms.c.room_id.in_(taken), ~is_used, ~own_plan, _unnamed(rooms.c.room_id))
    gone = connection.scalars(unused.where(rooms.c.room_id.not_in(keep))).all()
    for room_id in gone:
        connection.execute(delete(plans).where(plans.c.room_id == room_id))
        connection.execute(delete(rooms).where(rooms.c.room_id == room_id))
        connection.execute(delete(city_places).where(city_places.c.place_id == room_id))
    empty = select(city_places.c.place_id).where(
        city_places.c.what == "facility",
        city_places.c.state == TAKEN,
        _unnamed(facility_table.c.facility_id, by=city_places.c.place_id),
    )
    for facility_id in connection.scalars(empty).all():
        connection.execute(delete(facility_table).where(facility_table.c.facility_id == facility_id))
        connection.execute(delete(city_places).where(city_places.c.place_id == facility_id))
    if gone:
        detail = {"rooms": len(gone)}
        record(connection, actor=ACTOR, action="shift.expired", object_id="rooms", detail=detail)
    return len(gone)


def _unnamed(column: ColumnElement[Any], by: ColumnElement[Any] | None = None) -> ColumnElement[bool]:
    """Does no row of any other table refer to this one, plans apart? `by`: what stands for the column."""
    value = column if by is None else by
    parents = (
        key.parent
        for table in metadata.tables.values()
        if table is not plans
        for key in table.foreign_keys
        if key.column is column
    )
    return and_(*(~exists().where(parent == value) for parent in parents))


def _take_plan(connection: Connection, offered: ShiftPlan) -> bool:
    """Take a version of a plan; True when this server keeps its own instead."""
    room_id, version = offered.room_id, offered.plan.version
    if connection.scalar(select(rooms.c.room_id).where(rooms.c.room_id == room_id)) is None:
        return False
    of_room = select(plans.c.version, plans.c.plan_json, plans.c.created_ms).where(plans.c.room_id == room_id)
    here = {row.version: row for row in connection.execute(of_room.order_by(plans.c.version))}
    same = here.get(version)
    if same is not None:
        return parse_json(Plan, same.plan_json.encode()) != offered.plan and _keep(connection, room_id, version)
    newest = here[max(here)] if here else None
    is_corrected = newest is not None and newest.version not in _taken_versions(connection, room_id)
    if newest is not None and version > newest.version and is_corrected and newest.created_ms > offered.created_ms:
        return _keep(connection, room_id, version)
    facilities.take_plan(connection, room_id, offered.plan, actor=offered.created_by, created_ms=offered.created_ms)
    _note(connection, room_id, version, "plan", TAKEN)
    return False


def _keep(connection: Connection, room_id: UUID, version: int) -> bool:
    """Keep the plan that is here, and say so once."""
    known = select(city_places.c.state).where(city_places.c.place_id == room_id, city_places.c.version == version)
    if connection.scalar(known) == KEPT:
        return False
    _note(connection, room_id, version, "plan", KEPT)
    record(connection, actor=ACTOR, action="plan.kept", object_id=str(room_id), detail={"version": version})
    raise_alarm(connection, PLAN_KEPT, key_id=None, sweep_id=None, log_index=None)
    return True


def _taken_versions(connection: Connection, room_id: UUID) -> set[int]:
    where = (city_places.c.place_id == room_id, city_places.c.what == "plan", city_places.c.state == TAKEN)
    return set(connection.scalars(select(city_places.c.version).where(*where)))


def _came_down() -> ColumnElement[bool]:
    return exists().where(
        city_places.c.place_id == plans.c.room_id,
        city_places.c.version == plans.c.version,
        city_places.c.what == "plan",
        city_places.c.state == TAKEN,
    )


def _note(connection: Connection, place_id: UUID, version: int, what: str, state: str) -> None:
    where = (city_places.c.place_id == place_id, city_places.c.version == version)
    connection.execute(delete(city_places).where(*where))
    connection.execute(insert(city_places).values(place_id=place_id, version=version, what=what, state=state))
