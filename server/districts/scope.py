"""In which district a thing lies, by the id that a request names, so that a person of another one never hears of it.

Input are ids as they stand in paths and queries; output is the set of districts that a thing belongs to: empty when
nothing that counts speaks of it.  What waits in quarantine, stands in conflict or is only claimed gives nobody a right:
a thing of which only such entries speak lies in no district.  It reads tables and no projection, so that what was
received a moment ago has its district already.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, FromClause, Select, func, literal_column, select, union_all

from server.interface.errors import not_found
from server.store.schema import (
    IS_ACCEPTED,
    alarms,
    body_refs,
    cases,
    entries,
    facilities,
    findings,
    imports,
    instruments,
    keys,
    photos,
    quarantine,
    rooms,
    user_facilities,
    users,
)
from server.store.stored_bodies import owner_of
from sweep.entry.kinds import INSPECTION_HEADS
from sweep.phrases import Phrase

OF_LOG = frozenset({"sweep_id", "finding_id", "entry_id", "commitment"})
"""Names of parameters that lie where the log says."""
NOT_FOUND: dict[str, Phrase] = {
    "room_id": Phrase("room_not_found"),
    "facility_id": Phrase("facility_not_found"),
    "sweep_id": Phrase("sweep_not_found"),
    "finding_id": Phrase("finding_not_found"),
    "entry_id": Phrase("entry_not_found"),
    "commitment": Phrase("body_not_found"),
    "probe_id": Phrase("probe_not_found"),
    "case_id": Phrase("case_not_found"),
    "photo_id": Phrase("photograph_not_found"),
    "instrument_id": Phrase("instrument_not_found"),
    "import_id": Phrase("import_not_found"),
    "username": Phrase("user_not_found"),
}
"""Names of parameters that lie in a district, and with what the routes refuse what nobody knows."""
OF_ENTRY: ColumnElement[str] = func.coalesce(facilities.c.district_id, entries.c.tenant)
"""District of an entry that counts: that of its room or, where the room is not known here, that of its key, which is
the one that it names."""
IS_STRANGERS: ColumnElement[bool] = entries.c.log_index.in_(select(quarantine.c.log_index))
"""Condition on `entries`: of a key that nobody admitted."""
_held = entries.alias()
IS_WAITING: ColumnElement[bool] = entries.c.status.in_(("quarantined", "conflict")) & entries.c.log_index.in_(
    union_all(
        select(_held.c.log_index).where(_held.c.status == literal_column("'quarantined'")),  # as its index has it
        select(alarms.c.log_index).where(alarms.c.code == "conflict", alarms.c.log_index.is_not(None)),
    )
)
"""Condition on `entries`: does not count until a person settles it.  Of a conflict its alarm knows the place, without
which all entries would be walked through."""
OF_KEY: ColumnElement[str] = select(keys.c.tenant).where(keys.c.key_id == entries.c.key_id).scalar_subquery()
"""District of the key of an entry, whatever the entry says."""


def entries_with_places() -> FromClause:
    """Entries beside the facility of their room, to be filtered by `OF_ENTRY`."""
    with_rooms = entries.outerjoin(rooms, rooms.c.room_id == entries.c.room_id)
    return with_rooms.outerjoin(facilities, facilities.c.facility_id == rooms.c.facility_id)


def rooms_of(district_id: str) -> Select[Any]:
    """Ids of the rooms of a district."""
    of_room = rooms.join(facilities, facilities.c.facility_id == rooms.c.facility_id)
    return select(rooms.c.room_id).select_from(of_room).where(facilities.c.district_id == district_id)


def districts_of(connection: Connection, name: str, value: str) -> frozenset[str | None]:
    """The districts in which the thing lies that the parameter `name` means; empty for what nothing here proves."""
    if name in OF_LOG:
        return _of_log(connection, name, value)
    statement = _statement(name, value)
    return frozenset() if statement is None else frozenset(connection.scalars(statement.distinct()))


def refuse_foreign(connection: Connection, district_id: str | None, named: Mapping[str, str]) -> None:
    """ApiError 404, just as for what does not exist, when something that is named here lies in other districts only."""
    if district_id is None:
        return
    for name, said in NOT_FOUND.items():
        if name in named and not is_within(connection, district_id, name, named[name]):
            raise not_found(said)


def is_within(connection: Connection, district_id: str | None, name: str, value: str) -> bool:
    """Does this thing lie in the district (None: any)? True for what nobody knows, not for what is only claimed."""
    if district_id is None:
        return True
    found = districts_of(connection, name, value)
    return district_id in found if found else not _is_claimed(connection, name, value)


def refuse_unowned(connection: Connection, user_id: UUID, room_id: str) -> None:
    """ApiError 404, just as for what does not exist, unless the room is one of this person's facilities."""
    try:
        wanted = UUID(room_id)
    except ValueError:
        return
    if not is_owned(connection, user_id, wanted):
        raise not_found(NOT_FOUND["room_id"])


