"""What stands open in rooms: finds and candidates that persons have not closed, over all sweeps that count.

Input are projections; output is one `RoomStanding` per room that has any.  A later sweep, however it ended and whenever
its entries arrive, takes nothing away; replays and simulations count in a demonstration facility only.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, func, select

from server.interface.views.places import RoomStanding
from server.places.counting import counts_by
from server.store.clock import from_ms
from server.store.schema import facilities, open_findings, rooms, sweeps


def standing_of_rooms(connection: Connection, room_ids: Sequence[UUID]) -> dict[UUID, RoomStanding]:
    """By room, of these rooms."""
    is_find = open_findings.c.state == "found"
    columns = (sweeps.c.room_id, sweeps.c.sweep_id, sweeps.c.started_ms, sweeps.c.source)
    of_rooms = select(*columns).where(sweeps.c.room_id.in_(room_ids)).cte("of_rooms")
    # PostgreSQL would walk through every sweep to the newest one that has an open finding
    of_rooms = of_rooms.prefix_with("MATERIALIZED", dialect="postgresql")
    statement = (
        select(
            of_rooms.c.room_id,
            of_rooms.c.sweep_id,
            of_rooms.c.started_ms,
            func.count().filter(is_find).label("finds"),
            func.count().filter(~is_find).label("candidates"),
        )
        .join(of_rooms, of_rooms.c.sweep_id == open_findings.c.sweep_id)
        .join(rooms, rooms.c.room_id == of_rooms.c.room_id)
        .join(facilities, facilities.c.facility_id == rooms.c.facility_id)
        .where(counts_by(of_rooms.c.source))
        .group_by(of_rooms.c.room_id, of_rooms.c.sweep_id, of_rooms.c.started_ms)
        .order_by(of_rooms.c.started_ms, of_rooms.c.sweep_id)
    )
    standing: dict[UUID, RoomStanding] = {}
    for row in connection.execute(statement):
        before = standing.get(row.room_id)
        finds, candidates = row.finds, row.candidates
        sweep_id, started = row.sweep_id, from_ms(row.started_ms)
        if before is not None:
            if before.finds and not row.finds:  # a newer suspicion is less grave than a find
                sweep_id, started = before.sweep_id, before.started
            finds, candidates = finds + before.finds, candidates + before.candidates
        standing[row.room_id] = RoomStanding(
            result="found" if finds else "suspected",
            finds=finds,
            candidates=candidates,
            sweep_id=sweep_id,
            started=started,
        )
    return standing
