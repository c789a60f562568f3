"""Facilities, rooms and the versions of their plans: ordinary tables with an audit trail.

Input are records from an administrator, an inspector or a file; output are views.  A plan is never changed: a new
version is added, one higher than the last, because reports cite versions.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated
from uuid import UUID

from pydantic import Field
from sqlalchemy import Connection, insert, select, update

from server.interface.errors import ApiError, invalid, not_found, refuse_links
from server.interface.fields import Line, RoomSex
from server.interface.place_requests import FacilityRequest, RoomPartsRequest, RoomRequest
from server.places.room_parts import floor_in, sex_in
from server.store.audit import record
from server.store.clock import now_ms
from server.store.down_changes import note_change
from server.store.schema import districts, facilities, plans, rooms
from sweep.phrases import Phrase
from sweep.report import ContractError, LocalText, Plan, Record, RoomKind, Zone, new_id, parse_json, to_json

DEMO_FACILITY = Path(__file__).with_name("demo_facility.json")
MAX_IMPORT_BYTES = 64 * 1024 * 1024


class RoomFile(Record):
    """A room in a file of facilities."""

    room_id: UUID
    name: LocalText
    kind: RoomKind
    plan: Plan


class FacilityFile(Record):
    """A facility with its rooms in a file."""

    facility_id: UUID
    code: Line | None
    name: LocalText
    address: Line
    rooms: Annotated[tuple[RoomFile, ...], Field(min_length=1, max_length=200)]


def template_plan(kind: RoomKind) -> Plan:
    """The plan of a room that nobody has drawn: one zone, marked as not verified."""
    zone = Zone(
        zone_id="whole",
        kind="booth" if kind == "changing_room" else "other",
        name=LocalText(ko="전체", en="Whole room"),
        polygon=((0.0, 0.0), (4.0, 0.0), (4.0, 3.0), (0.0, 3.0)),
    )
    return Plan(version=1, is_verified=False, width_m=4.0, depth_m=3.0, zones=(zone,))


OF_HERE = select(districts.c.district_id).where(districts.c.is_home).limit(1).scalar_subquery()
"""This server's own district: facilities of which nothing else is said belong to it."""


def add_facility(
    connection: Connection, request: FacilityRequest, *, actor: str, district_id: str | None = None
) -> UUID:
    """A new facility of a district, or of this server's own; ApiError 409 when its code is taken."""
    refuse_links(request.name)
    if request.code is not None:
        taken = connection.scalar(select(facilities.c.facility_id).where(facilities.c.code == request.code))
        if taken is not None:
            raise ApiError(409, Phrase("code_taken", code=request.code))
    facility_id = new_id()
    connection.execute(
        insert(facilities).values(
            facility_id=facility_id,
            code=request.code,
            name_ko=request.name.ko,
            name_en=request.name.en,
            address=request.address,
            latitude_deg=request.latitude_deg,
            longitude_deg=request.longitude_deg,
            is_demo=False,
            created_ms=now_ms(),
            district_id=district_id or OF_HERE,
        )
    )
    note_change(connection, facility_id=facility_id)
    record(connection, actor=actor, action="facility.created", object_id=str(facility_id), detail={})
    return facility_id


def add_room(connection: Connection, facility_id: UUID, request: RoomRequest, *, actor: str) -> UUID:
    """A new room with its first plan; ApiError 404 without the facility, 400 when the plan's version is not 1."""
    if connection.scalar(select(facilities.c.facility_id).where(facilities.c.facility_id == facility_id)) is None:
        raise not_found(Phrase("facility_not_found"))
    plan = request.plan or template_plan(request.kind)
    refuse_links(request.name, *(zone.name for zone in plan.zones))
    if plan.version != 1:
        raise invalid(Phrase("first_plan_has_version_1"))
    room_id = new_id()
    _insert_room(
        connection,
        facility_id,
        room_id,
        request.name,
        request.kind,
        sex=request.sex,
        floor=request.floor,
        stalls=_stalls_of(plan) if request.stalls is None and request.plan is not None else request.stalls,
    )
    _insert_plan(connection, room_id, plan, actor)
    record(connection, actor=actor, action="room.created", object_id=str(room_id), detail={"plan": plan.version})
    return room_id


def take_facility(
    connection: Connection,
    facility_id: UUID,
    *,
    name: LocalText,
    address: str,
    code: str | None,
    latitude_deg: float | None,
    longitude_deg: float | None,
) -> bool:
    """Add a facility of the city under its own id; without its code when another one here has that. False: known."""
    if connection.scalar(select(facilities.c.facility_id).where(facilities.c.facility_id == facility_id)) is not None:
        return False
    is_taken = connection.scalar(select(facilities.c.facility_id).where(facilities.c.code == code)) is not None
    connection.execute(
        insert(facilities).values(
            facility_id=facility_id,
            code=None if is_taken else code,
            name_ko=name.ko,
            name_en=name.en,
            address=address,
            latitude_deg=latitude_deg,
            longitude_deg=longitude_deg,
            is_demo=False,
            created_ms=now_ms(),
            district_id=OF_HERE,
        )
    )
    note_change(connection, facility_id=facility_id)
    return True


def take_room(connection: Connection, facility_id: UUID, room_id: UUID, name: LocalText, kind: RoomKind) -> bool:
    """Add a room of the city under its own id, without a plan yet. False: it is known, or its facility is not."""
    is_there = connection.scalar(select(facilities.c.facility_id).where(facilities.c.facility_id == facility_id))
    if is_there is None or connection.scalar(select(rooms.c.room_id).where(rooms.c.room_id == room_id)) is not None:
        return False
    _insert_room(connection, facility_id, room_id, name, kind)
    return True