def is_owned(connection: Connection, user_id: UUID, room_id: UUID) -> bool:
    """Whether a room lies in one of this person's facilities."""
    owned = select(rooms.c.room_id).join(user_facilities, user_facilities.c.facility_id == rooms.c.facility_id)
    owned = owned.where(rooms.c.room_id == room_id, user_facilities.c.user_id == user_id)
    return connection.scalar(owned) is not None


def is_entry_of(district_id: str) -> ColumnElement[bool]:
    """Condition on `entries_with_places()`: what counts in a district, and what its own keys sent besides."""
    return (IS_ACCEPTED & OF_ENTRY.in_([district_id])) | is_waiting_of(district_id)


def is_waiting_of(district_id: str) -> ColumnElement[bool]:
    """Condition on `entries`: what keys of a district sent and does not count."""
    return ~IS_ACCEPTED & ~IS_STRANGERS & (district_id == OF_KEY)


def _of_log(connection: Connection, name: str, value: str) -> frozenset[str | None]:
    """Districts of a sweep, finding, entry or body."""
    if name == "commitment":
        return _of_body(connection, value)
    try:
        wanted = UUID(value)
    except ValueError:
        return frozenset()
    match name:
        case "sweep_id":
            return _of_sweeps(connection, [wanted])
        case "finding_id":
            of_finding = select(findings.c.sweep_id).where(findings.c.finding_id == wanted)
            return _of_sweeps(connection, connection.scalars(of_finding).all())
        case _:
            return _of_entries(connection, entries.c.entry_id == wanted)


def _of_sweeps(connection: Connection, sweep_ids: Sequence[UUID]) -> frozenset[str | None]:
    """Districts of sweeps: where those who measured or inspected say that they are, not who spoke about them since."""
    measured = select(OF_ENTRY).select_from(entries_with_places())
    is_head = (entries.c.assurance == "device") | entries.c.kind.in_(sorted(INSPECTION_HEADS))
    measured = measured.where(IS_ACCEPTED, entries.c.sweep_id.in_(sweep_ids), is_head)
    return frozenset(connection.scalars(measured.distinct()))


def _of_entries(connection: Connection, condition: ColumnElement[bool]) -> frozenset[str | None]:
    """Districts of the entries that count and keep a condition: a sweep's are where the sweep is."""
    statement = select(entries.c.sweep_id, OF_ENTRY.label("district")).select_from(entries_with_places())
    found: set[str | None] = set()
    for row in connection.execute(statement.where(IS_ACCEPTED, condition)).all():
        found |= {row.district} if row.sweep_id is None else _of_sweeps(connection, [row.sweep_id])
    return frozenset(found)


def _of_body(connection: Connection, commitment: str) -> frozenset[str | None]:
    """Districts of a body: those of the entry with which it came; who only names it gets none."""
    owner = owner_of(connection, commitment)
    return frozenset() if owner is None else _of_entries(connection, entries.c.log_index == owner)


def _is_claimed(connection: Connection, name: str, value: str) -> bool:
    """Does any entry at all speak of this thing of the log?"""
    if name == "commitment":
        named = select(body_refs.c.log_index).where(body_refs.c.commitment == value)
        return connection.scalar(named.limit(1)) is not None
    try:
        wanted = UUID(value)
    except ValueError:
        return False
    if name not in {"sweep_id", "entry_id"}:
        return False
    about = select(entries.c.log_index).where(entries.c[name] == wanted)
    return connection.scalar(about.limit(1)) is not None


def _statement(name: str, value: str) -> Select[Any] | None:
    if name == "username":
        return select(users.c.district_id).where(users.c.username == value)
    if name == "probe_id":
        of_probe = keys.c.probe_id == value
        lives = select(keys.c.key_id).where(of_probe, keys.c.revoked_from_index.is_(None)).exists()
        return select(keys.c.tenant).where(of_probe, keys.c.revoked_from_index.is_(None) | ~lives)
    try:
        wanted = UUID(value)
    except ValueError:
        return None
    of_room = facilities.join(rooms, rooms.c.facility_id == facilities.c.facility_id)
    of_case = cases.join(rooms, rooms.c.room_id == cases.c.room_id)
    of_case = of_case.join(facilities, facilities.c.facility_id == rooms.c.facility_id)
    match name:
        case "facility_id":
            return select(facilities.c.district_id).where(facilities.c.facility_id == wanted)
        case "room_id":
            return select(facilities.c.district_id).select_from(of_room).where(rooms.c.room_id == wanted)
        case "instrument_id":
            return select(instruments.c.district_id).where(instruments.c.instrument_id == wanted)
        case "import_id":
            return select(imports.c.district_id).where(imports.c.import_id == wanted)
        case "case_id":
            return select(facilities.c.district_id).select_from(of_case).where(cases.c.case_id == wanted)
        case _:
            with_photos = entries_with_places().join(photos, photos.c.log_index == entries.c.log_index)
            return select(OF_ENTRY).select_from(with_photos).where(photos.c.photo_id == wanted, IS_ACCEPTED)
