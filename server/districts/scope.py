"""In which district a thing lies, by the id that a request names, so that a person of another one never hears of it.

Input are ids as they stand in paths and queries; output is the set of districts that a thing belongs to: empty when
nobody here knows it, more than one when several entries share a body.  It reads tables and no projection, so that what
was received a moment ago has its district already.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, FromClause, Select, func, select

from server.interface.errors import not_found
from server.store.schema import (
    body_refs,
    cases,
    entries,
    facilities,
    findings,
    keys,
    photos,
    rooms,
    user_facilities,
    users,
)

WORDS: dict[str, tuple[str, str]] = {
    "room_id": ("방", "room"),
    "facility_id": ("시설", "facility"),
    "sweep_id": ("점검", "sweep"),
    "finding_id": ("후보", "finding"),
    "entry_id": ("기록", "entry"),
    "commitment": ("본문", "body"),
    "probe_id": ("점검기", "probe"),
    "case_id": ("사건", "case"),
    "photo_id": ("사진", "photograph"),
    "username": ("사용자", "user"),
}
"""Names of parameters that lie in a district, and the words with which the routes refuse what nobody knows."""
OF_ENTRY: ColumnElement[str] = func.coalesce(facilities.c.district_id, entries.c.tenant)
"""District of an entry: that of its room or, where the room is not known here, the one that it names itself."""


def entries_with_places() -> FromClause:
    """Entries beside the facility of their room, to be filtered by `OF_ENTRY`."""
    with_rooms = entries.outerjoin(rooms, rooms.c.room_id == entries.c.room_id)
    return with_rooms.outerjoin(facilities, facilities.c.facility_id == rooms.c.facility_id)


def rooms_of(district_id: str) -> Select[Any]:
    """Ids of the rooms of a district."""
    of_room = rooms.join(facilities, facilities.c.facility_id == rooms.c.facility_id)
    return select(rooms.c.room_id).select_from(of_room).where(facilities.c.district_id == district_id)


def districts_of(connection: Connection, name: str, value: str) -> frozenset[str | None]:
    """The districts in which the thing lies that the parameter `name` means; empty for what nobody here knows."""
    statement = _statement(name, value)
    return frozenset() if statement is None else frozenset(connection.scalars(statement.distinct()))


def refuse_foreign(connection: Connection, district_id: str | None, named: Mapping[str, str]) -> None:
    """ApiError 404, just as for what does not exist, when something that is named here lies in other districts only."""
    if district_id is None:
        return
    for name, words in WORDS.items():
        if name in named and not is_within(connection, district_id, name, named[name]):
            raise not_found(*words)


def is_within(connection: Connection, district_id: str | None, name: str, value: str) -> bool:
    """Does this thing lie in the district (None: any), among others perhaps? True for what nobody here knows."""
    if district_id is None:
        return True
    found = districts_of(connection, name, value)
    return not found or district_id in found


def refuse_unowned(connection: Connection, user_id: UUID, room_id: str) -> None:
    """ApiError 404, just as for what does not exist, unless the room is one of this person's facilities."""
    try:
        wanted = UUID(room_id)
    except ValueError:
        return
    if not is_owned(connection, user_id, wanted):
        raise not_found(*WORDS["room_id"])


def is_owned(connection: Connection, user_id: UUID, room_id: UUID) -> bool:
    """Whether a room lies in one of this person's facilities."""
    owned = select(rooms.c.room_id).join(user_facilities, user_facilities.c.facility_id == rooms.c.facility_id)
    owned = owned.where(rooms.c.room_id == room_id, user_facilities.c.user_id == user_id)
    return connection.scalar(owned) is not None


def is_entry_of(district_id: str) -> ColumnElement[bool]:
    """Condition on `entries_with_places()`: entries of one district."""
    return OF_ENTRY.in_([district_id])


def _statement(name: str, value: str) -> Select[Any] | None:
    if name == "username":
        return select(users.c.district_id).where(users.c.username == value)
    if name in {"probe_id", "commitment"}:
        if name == "probe_id":
            return select(keys.c.tenant).where(keys.c.probe_id == value)
        holders = select(body_refs.c.log_index).where(body_refs.c.commitment == value)
        return select(OF_ENTRY).select_from(entries_with_places()).where(entries.c.log_index.in_(holders))
    try:
        wanted = UUID(value)
    except ValueError:
        return None
    match name:
        case "facility_id":
            return select(facilities.c.district_id).where(facilities.c.facility_id == wanted)
        case "room_id":
            of_room = facilities.join(rooms, rooms.c.facility_id == facilities.c.facility_id)
            return select(facilities.c.district_id).select_from(of_room).where(rooms.c.room_id == wanted)
        case "case_id":
            of_case = cases.join(rooms, rooms.c.room_id == cases.c.room_id)
            places = of_case.join(facilities, facilities.c.facility_id == rooms.c.facility_id)
            return select(facilities.c.district_id).select_from(places).where(cases.c.case_id == wanted)
        case "photo_id":
            with_photos = photos.join(entries, entries.c.log_index == photos.c.log_index)
            with_rooms = with_photos.outerjoin(rooms, rooms.c.room_id == entries.c.room_id)
            places = with_rooms.outerjoin(facilities, facilities.c.facility_id == rooms.c.facility_id)
            return select(OF_ENTRY).select_from(places).where(photos.c.photo_id == wanted)
        case "sweep_id":
            where: ColumnElement[bool] = entries.c.sweep_id == wanted
        case "finding_id":
            where = entries.c.sweep_id.in_(select(findings.c.sweep_id).where(findings.c.finding_id == wanted))
        case _:
            where = entries.c.entry_id == wanted
    return select(OF_ENTRY).select_from(entries_with_places()).where(where)
