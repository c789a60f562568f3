"""A list of rooms, one in each row: in which facility each lies, whether it is there already, and putting it there.

Input are places of one room each, and what is known; output is a decision for each row, and rows of the ordinary
tables.  Rows that write a facility just the same are of one; whatever else may be one facility is asked.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Row, select

from server.imports.places import placing
from server.imports.reading.values import squashed
from server.imports.rows.deciding import Decision, Seen, like_places
from server.imports.rows.known import Known, fingerprint
from server.imports.rows.place import Place, PlannedRoom, place_of
from server.imports.rows.rows import Made
from server.interface.fields import RoomSex
from server.store.schema import import_rows, rooms
from sweep.report import new_id

CODES: Mapping[str, RoomSex] = {"men": "men", "women": "women", "all": "unisex"}


class RoomThere(NamedTuple):
    """A room of a facility that is known."""

    room_id: UUID
    name: str
    sex: str | None
    floor: int | None
    stalls: int | None


def rooms_there(
    connection: Connection, facility_ids: Sequence[UUID] | None = None, *, only_open: bool = False
) -> dict[UUID, list[RoomThere]]:
    """Rooms by facility: of these, or of all."""
    statement = select(
        rooms.c.facility_id, rooms.c.room_id, rooms.c.name_ko, rooms.c.sex, rooms.c.floor, rooms.c.stalls
    )
    if facility_ids is not None:
        statement = statement.where(rooms.c.facility_id.in_(facility_ids))
    if only_open:
        statement = statement.where(rooms.c.closed_ms.is_(None))
    found: dict[UUID, list[RoomThere]] = defaultdict(list)
    for row in connection.execute(statement):
        found[row.facility_id].append(RoomThere(*row[1:]))
    return found


_OPEN = frozenset({"sex_unclear", "sex_missing", "floor_unclear"})
"""Doubts with which nobody can tell whether a room is there twice."""


@dataclass(slots=True)
class _Group:
    """Rows that write a facility just the same."""

    facility_id: UUID | None
    doubts: tuple[str, ...]
    rooms: set[tuple[object, ...]] = field(default_factory=set)


def decide_rooms(places: Sequence[Place], known: Known, there: Mapping[UUID, Sequence[RoomThere]]) -> list[Decision]:
    """A decision for each room, in the file's order."""
    groups: dict[tuple[str, str, str], _Group] = {}
    seen = Seen()
    decisions = []
    for place in places:
        writing = (place.name, place.address, place.district)
        if writing not in groups:
            groups[writing] = _group(place, known, seen)
            seen.add(place)
        group, (room,) = groups[writing], place.rooms
        doubts = [one for one in place.doubts if one != "address_missing" or group.facility_id is None]
        if group.facility_id is not None:
            doubts = [one for one in doubts if one != "district_missing"]
        doubts += group.doubts
        mark = (room.sex, room.floor, squashed(room.name), room.kind)
        if not _OPEN & set(doubts):
            if mark in group.rooms:
                doubts.append("room_twice")
            group.rooms.add(mark)
        decisions.append(_decide(place, room, group, doubts, there, known))
    return decisions


def _decide(
    place: Place,
    room: PlannedRoom,
    group: _Group,
    doubts: list[str],
    there: Mapping[UUID, Sequence[RoomThere]],
    known: Known,
) -> Decision:
    answer = known.asked.get((place.key, place.facility_sha256))
    if answer in {"open", "leave"}:
        return Decision("same", ("waits_for_answer" if answer == "open" else "left_out_before",), group.facility_id)
    if not doubts and group.facility_id is not None:
        here = [one for one in there.get(group.facility_id, ()) if one.sex in {None, CODES[room.sex]}]
        same = [one for one in here if _is_same(room, one)]
        if len(same) == 1 and (not room.is_counted or same[0].stalls in {None, room.stalls}):
            return Decision("same", (), group.facility_id)
        if same:
            doubts.append("room_differs")
        elif any(None in {one.sex, one.floor, room.floor} for one in here):
            doubts.append("room_may_be_known")
    if doubts:
        return Decision("question", (*doubts, *place.notes), group.facility_id)
    return Decision("new", place.notes, group.facility_id)


def _is_same(room: PlannedRoom, there: RoomThere) -> bool:
    is_named = not room.name or squashed(room.name) == squashed(there.name)
    return there.sex == CODES[room.sex] and there.floor == room.floor and is_named


def _group(place: Place, known: Known, seen: Seen) -> _Group:
    alike = list(known.by_fingerprint.get(fingerprint(place.name, place.address), ()))
    if not alike and not place.address:
        alike = known.by_name.get(squashed(place.name), [])
    if len(alike) > 1:
        return _Group(None, ("several_alike",))
    if alike:
        (one,) = alike
        is_literal = one.name == place.name and place.address in {"", one.address}
        return _Group(one.facility_id, () if is_literal else ("written_differently",))
    near = like_places(place, known)
    if near:
        return _Group(near[0].facility_id if len(near) == 1 else None, ("near_known",))
    if fingerprint(place.name, place.address) in seen.fingerprints or seen.doubts(place, is_own=True):
        return _Group(None, ("near_in_file",))
    return _Group(None, ())


def apply_room(
    connection: Connection, row: Row[Any], just_made: UUID | None, *, actor: str, district_id: str | None
) -> Made:
    """Put a room where its row says, or in the facility that was just made for a row which writes it just the same."""
    place = place_of(row.place_json)
    facility_id = row.facility_id or just_made or _made_before(connection, row)
    if facility_id is None:
        made = new_id()
        placing.insert_places(connection, "rooms", [(made, place)], actor=actor, district_id=district_id)
        room_id = connection.scalar(select(rooms.c.room_id).where(rooms.c.facility_id == made))
        return Made(made, room_id)
    room_id = placing.insert_room(connection, facility_id, place.rooms[0], actor=actor)
    return Made(facility_id, room_id, {"room": True})


def _made_before(connection: Connection, row: Row[Any]) -> UUID | None:
    """The facility that another row of this import made, which writes it just the same."""
    made = select(import_rows.c.facility_id).where(
        import_rows.c.import_id == row.import_id,
        import_rows.c.place_sha256 == row.place_sha256,
        import_rows.c.is_applied,
    )
    return connection.scalar(made.limit(1))


def take_back_room(connection: Connection, row: Row[Any]) -> bool:
    """Take a room away again, and the facility that came with it; False where either is in use by now."""
    if row.before_json is not None and "room" in json.loads(row.before_json):
        if placing.rooms_in_use(connection, [row.object_id]):
            return False
        placing.remove_rooms(connection, [row.object_id])
        return True
    if placing.in_use(connection, [row.facility_id]):
        return False
    placing.remove_places(connection, [row.facility_id])
    return True
