"""Places of a file as facilities with rooms and plans, many at once; what stands in their way when they shall go again.

Input are places and the ids of their facilities; output are rows of the ordinary tables, inside the caller's write
transaction.  Plans come from counts where there are any, else from the template of their kind; none is verified.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Select, delete, exists, func, insert, select, update

from server.districts.register import all_districts, home_of
from server.imports.reading.table import Layout
from server.imports.reading.values import floor_in_english, floor_words
from server.imports.rows.place import Place, PlannedRoom
from server.interface.fields import RoomSex
from server.places.facilities import say_anew_where, template_plan
from server.places.layout import lay_out
from server.places.room_parts import floor_in
from server.store.clock import now_ms
from server.store.down_changes import note_changes
from server.store.schema import (
    facilities,
    facility_facts,
    facility_sources,
    place_joins,
    plans,
    public_reports,
    room_bases,
    rooms,
    stickers,
    sweeps,
    user_facilities,
    visit_orders,
    visual_checks,
)
from sweep.report import new_id, to_json

LONGEST_CODE = 80
NAMES = {
    "restroom": {"men": ("남자 화장실", "Men's restroom"), "women": ("여자 화장실", "Women's restroom")}
    | {"all": ("공용 화장실", "Restroom for all")},
    "changing_room": {"men": ("남자 탈의실", "Men's changing room"), "women": ("여자 탈의실", "Women's changing room")}
    | {"all": ("탈의실", "Changing room")},
}


def insert_places(
    connection: Connection,
    layout: Layout,
    found: Sequence[tuple[UUID, Place]],
    *,
    actor: str,
    district_id: str | None = None,
) -> None:
    """New facilities, each with its rooms, plans, facts, and the row that it is known by.

    They belong to `district_id`, or to the district that each names, or to this server's own.
    """
    if not found:
        return
    at_ms = now_ms()
    codes = _free_codes(connection, layout, found)
    home, of_name = home_of(connection), districts_by_name(connection)
    facility_rows: list[dict[str, Any]] = []
    room_rows: list[dict[str, Any]] = []
    plan_rows: list[dict[str, Any]] = []
    basis_rows: list[dict[str, Any]] = []
    changes: list[dict[str, Any]] = []
    for facility_id, place in found:
        row = facility_values(place) | {"facility_id": facility_id, "code": codes.get(facility_id)}
        row |= {"district_id": district_id or of_name.get(place.district, home)}
        facility_rows.append(row | {"is_demo": False, "created_ms": at_ms})
        changes.append({"facility_id": facility_id})
        many = Counter((room.sex, room.floor) for room in place.rooms)
        for room in place.rooms:
            names = _name_of(room, is_one_of_many=many[room.sex, room.floor] > 1)
            rows = _rows_of(facility_id, room, names, at_ms, actor)
            room_rows.append(rows.room)
            plan_rows.append(rows.plan)
            basis_rows += rows.bases
            changes += rows.changes
    connection.execute(insert(facilities), facility_rows)
    connection.execute(insert(facility_facts), [fact_values(p) | {"facility_id": i} for i, p in found])
    connection.execute(insert(facility_sources), [source_values(layout, p) | {"facility_id": i} for i, p in found])
    _insert_rooms(connection, room_rows, plan_rows, basis_rows)
    note_changes(connection, changes)


def insert_room(connection: Connection, facility_id: UUID, room: PlannedRoom, *, actor: str) -> UUID:
    """One more room of a facility, under a name that none of its rooms has; returns its id."""
    taken = set(connection.scalars(select(rooms.c.name_ko).where(rooms.c.facility_id == facility_id)))
    ko, en = _name_of(room, is_one_of_many=False)
    number = next(one for one in itertools.count(1) if (ko if one == 1 else f"{ko} {one}") not in taken)
    names = (ko, en) if number == 1 else (f"{ko} {number}", f"{en} {number}")
    rows = _rows_of(facility_id, room, names, now_ms(), actor)
    _insert_rooms(connection, [rows.room], [rows.plan], rows.bases)
    note_changes(connection, rows.changes)
    room_id: UUID = rows.room["room_id"]
    return room_id


class _Rows(NamedTuple):
    room: dict[str, Any]
    plan: dict[str, Any]
    bases: list[dict[str, Any]]
    changes: list[dict[str, Any]]


def _rows_of(facility_id: UUID, room: PlannedRoom, names: tuple[str, str], at_ms: int, actor: str) -> _Rows:
    room_id = new_id()
    row = {"name_ko": names[0], "name_en": names[1], "kind": room.kind} | _parts_of(room, names[0])
    return _Rows(
        room=row | {"room_id": room_id, "facility_id": facility_id, "created_ms": at_ms},
        plan=_plan_row(room_id, room, at_ms, actor),
        bases=[] if room.basis is None else [_basis_row(room_id, room, at_ms, actor)],
        changes=[{"room_id": room_id}, {"room_id": room_id, "plan_version": 1}],
    )


def _insert_rooms(
    connection: Connection,
    room_rows: Sequence[dict[str, Any]],
    plan_rows: Sequence[dict[str, Any]],
    basis_rows: Sequence[dict[str, Any]],
) -> None:
    connection.execute(insert(rooms), room_rows)
    connection.execute(insert(plans), plan_rows)
    if basis_rows:
        connection.execute(insert(room_bases), basis_rows)


def _parts_of(room: PlannedRoom, name: str) -> dict[str, Any]:
    """Sex, floor and stalls as the file has them; the floor as the room's name says it, if it does."""
    sexes: dict[str, RoomSex] = {"men": "men", "women": "women", "all": "unisex"}
    stalls = room.stalls if room.is_counted else None
    return {"sex": sexes[room.sex], "floor": room.floor or floor_in(name), "stalls": stalls}


