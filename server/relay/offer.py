"""The city's side of the way down: what changed since a Pi's server asked last, for its eyes.

Input is a number, a recipient, the relay that asks and the rooms of its shift; output is one page of changes: those
places of its own district, and the entries that it needs about keys (root, this server, its own probes) and erasures
(of what it sent or its district holds), in the order in which they took effect.  What another district has never
leaves here, nor the name of anybody of it.
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, func, select

from server.relay.sealing import seal_to
from server.relay.shift import (
    CHANGES_AT_ONCE,
    MOST_ROOMS,
    AssignedRoom,
    Assignment,
    Down,
    DownEntry,
    Shift,
    ShiftFacility,
    ShiftPlan,
    ShiftRoom,
)
from server.signing import keys
from server.signing.key_bodies import read_key_body
from server.store.clock import now_ms
from server.store.schema import IS_ACCEPTED, body_data, down_changes, entries, facilities, plans, rooms
from server.store.stored_bodies import owner_of
from server.store.stored_rows import StoredEntry
from server.store.stored_wire import stored_entry
from sweep.entry.dsse import EntryError
from sweep.entry.envelope import Body, parse_envelope, to_wire
from sweep.entry.kinds import BODY_ERASED, ERASED_TYPE, KEY_KINDS
from sweep.report import BodyErased, ContractError, LocalText, Plan, parse_json, to_json

HOUR_MS = 3_600_000


def down_for(
    connection: Connection, *, after: int, recipient: str, relay: keys.Key, shift: Collection[UUID], shift_hours: int
) -> Down:
    """One page of what comes down; `shift`: rooms of it. Raises SealedError for a recipient that is none."""
    district_id = relay.tenant or ""
    own = _rooms_of_district(connection, shift, district_id)
    room_ids, facility_ids = {row.room_id for row in own}, {row.facility_id for row in own}
    is_its = down_changes.c.room_id.in_(room_ids) | down_changes.c.facility_id.in_(facility_ids)
    changes = connection.execute(
        select(down_changes)
        .where(down_changes.c.change_no > after, down_changes.c.log_index.is_not(None) | is_its)
        .order_by(down_changes.c.change_no)
        .limit(CHANGES_AT_ONCE + 1)
    ).all()
    page = changes[:CHANGES_AT_ONCE]
    made_ms = now_ms()
    said = Shift(
        v=1,
        tenant=district_id,
        made_ms=made_ms,
        expires_ms=made_ms + shift_hours * HOUR_MS,
        facilities=_facilities(connection, [row.facility_id for row in page if row.facility_id is not None]),
        rooms=_rooms(connection, [row.room_id for row in page if row.room_id is not None and row.plan_version is None]),
        plans=_plans(connection, [row for row in page if row.plan_version is not None]),
        assignments=(Assignment(rooms=_assigned(connection, room_ids)),),
    )
    return Down(
        v=1,
        after=page[-1].change_no if page else after,
        is_more=len(changes) > len(page),
        entries=_entries(connection, [row.log_index for row in page if row.log_index is not None], relay),
        sealed=base64.b64encode(seal_to(recipient, to_json(said))).decode(),
    )


def _rooms_of_district(connection: Connection, shift: Collection[UUID], district_id: str) -> Sequence[Any]:
    """Those of the rooms that lie in this district: whatever the shift says, nothing of another one comes down."""
    return connection.execute(
        select(rooms.c.room_id, rooms.c.facility_id)
        .join(facilities, facilities.c.facility_id == rooms.c.facility_id)
        .where(rooms.c.room_id.in_(shift), facilities.c.district_id == district_id, ~facilities.c.is_demo)
        .order_by(rooms.c.room_id)
        .limit(MOST_ROOMS)
    ).all()


def _assigned(connection: Connection, room_ids: Collection[UUID]) -> tuple[AssignedRoom, ...]:
    """Every room of the shift with its newest plan."""
    newest = select(plans.c.room_id, func.max(plans.c.version).label("version")).where(plans.c.room_id.in_(room_ids))
    found = connection.execute(newest.group_by(plans.c.room_id).order_by(plans.c.room_id)).all()
    return tuple(AssignedRoom(room_id=row.room_id, plan_version=row.version) for row in found)


def _facilities(connection: Connection, ids: Sequence[UUID]) -> tuple[ShiftFacility, ...]:
    found = connection.execute(select(facilities).where(facilities.c.facility_id.in_(ids), ~facilities.c.is_demo))
    return tuple(
        ShiftFacility(
            facility_id=row.facility_id,
            code=row.code,
            name=LocalText(ko=row.name_ko, en=row.name_en),
            address=row.address,
            latitude_deg=row.latitude_deg,
            longitude_deg=row.longitude_deg,
        )
        for row in found
    )


def _rooms(connection: Connection, ids: Sequence[UUID]) -> tuple[ShiftRoom, ...]:
    found = connection.execute(
        select(rooms)
        .join(facilities, facilities.c.facility_id == rooms.c.facility_id)
        .where(rooms.c.room_id.in_(ids), ~facilities.c.is_demo)
    )
    return tuple(
        ShiftRoom(
            room_id=row.room_id,
            facility_id=row.facility_id,
            name=LocalText(ko=row.name_ko, en=row.name_en),
            kind=row.kind,
        )
        for row in found
    )


def _plans(connection: Connection, changes: Sequence[Row[Any]]) -> tuple[ShiftPlan, ...]:
    wanted = {(row.room_id, row.plan_version) for row in changes}
    found = connection.execute(
        select(plans)
        .join(rooms, rooms.c.room_id == plans.c.room_id)
        .join(facilities, facilities.c.facility_id == rooms.c.facility_id)
        .where(plans.c.room_id.in_({room_id for room_id, _ in wanted}), ~facilities.c.is_demo)
        .order_by(plans.c.room_id, plans.c.version)
    )
    return tuple(
        ShiftPlan(
            room_id=row.room_id,
            plan=parse_json(Plan, row.plan_json.encode()),
            created_ms=row.created_ms,
            created_by=row.created_by,
        )
        for row in found
        if (row.room_id, row.version) in wanted
    )


def _entries(connection: Connection, indices: Sequence[int], relay: keys.Key) -> tuple[DownEntry, ...]:
    found = []
    for row in connection.execute(select(entries).where(entries.c.log_index.in_(indices), IS_ACCEPTED)).all():
        entry, bodies = stored_entry(connection, row)
        if _is_needed(connection, row, bodies, relay):
            found.append(DownEntry(log_index=row.log_index, wire=to_wire(entry, bodies).decode()))
    return tuple(sorted(found, key=lambda one: indices.index(one.log_index)))


def _is_needed(connection: Connection, row: StoredEntry, bodies: tuple[Body, ...], relay: keys.Key) -> bool:
    """Is this entry about a key that the Pi meets, or about a body that it may have?"""
    try:
        if row.kind in KEY_KINDS:
            key = keys.find_key(connection, read_key_body(parse_envelope(row.payload), bodies).key_id)
            return key is not None and (key.key_id == relay.key_id or _is_near(key, relay))
        said = [parse_json(BodyErased, body.data) for body in bodies if body.media_type == ERASED_TYPE]
    except (ContractError, EntryError):
        return False
    if row.kind != BODY_ERASED or not said:
        return False
    return any(_is_of(connection, one, relay) for one in _owners(connection, said[0].commitment))


def _is_near(key: keys.Key, relay: keys.Key) -> bool:
    """The root, a pen of this server, or one of the relay's own probes."""
    if key.role in {"probe", "demo"} and key.probe_id is not None:
        return key.probe_id in relay.probes and key.tenant == relay.tenant
    return key.role in {"root", "server", "demo"}


def _owners(connection: Connection, commitment: str) -> Sequence[Row[Any]]:
    """The entry that brought a body and the one whose it is: who only names a commitment hears nothing of its end."""
    brought = select(body_data.c.brought_by).where(body_data.c.commitment == commitment)
    indices = {connection.scalar(brought), owner_of(connection, commitment)} - {None}
    return connection.execute(select(entries).where(entries.c.log_index.in_(indices))).all()


def _is_of(connection: Connection, holder: Row[Any], relay: keys.Key) -> bool:
    """Did the Pi send it, or does it lie in its district?"""
    if holder.key_id == relay.key_id:
        return True
    of_room = select(facilities.c.district_id).join(rooms, rooms.c.facility_id == facilities.c.facility_id)
    district_id = connection.scalar(of_room.where(rooms.c.room_id == holder.room_id))
    return bool((holder.tenant if district_id is None else district_id) == relay.tenant)
