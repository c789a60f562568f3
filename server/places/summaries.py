"""One sweep in a list: a row of the projection as a view, and whether the city's server has it."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, exists, or_, select

from server.interface.views.places import SweepSummary
from server.store.bodies import open_read
from server.store.clock import from_ms
from server.store.counting import REAL
from server.store.schema import city, entries, relayed
from sweep.entry.kinds import KEY_KINDS, SERVER_KINDS


def sweep_summary(connection: Connection, row: Row[Any], at_city: bool | None) -> SweepSummary:
    """A row of `sweeps` as a view; without inspectors when a body is erased that it was read from."""
    return SweepSummary(
        sweep_id=row.sweep_id,
        room_id=row.room_id,
        source=row.source,
        mode=row.mode,
        outcome=row.outcome,
        started=from_ms(row.started_ms),
        started_claimed=from_ms(row.claimed_ms),
        received=from_ms(row.received_ms),
        ended=None if row.ended_ms is None else from_ms(row.ended_ms),
        equipment=row.equipment,
        persons=row.said,
        candidates=row.candidates,
        not_assessable_zones=row.not_assessable_zones,
        is_demo=row.source != REAL,
        inspectors=inspectors_of(connection, row),
        probe_id=row.probe_id,
        at_city=at_city,
    )


def inspectors_of(connection: Connection, row: Row[Any]) -> tuple[str, ...]:
    """Who made a sweep; nobody when a body is erased that it was read from."""
    return tuple(json.loads(open_read(connection, f"inspectors {row.sweep_id}", row.inspectors_sealed) or "[]"))


def at_city_of(connection: Connection, sweep_ids: Collection[UUID]) -> dict[UUID, bool | None]:
    """Of each sweep, whether every entry about it that counts has the city's receipt; None where there is no city."""
    if connection.scalar(select(city.c.url)) is None:
        return dict.fromkeys(sweep_ids)
    is_relayed = exists().where(relayed.c.log_index == entries.c.log_index, relayed.c.state.in_(("arrived", "lacking")))
    goes_up = or_(entries.c.kind.is_(None), entries.c.kind.not_in(sorted(KEY_KINDS | SERVER_KINDS)))
    left = select(entries.c.sweep_id).where(
        entries.c.sweep_id.in_(sweep_ids), entries.c.status.in_(("accepted", "conflict")), goes_up, ~is_relayed
    )
    missing = set(connection.scalars(left.distinct()))
    return {sweep_id: sweep_id not in missing for sweep_id in sweep_ids}
