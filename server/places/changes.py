"""Facilities and rooms that change: called otherwise, closed and open again, joined with one that is the same.

Input are decisions of whoever plans; output are rows of the ordinary tables with an audit trail that tells what was
before.  Nothing is deleted.  Joining facilities moves rooms, orders and people; joining rooms moves the stickers on the
door and no record: what was measured stays under the room where it was.  A join is undone while nothing followed it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any, Literal, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from server.interface.errors import ApiError, not_found, refuse_links
from server.interface.place_requests import FacilityChange
from server.places.open_things import standing_of_rooms
from server.store.audit import record
from server.store.clock import now_ms
from server.store.down_changes import note_change
from server.store.schema import (
    audit,
    entries,
    facilities,
    facility_facts,
    place_joins,
    rooms,
    stickers,
    user_facilities,
    visit_orders,
)
from sweep.phrases import Phrase
from sweep.report import LocalText, new_id

Kind = Literal["facility", "room"]
NO_FACTS = {"district": "", "kind": "other", "opening_hours": "", "phone": "", "operator": "", "installed": ""}


def change_facility(connection: Connection, facility_id: UUID, request: FacilityChange, *, actor: str) -> None:
    """Call a facility otherwise, or say where it is; ApiError 404."""
    refuse_links(request.name)
    row = _facility(connection, facility_id)
    values = {
        "name_ko": request.name.ko,
        "name_en": request.name.en,
        "address": request.address,
        "latitude_deg": request.latitude_deg,
        "longitude_deg": request.longitude_deg,
    }
    if all(getattr(row, name) == value for name, value in values.items()):
        return
    connection.execute(update(facilities).where(facilities.c.facility_id == facility_id).values(**values))
    note_change(connection, facility_id=facility_id)
    detail = _renamed(row, request.name)
    if row.address != request.address:
        detail |= {"address_before": row.address, "address_after": request.address}
    _record(connection, "facility", facility_id, "changed", actor, detail)


def rename_room(connection: Connection, room_id: UUID, name: LocalText, *, actor: str) -> None:
    """Call a room otherwise; ApiError 404."""
    refuse_links(name)
    row = _room(connection, room_id)
    detail = _renamed(row, name)
    if detail:
        connection.execute(update(rooms).where(rooms.c.room_id == room_id).values(name_ko=name.ko, name_en=name.en))
        note_change(connection, room_id=room_id)
        _record(connection, "room", room_id, "renamed", actor, detail)


def close_facility(connection: Connection, facility_id: UUID, *, is_closed: bool, actor: str) -> None:
    """A facility is no more, or is again; ApiError 404, 409 for one that was joined with another."""
    row = _facility(connection, facility_id)
    _refuse_joined(connection, facility_id)
    if (row.closed_ms is not None) != is_closed:
        put_facts(connection, facility_id, closed_ms=now_ms() if is_closed else None)
        _record(connection, "facility", facility_id, "closed" if is_closed else "reopened", actor, {})


def close_room(connection: Connection, room_id: UUID, *, is_closed: bool, actor: str) -> None:
    """A room is no more, or is again; ApiError 404, 409 for one that was joined with another."""
    row = _room(connection, room_id)
    _refuse_joined(connection, room_id)
    if (row.closed_ms is not None) != is_closed:
        _set_closed(connection, room_id, is_closed=is_closed)
        _record(connection, "room", room_id, "closed" if is_closed else "reopened", actor, {})


def join_facility(connection: Connection, facility_id: UUID, into: UUID, *, actor: str) -> None:
    """A facility is the same as another: its rooms, orders and people go there, and it closes.

    ApiError 404 without one of them, 409 unless both are open and of one district.
    """
    here, there = _facility(connection, facility_id), _facility(connection, into)
    is_alike = (here.district_id, here.is_demo) == (there.district_id, there.is_demo)
    if facility_id == into or not is_alike or here.closed_ms is not None or there.closed_ms is not None:
        raise ApiError(409, Phrase("not_joinable"))
    own = rooms.c.facility_id == facility_id
    moved_rooms = connection.scalars(select(rooms.c.room_id).where(own)).all()
    orders = (visit_orders.c.facility_id == facility_id) & visit_orders.c.cancelled_ms.is_(None)
    moved_orders = connection.scalars(select(visit_orders.c.order_id).where(orders)).all()
    of_there = select(user_facilities.c.user_id).where(user_facilities.c.facility_id == into)
    people = select(user_facilities.c.user_id).where(
        user_facilities.c.facility_id == facility_id, user_facilities.c.user_id.not_in(of_there)
    )
    moved_people = connection.scalars(people).all()
    connection.execute(update(rooms).where(own).values(facility_id=into))
    connection.execute(update(visit_orders).where(orders).values(facility_id=into))
    if moved_people:
        connection.execute(
            insert(user_facilities), [{"user_id": user_id, "facility_id": into} for user_id in moved_people]
        )
    put_facts(connection, facility_id, closed_ms=now_ms())
    moved = {"rooms": moved_rooms, "orders": moved_orders, "people": moved_people}
    _note_join(connection, "facility", here, there, moved, actor)


def join_room(connection: Connection, room_id: UUID, into: UUID, *, actor: str) -> None:
    """A room is the same as another of its facility: it closes, and the stickers on its door open the other.

    ApiError 404 without one of them, 409 unless both are open and of one facility, or while something is open there.
    """
    here, there = _room(connection, room_id), _room(connection, into)
    is_alike = here.facility_id == there.facility_id
    if room_id == into or not is_alike or here.closed_ms is not None or there.closed_ms is not None:
        raise ApiError(409, Phrase("rooms_not_joinable"))
    if standing_of_rooms(connection, [room_id]):
        raise ApiError(409, Phrase("room_has_open_case"))
    own = (stickers.c.room_id == room_id) & stickers.c.revoked_ms.is_(None)
    codes = connection.scalars(select(stickers.c.code).where(own)).all()
    connection.execute(update(stickers).where(own).values(room_id=into))
    _set_closed(connection, room_id, is_closed=True)
    _note_join(connection, "room", here, there, {"stickers": codes}, actor)


def part(connection: Connection, kind: Kind, from_id: UUID, *, actor: str) -> None:
    """Undo a join; ApiError 409 without one, or when something followed it."""
    join = connection.execute(select(place_joins).where(_is_joined(kind, from_id))).one_or_none()
    if join is None:
        raise ApiError(409, Phrase("not_joined"))
    if has_followed(connection, join):
        raise ApiError(409, Phrase("join_followed"))
    moved = Moved.of(join)
    if kind == "facility":
        connection.execute(update(rooms).where(rooms.c.room_id.in_(moved.rooms)).values(facility_id=from_id))
        orders = update(visit_orders).where(visit_orders.c.order_id.in_(moved.orders))
        connection.execute(orders.values(facility_id=from_id))
        theirs = user_facilities.c.user_id.in_(moved.people) & (user_facilities.c.facility_id == join.into_id)
        connection.execute(delete(user_facilities).where(theirs))
        put_facts(connection, from_id, closed_ms=None)
    else:
        connection.execute(update(stickers).where(stickers.c.code.in_(moved.stickers)).values(room_id=from_id))
        _set_closed(connection, from_id, is_closed=False)
    undone = update(place_joins).where(place_joins.c.join_id == join.join_id)
    connection.execute(undone.values(undone_ms=now_ms()))
    for one in (from_id, join.into_id):
        _record(connection, kind, one, "parted", actor, {})


def has_followed(connection: Connection, join: Row[Any]) -> bool:
    """Was anything done about joined places since, or does the log say more of their rooms?"""
    moved = Moved.of(join)
    of_rooms = moved.rooms if join.what == "facility" else (join.from_id, join.into_id)
    named = {str(one) for one in (join.from_id, join.into_id, *moved.rooms)}
    done = select(audit.c.audit_id).where(audit.c.object_id.in_(named), audit.c.at_ms > join.joined_ms)
    said = select(entries.c.entry_id).where(entries.c.log_index > join.after_index, entries.c.room_id.in_(of_rooms))
    ordered = select(visit_orders.c.order_id).where(
        visit_orders.c.facility_id == join.into_id, visit_orders.c.created_ms > join.joined_ms
    )
    statements = (done, said, ordered)
    return any(connection.scalar(statement.limit(1)) is not None for statement in statements)


class Moved(NamedTuple):
    """What went over in a join."""

    rooms: tuple[UUID, ...]
    orders: tuple[UUID, ...]
    people: tuple[UUID, ...]
    stickers: tuple[str, ...]

    @classmethod
    def of(cls, join: Row[Any]) -> Moved:
        """As it was written down."""
        said: dict[str, list[str]] = json.loads(join.moved_json)
        places, orders, people = (
            tuple(UUID(one) for one in said.get(name, ())) for name in ("rooms", "orders", "people")
        )
        return cls(places, orders, people, tuple(said.get("stickers", ())))


def put_facts(connection: Connection, facility_id: UUID, **values: object) -> None:
    """Write down of a facility what is known beside its name and place."""
    of_facility = facility_facts.c.facility_id == facility_id
    if connection.scalar(select(facility_facts.c.facility_id).where(of_facility)) is None:
        connection.execute(insert(facility_facts).values(facility_id=facility_id, **NO_FACTS))
    connection.execute(update(facility_facts).where(of_facility).values(**values))


def _set_closed(connection: Connection, room_id: UUID, *, is_closed: bool) -> None:
    values = {"closed_ms": now_ms() if is_closed else None}
    connection.execute(update(rooms).where(rooms.c.room_id == room_id).values(**values))


def _note_join(
    connection: Connection,
    kind: Kind,
    here: Row[Any],
    there: Row[Any],
    moved: Mapping[str, Collection[object]],
    actor: str,
) -> None:
    from_id, into_id = here[0], there[0]
    last = connection.scalar(select(func.max(entries.c.log_index)))
    for one, name in ((from_id, "into"), (into_id, "from")):
        other = there if one == from_id else here
        _record(connection, kind, one, "joined", actor, {name: other.name_ko})
    connection.execute(
        insert(place_joins).values(
            join_id=new_id(),
            what=kind,
            from_id=from_id,
            into_id=into_id,
            moved_json=json.dumps({name: [str(one) for one in ids] for name, ids in moved.items()}),
            after_index=-1 if last is None else last,
            joined_ms=now_ms(),
            undone_ms=None,
        )
    )


def _is_joined(kind: Kind, from_id: UUID) -> Any:
    return (place_joins.c.what == kind) & (place_joins.c.from_id == from_id) & place_joins.c.undone_ms.is_(None)


def _refuse_joined(connection: Connection, place_id: UUID) -> None:
    joined = select(place_joins.c.join_id).where(place_joins.c.undone_ms.is_(None), place_joins.c.from_id == place_id)
    if connection.scalar(joined) is not None:
        raise ApiError(409, Phrase("joined_with_another"))


def _facility(connection: Connection, facility_id: UUID) -> Row[Any]:
    """Its row, the id first, with when it closed; ApiError 404."""
    row = connection.execute(
        select(facilities, facility_facts.c.closed_ms)
        .outerjoin(facility_facts, facility_facts.c.facility_id == facilities.c.facility_id)
        .where(facilities.c.facility_id == facility_id)
    ).one_or_none()
    if row is None:
        raise not_found(Phrase("facility_not_found"))
    return row


def _room(connection: Connection, room_id: UUID) -> Row[Any]:
    row = connection.execute(select(rooms).where(rooms.c.room_id == room_id)).one_or_none()
    if row is None:
        raise not_found(Phrase("room_not_found"))
    return row


def _renamed(row: Row[Any], name: LocalText) -> dict[str, object]:
    if (row.name_ko, row.name_en) == (name.ko, name.en):
        return {}
    is_korean = row.name_ko != name.ko
    before, after = (row.name_ko, name.ko) if is_korean else (row.name_en, name.en)
    return {"name_before": before, "name_after": after}


def _record(
    connection: Connection, kind: Kind, place_id: UUID, what: str, actor: str, detail: Mapping[str, object]
) -> None:
    record(connection, actor=actor, action=f"{kind}.{what}", object_id=str(place_id), detail=detail)
