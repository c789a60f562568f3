"""What stands open in rooms: findings and cases that persons have not closed, over all sweeps that count.

Input are projections; output is one `RoomStands` per room that has any.  A later sweep, however it ended and whenever
its entries arrive, takes nothing away; replays and simulations count in a demonstration facility only.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, select

from server.interface.views.places import RoomStanding, StateCount
from server.standing.findings import OPEN
from server.standing.rooms import OpenThing, RoomStands, room_of
from server.store.clock import from_ms
from server.store.counting import CASE_COUNTS
from server.store.schema import cases, facilities, rooms


def standing_of_rooms(connection: Connection, room_ids: Sequence[UUID]) -> dict[UUID, RoomStands]:
    """By room, of these rooms."""
    statement = (
        select(cases.c.room_id, cases.c.stands, cases.c.sweep_id, cases.c.opened_ms, cases.c.state)
        .join(rooms, rooms.c.room_id == cases.c.room_id)
        .join(facilities, facilities.c.facility_id == rooms.c.facility_id)
        .where(cases.c.room_id.in_(room_ids), cases.c.stands.in_(sorted(OPEN)), CASE_COUNTS)
    )
    things: dict[UUID, list[OpenThing]] = {}
    for row in connection.execute(statement):
        thing = OpenThing(row.stands, row.sweep_id, from_ms(row.opened_ms), row.state)
        things.setdefault(row.room_id, []).append(thing)
    found = ((room_id, room_of(of_room)) for room_id, of_room in things.items())
    return {room_id: stands for room_id, stands in found if stands is not None}


def standing_view(stands: RoomStands) -> RoomStanding:
    """What stands open in a room as the page shows it."""
    gravest = stands.gravest
    return RoomStanding(
        state=gravest.state,
        counts=tuple(StateCount(state=state, count=count) for state, count in stands.counts),
        sweep_id=gravest.sweep_id,
        started=gravest.since,
        asks=stands.asks,
    )
