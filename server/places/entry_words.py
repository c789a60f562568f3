"""What entries of the log are about, in words: the place, the zone of a finding, the step or verdict that was recorded.

Input are rows of the log, output is what is known of each; what was erased or is broken is left out.  It
writes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, select

from server.interface.views.entries import EntryAbout
from server.projections.case_rows import read_each_step
from server.projections.sightings import case_of, seen_things
from server.store.schema import dispositions, facilities, rooms
from server.store.stored_rows import StoredEntry
from sweep.entry import kinds
from sweep.report import LocalText


def about_entries(connection: Connection, rows: Sequence[StoredEntry]) -> dict[int, EntryAbout]:
    """What is known of each of these entries, by its number in the log; nothing of one that names no room or does not
    count: whoever wrote it may name any.
    """
    rows = [row for row in rows if row.status == "accepted"]
    places = _places(connection, {row.room_id for row in rows if row.room_id is not None})
    said = _said(connection, rows)
    seen = seen_things(connection, (row.sweep_id for row in rows if row.log_index in said))
    found = {}
    for row in rows:
        place = places.get(row.room_id) if row.room_id is not None else None
        if place is None:
            continue
        what, finding_id = said.get(row.log_index, (None, None))
        thing = None
        if finding_id is not None and row.sweep_id is not None:
            thing = seen.get(case_of(row.sweep_id, finding_id))
        found[row.log_index] = place.model_copy(update={"what": what, "zone": None if thing is None else thing.zone})
    return found


def _places(connection: Connection, room_ids: set[UUID]) -> dict[UUID, EntryAbout]:
    of_room = rooms.join(facilities, facilities.c.facility_id == rooms.c.facility_id)
    statement = select(
        rooms.c.room_id, rooms.c.name_ko, rooms.c.name_en, facilities.c.district_id,
        facilities.c.name_ko.label("facility_ko"), facilities.c.name_en.label("facility_en"),
    ).select_from(of_room)  # fmt: skip
    return {
        row.room_id: EntryAbout(
            facility_name=LocalText(ko=row.facility_ko, en=row.facility_en),
            room_name=LocalText(ko=row.name_ko, en=row.name_en),
            district_id=row.district_id,
            zone=None,
            what=None,
        )
        for row in connection.execute(statement.where(rooms.c.room_id.in_(room_ids)))
    }


def _said(connection: Connection, rows: Sequence[StoredEntry]) -> dict[int, tuple[str, UUID | None]]:
    """By number: the step of a case or the verdict, and the finding that it is about."""
    numbers = [row.log_index for row in rows if row.kind == kinds.DISPOSITION]
    verdicts = connection.execute(select(dispositions).where(dispositions.c.log_index.in_(numbers)))
    found: dict[int, tuple[str, UUID | None]] = {row.log_index: (row.verdict, row.finding_id) for row in verdicts}
    steps = read_each_step(connection, [row for row in rows if row.kind == kinds.CASE_STEP])
    return found | {log_index: (step.step.step, step.finding_id) for log_index, step in steps.items()}