def facility_values(place: Place) -> dict[str, Any]:
    """What a place says of its facility itself."""
    name = place.name or place.address or "이름 없는 시설"
    return {
        "name_ko": name,
        "name_en": name,
        "address": place.address,
        "latitude_deg": place.latitude_deg,
        "longitude_deg": place.longitude_deg,
    }


def fact_values(place: Place) -> dict[str, Any]:
    """What else is known of it."""
    return {
        "district": place.district,
        "kind": place.kind,
        "opening_hours": place.opening_hours,
        "phone": place.phone,
        "operator": place.operator,
        "installed": place.installed,
        "closed_ms": None,
    }


def source_values(layout: Layout, place: Place) -> dict[str, Any]:
    """The row that it is known by in files of this layout."""
    return {"layout": layout, "source_key": place.key, "place_sha256": place.sha256}


def change_place(connection: Connection, layout: Layout, facility_id: UUID, place: Place) -> dict[str, Any]:
    """Let a facility be as the place says; returns what it was before, for `restore_place`. Rooms stay as they are."""
    before = stored_values(connection, layout, facility_id)
    values = facility_values(place)
    if place.latitude_deg is None:  # a file that lost the coordinates takes none away
        values = {name: value for name, value in values.items() if not name.endswith("_deg")}
    district_id = districts_by_name(connection).get(place.district)
    if district_id is not None:
        values["district_id"] = district_id
    connection.execute(update(facilities).where(facilities.c.facility_id == facility_id).values(**values))
    if district_id not in {None, before["facility"]["district_id"]}:
        say_anew_where(connection, facility_id)
    _put(connection, layout, facility_id, facts=fact_values(place), source=source_values(layout, place))
    note_changes(connection, [{"facility_id": facility_id}])
    return before


def close_place(connection: Connection, layout: Layout, facility_id: UUID) -> dict[str, Any]:
    """A facility that is no more: it keeps its history, and nothing is due there; returns what it was before."""
    before = stored_values(connection, layout, facility_id)
    closed = update(facility_facts).where(facility_facts.c.facility_id == facility_id)
    connection.execute(closed.values(closed_ms=now_ms()))
    return before


def stored_values(connection: Connection, layout: Layout, facility_id: UUID) -> dict[str, Any]:
    """A facility, its facts and the row that it is known by, as JSON can hold them."""
    names = ("name_ko", "name_en", "address", "latitude_deg", "longitude_deg", "district_id")
    columns = [facilities.c[name] for name in names]
    facility = connection.execute(select(*columns).where(facilities.c.facility_id == facility_id)).mappings().one()
    told = [column for column in facility_facts.c if column.name != "is_special"]  # a person's mark, not the file's
    fact = connection.execute(select(*told).where(facility_facts.c.facility_id == facility_id)).mappings()
    source = connection.execute(
        select(facility_sources).where(
            facility_sources.c.facility_id == facility_id, facility_sources.c.layout == layout
        )
    ).mappings()
    return {
        "facility": dict(facility),
        "facts": _without_id(fact.one_or_none()),
        "source": _without_id(source.one_or_none()),
    }


def restore_place(connection: Connection, layout: Layout, facility_id: UUID, before: dict[str, Any]) -> None:
    """Let a facility be what `stored_values` told."""
    connection.execute(update(facilities).where(facilities.c.facility_id == facility_id).values(**before["facility"]))
    say_anew_where(connection, facility_id)
    _put(connection, layout, facility_id, facts=before["facts"], source=before["source"])
    note_changes(connection, [{"facility_id": facility_id}])


def in_use(connection: Connection, facility_ids: Sequence[UUID]) -> set[UUID]:
    """Of these facilities, those that something else refers to by now: sweeps, stickers, persons and what they made."""
    of_rooms = select(rooms.c.room_id, rooms.c.facility_id).where(rooms.c.facility_id.in_(facility_ids))
    of_room = {row.room_id: row.facility_id for row in connection.execute(of_rooms)}
    ordered = select(visit_orders.c.facility_id).where(visit_orders.c.facility_id.in_(facility_ids))
    people = select(user_facilities.c.facility_id).where(user_facilities.c.facility_id.in_(facility_ids))
    found = {
        facility_id
        for statement in (ordered, people, *_joined(facility_ids))
        for facility_id in connection.scalars(statement)
    }
    return found | {of_room[room_id] for room_id in rooms_in_use(connection, list(of_room))}


