"""The city's side of the way down: what changed since a Pi's server asked last, for its eyes.

Input is a number and a recipient; output is one page of changes: places of the tenant without those of the
demonstration, and the entries about keys and erasures that count, in the order in which they took effect.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select

from server.log.stored_wire import stored_entry
from server.relay.sealing import seal_to
from server.relay.shift import CHANGES_AT_ONCE, Down, DownEntry, Shift, ShiftFacility, ShiftPlan, ShiftRoom
from server.store.clock import now_ms
from server.store.schema import IS_ACCEPTED, down_changes, entries, facilities, plans, rooms
from sweep.entry.envelope import to_wire
from sweep.report import LocalText, Plan, parse_json, to_json

HOUR_MS = 3_600_000


def down_for(connection: Connection, *, after: int, recipient: str, tenant: str, shift_hours: int) -> Down:
    """One page of what comes down; raises SealedError for a recipient that is none."""
    changes = connection.execute(
        select(down_changes)
        .where(down_changes.c.change_no > after)
        .order_by(down_changes.c.change_no)
        .limit(CHANGES_AT_ONCE + 1)
    ).all()
    page = changes[:CHANGES_AT_ONCE]
    made_ms = now_ms()
    shift = Shift(
        v=1,
        tenant=tenant,
        made_ms=made_ms,
        expires_ms=made_ms + shift_hours * HOUR_MS,
        facilities=_facilities(connection, [row.facility_id for row in page if row.facility_id is not None]),
        rooms=_rooms(connection, [row.room_id for row in page if row.room_id is not None and row.plan_version is None]),
        plans=_plans(connection, [row for row in page if row.plan_version is not None]),
    )
    return Down(
        v=1,
        after=page[-1].change_no if page else after,
        is_more=len(changes) > len(page),
        entries=_entries(connection, [row.log_index for row in page if row.log_index is not None]),
        sealed=base64.b64encode(seal_to(recipient, to_json(shift))).decode(),
    )


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


def _entries(connection: Connection, indices: Sequence[int]) -> tuple[DownEntry, ...]:
    found = []
    for row in connection.execute(select(entries).where(entries.c.log_index.in_(indices), IS_ACCEPTED)).all():
        wire = to_wire(*stored_entry(connection, row)).decode()
        found.append(DownEntry(log_index=row.log_index, wire=wire))
    return tuple(sorted(found, key=lambda one: indices.index(one.log_index)))
