"""The order of what a Pi's server fetches from its city's: each change gets the next number, in its own transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, insert, select

from server.store.schema import down_changes

_LAST = select(func.max(down_changes.c.change_no))


def note_change(
    connection: Connection,
    *,
    log_index: int | None = None,
    facility_id: UUID | None = None,
    room_id: UUID | None = None,
    plan_version: int | None = None,
) -> None:
    """Number a facility, a room, a version of a room's plan, or an entry that took effect."""
    change = {"log_index": log_index, "facility_id": facility_id, "room_id": room_id, "plan_version": plan_version}
    note_changes(connection, [change])


def note_changes(connection: Connection, changes: Sequence[dict[str, Any]]) -> None:
    """Number several, in their order; a value that is not named is null."""
    if changes:
        last = connection.scalar(_LAST) or 0
        nothing = {"log_index": None, "facility_id": None, "room_id": None, "plan_version": None}
        rows = [nothing | change | {"change_no": last + number} for number, change in enumerate(changes, 1)]
        connection.execute(insert(down_changes), rows)