def rooms_in_use(connection: Connection, room_ids: Sequence[UUID]) -> set[UUID]:
    """The same of rooms."""
    of_room = select(rooms.c.room_id).where(rooms.c.room_id.in_(room_ids))
    drawn = of_room.join(plans, plans.c.room_id == rooms.c.room_id).where(plans.c.version > 1)
    twice = (
        of_room.join(room_bases, room_bases.c.room_id == rooms.c.room_id)
        .group_by(rooms.c.room_id)
        .having(func.count() > 1)
    )
    of_others = (sweeps, public_reports, stickers, visual_checks)
    uses = (
        drawn,
        twice,
        *(of_room.where(exists().where(one.c.room_id == rooms.c.room_id)) for one in of_others),
        *_joined(room_ids),
    )
    return {found for statement in uses for found in connection.scalars(statement)}


def _joined(place_ids: Sequence[UUID]) -> list[Select[tuple[UUID]]]:
    """Those of these places that a person joined, at either end."""
    ends = (place_joins.c.from_id, place_joins.c.into_id)
    return [select(end).where(end.in_(place_ids)) for end in ends]


def remove_places(connection: Connection, facility_ids: Sequence[UUID]) -> None:
    """Take facilities away with all that came with them; the caller looked that nothing else refers to them."""
    of_these = connection.scalars(select(rooms.c.room_id).where(rooms.c.facility_id.in_(facility_ids))).all()
    remove_rooms(connection, of_these)
    for table in (facility_facts, facility_sources, facilities):
        connection.execute(delete(table).where(table.c.facility_id.in_(facility_ids)))


def remove_rooms(connection: Connection, room_ids: Sequence[UUID]) -> None:
    """The same of rooms."""
    for table in (plans, room_bases, rooms):
        connection.execute(delete(table).where(table.c.room_id.in_(room_ids)))


def districts_by_name(connection: Connection) -> dict[str, str]:
    """Ids of districts by their Korean names."""
    return {one.name.ko: one.district_id for one in all_districts(connection)}


def _put(
    connection: Connection,
    layout: Layout,
    facility_id: UUID,
    *,
    facts: dict[str, Any] | None,
    source: dict[str, Any] | None,
) -> None:
    is_here = facility_facts.c.facility_id == facility_id
    there = connection.scalar(select(facility_facts.c.facility_id).where(is_here))
    if facts is None:
        connection.execute(delete(facility_facts).where(is_here))
    elif there is None:
        connection.execute(insert(facility_facts).values(facility_id=facility_id, **facts))
    else:
        connection.execute(update(facility_facts).where(is_here).values(**facts))
    known = (facility_sources.c.facility_id == facility_id, facility_sources.c.layout == layout)
    connection.execute(delete(facility_sources).where(*known))
    if source is not None:
        connection.execute(insert(facility_sources).values(facility_id=facility_id, **source))


def _without_id(row: Any) -> dict[str, Any] | None:
    return None if row is None else {name: value for name, value in row.items() if name != "facility_id"}


def _free_codes(connection: Connection, layout: Layout, found: Sequence[tuple[UUID, Place]]) -> dict[UUID, str]:
    """Identifiers of the national file become codes where nobody has them; a number of a row never does."""
    if layout != "national":
        return {}
    wanted = {place.key: facility_id for facility_id, place in found if 0 < len(place.key) <= LONGEST_CODE}
    taken = set(connection.scalars(select(facilities.c.code).where(facilities.c.code.in_(wanted))))
    return {facility_id: key for key, facility_id in wanted.items() if key not in taken}


def _name_of(room: PlannedRoom, *, is_one_of_many: bool) -> tuple[str, str]:
    if room.name:
        return room.name, room.name
    ko, en = NAMES[room.kind][room.sex]
    if room.floor is not None:
        ko, en = f"{floor_words(room.floor)} {ko}", f"{en}, {floor_in_english(room.floor)}"
    return (f"{ko} {room.number}", f"{en} {room.number}") if is_one_of_many else (ko, en)


def _plan_row(room_id: UUID, room: PlannedRoom, at_ms: int, actor: str) -> dict[str, Any]:
    is_changing_room = room.kind == "changing_room"
    plan = (
        lay_out(room.stalls, room.urinals, is_changing_room=is_changing_room)
        if room.is_counted
        else template_plan(room.kind)
    )
    made = {"plan_json": to_json(plan).decode(), "is_verified": plan.is_verified}
    return made | {"room_id": room_id, "version": plan.version, "created_ms": at_ms, "created_by": actor}


def _basis_row(room_id: UUID, room: PlannedRoom, at_ms: int, actor: str) -> dict[str, Any]:
    said = {"basis": room.basis, "citation": room.citation, "dated": room.dated, "document": room.document}
    return said | {"room_id": room_id, "recorded_ms": at_ms, "recorded_by": actor}