def take_plan(connection: Connection, room_id: UUID, plan: Plan, *, actor: str, created_ms: int) -> None:
    """Add a version of a plan as the city made it; the caller looked that it is not there."""
    _insert_plan(connection, room_id, plan, actor, created_ms)


def add_plan(connection: Connection, room_id: UUID, plan: Plan, *, actor: str) -> None:
    """The next version of a room's plan; ApiError 404 without the room, 409 when another version was expected."""
    refuse_links(*(zone.name for zone in plan.zones))
    current = current_plan(connection, room_id)
    if plan.version != current.version + 1:
        raise ApiError(409, Phrase("plan_version", version=current.version + 1))
    _insert_plan(connection, room_id, plan, actor)
    record(
        connection,
        actor=actor,
        action="plan.changed",
        object_id=str(room_id),
        detail={"from": current.version, "to": plan.version, "is_verified": plan.is_verified},
    )


def current_plan(connection: Connection, room_id: UUID) -> Plan:
    """The newest plan of a room; ApiError 404 without the room."""
    text = connection.scalar(
        select(plans.c.plan_json).where(plans.c.room_id == room_id).order_by(plans.c.version.desc()).limit(1)
    )
    if text is None:
        raise not_found(Phrase("room_not_found"))
    return parse_json(Plan, text.encode())


def import_facility(connection: Connection, facility: FacilityFile, *, is_demo: bool, actor: str) -> bool:
    """Add a facility with the ids of the file; returns False when it is there already (nothing changes then)."""
    known = select(facilities.c.facility_id).where(facilities.c.facility_id == facility.facility_id)
    if connection.scalar(known) is not None:
        return False
    connection.execute(
        insert(facilities).values(
            facility_id=facility.facility_id,
            code=facility.code,
            name_ko=facility.name.ko,
            name_en=facility.name.en,
            address=facility.address,
            is_demo=is_demo,
            created_ms=now_ms(),
            district_id=OF_HERE,
        )
    )
    note_change(connection, facility_id=facility.facility_id)
    for room in facility.rooms:
        stalls = _stalls_of(room.plan)
        _insert_room(connection, facility.facility_id, room.room_id, room.name, room.kind, stalls=stalls)
        _insert_plan(connection, room.room_id, room.plan, actor)
    record(connection, actor=actor, action="facility.imported", object_id=str(facility.facility_id), detail={})
    return True


def read_facility_file(path: Path) -> tuple[FacilityFile, ...]:
    """Facilities of a JSON file: one facility or a list of them; raises ContractError, or OSError from reading."""
    data = path.read_bytes()
    if data.lstrip()[:1] != b"[":
        return (parse_json(FacilityFile, data, max_bytes=MAX_IMPORT_BYTES),)
    try:
        items = json.loads(data)
    except (ValueError, RecursionError):
        raise ContractError(Phrase("file_invalid_json", path=path.name)) from None
    return tuple(parse_json(FacilityFile, json.dumps(item).encode()) for item in items)


def load_demo_facility(connection: Connection) -> bool:
    """Add the demonstration facility; False when it is there already."""
    return import_facility(connection, read_facility_file(DEMO_FACILITY)[0], is_demo=True, actor="system")


def set_parts(connection: Connection, room_id: UUID, request: RoomPartsRequest, *, actor: str) -> None:
    """Say for whom a room is, on which floor and with how many stalls; ApiError 404 without the room."""
    parts = request.model_dump()
    changed = connection.execute(update(rooms).where(rooms.c.room_id == room_id).values(**parts))
    if changed.rowcount == 0:
        raise not_found(Phrase("room_not_found"))
    record(connection, actor=actor, action="room.parts_changed", object_id=str(room_id), detail=parts)


def say_anew_where(connection: Connection, facility_id: UUID) -> None:
    """The facility may lie in another district now: let the log say of each of its rooms where it lies."""
    here = select(facilities.c.district_id).where(facilities.c.facility_id == facility_id).scalar_subquery()
    moved = update(rooms).where(rooms.c.facility_id == facility_id, rooms.c.said_district != here)
    connection.execute(moved.values(said_district=None))


def _stalls_of(plan: Plan) -> int:
    """Stalls of a restroom, booths of a changing room."""
    return sum(zone.kind in {"stall", "booth"} for zone in plan.zones)


def _insert_room(
    connection: Connection,
    facility_id: UUID,
    room_id: UUID,
    name: LocalText,
    kind: RoomKind,
    *,
    sex: RoomSex | None = None,
    floor: int | None = None,
    stalls: int | None = None,
) -> None:
    """A room; sex and floor as its name says where nobody said them apart."""
    connection.execute(
        insert(rooms).values(
            room_id=room_id,
            facility_id=facility_id,
            name_ko=name.ko,
            name_en=name.en,
            kind=kind,
            created_ms=now_ms(),
            sex=sex or sex_in(name.ko),
            floor=floor_in(name.ko) if floor is None else floor,
            stalls=stalls,
        )
    )
    note_change(connection, room_id=room_id)


def _insert_plan(connection: Connection, room_id: UUID, plan: Plan, actor: str, created_ms: int | None = None) -> None:
    connection.execute(
        insert(plans).values(
            room_id=room_id,
            version=plan.version,
            plan_json=to_json(plan).decode(),
            is_verified=plan.is_verified,
            created_ms=now_ms() if created_ms is None else created_ms,
            created_by=actor,
        )
    )
    note_change(connection, room_id=room_id, plan_version=plan.version)
