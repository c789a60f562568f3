"""Rows of lists of facilities and rooms: judged beside what is known, put there many at once, and taken away again.

Input are the rows of a table; output are decisions, and rows of the ordinary tables (placing.py, own_rooms.py).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select

from server.imports.places import placing
from server.imports.places.layouts import place_in
from server.imports.places.own_places import kept_cells, own_facility, own_room
from server.imports.places.own_rooms import apply_room, decide_rooms, rooms_there, take_back_room
from server.imports.reading.columns import Own
from server.imports.reading.phrases import NAME, NEW
from server.imports.reading.table import Table
from server.imports.rows.border import Border
from server.imports.rows.deciding import Decision, Missing, decide
from server.imports.rows.known import Known, read_known
from server.imports.rows.outlines import Districts
from server.imports.rows.place import Place, place_of
from server.imports.rows.rows import By, Given, Judged, Made, WholeRows
from server.store.schema import facilities
from sweep.report import new_id


def judge(
    connection: Connection, table: Table, districts: Districts | None, given: Given
) -> tuple[list[Judged], list[Missing]]:
    """Each row of a table, and the facilities that it no longer lists."""
    known = read_known(connection, table.layout, given.district_id)
    if table.rows:
        places = [place_in(table.layout, row, districts) for row in table.rows]
        told = [(row.line, row.cells, "") for row in table.rows]
    else:
        read = own_room if table.layout == "rooms" else own_facility
        places = [_told(own, read(own, districts)) for own in table.own]
        told = [(own.line, kept_cells(own), own.problem) for own in table.own]
    border = Border.of(connection, given.district_id)
    placed = [border.place(place) for place in places]
    refused = [problem or outside for (_, _, problem), (_, outside) in zip(told, placed, strict=True)]
    kept = [place for (place, _), problem in zip(placed, refused, strict=True) if not problem]
    decisions, missing = _decided(connection, table, kept, known)
    decided = iter(decisions)
    is_rooms = table.layout == "rooms"
    rows = [
        Judged(
            line,
            cells,
            place,
            place.facility_sha256 if is_rooms else place.sha256,
            Decision("refused", (problem,)) if problem else next(decided),
        )
        for (line, cells, _), (place, _), problem in zip(told, placed, refused, strict=True)
    ]
    return rows, missing


def _told(own: Own, place: Place) -> Place:
    """A place whose name a person called a new facility: it needs no address to be told from others."""
    is_new = own.told.get(NAME, ("", ""))[1] == NEW
    return replace(place, doubts=tuple(one for one in place.doubts if one != "address_missing")) if is_new else place


def _decided(
    connection: Connection, table: Table, places: Sequence[Place], known: Known
) -> tuple[list[Decision], list[Missing]]:
    if table.layout == "rooms":
        return decide_rooms(places, known, rooms_there(connection)), []
    return decide(places, known, is_own=table.layout == "facilities")


class _Places(WholeRows):
    """What facilities and rooms share."""

    def judge(
        self, connection: Connection, table: Table, districts: Districts | None, given: Given
    ) -> tuple[list[Judged], list[Missing]]:
        """Each row of a table, and the facilities that it no longer lists."""
        return judge(connection, table, districts, given)

    def is_overtaken(self, connection: Connection, found: Row[Any]) -> bool:
        """Was a facility added by hand since?"""
        by_hand = select(facilities.c.facility_id).where(facilities.c.created_ms >= found.created_ms)
        return connection.scalar(by_hand.limit(1)) is not None


class FacilityWork(_Places):
    """Facilities, one in a row."""

    def apply(self, connection: Connection, found: Row[Any], rows: Sequence[Row[Any]], by: By) -> Mapping[int, Made]:
        """What is new at once; each other facility as its row tells it, or closed where the file no longer lists it."""
        layout = found.layout
        new = [(row, new_id()) for row in rows if row.facility_id is None]
        placed = [(facility_id, place_of(row.place_json)) for row, facility_id in new]
        placing.insert_places(connection, layout, placed, actor=by.actor, district_id=found.district_id)
        made = {row.line: Made(facility_id) for row, facility_id in new}
        for row in rows:
            if row.line in made:
                continue
            if row.line < 0:
                before = placing.close_place(connection, layout, row.facility_id)
            else:
                before = placing.change_place(connection, layout, row.facility_id, place_of(row.place_json))
            made[row.line] = Made(row.facility_id, None, before)
        return made

    def take_back(self, connection: Connection, found: Row[Any], rows: Sequence[Row[Any]], _by: By) -> set[int]:
        """Take away what was made and nobody uses; restore what was changed."""
        made = [row.facility_id for row in rows if row.before_json is None]
        used = placing.in_use(connection, made)
        placing.remove_places(connection, [facility_id for facility_id in made if facility_id not in used])
        for row in rows:
            if row.before_json is not None:
                placing.restore_place(connection, found.layout, row.facility_id, json.loads(row.before_json))
        return {row.line for row in rows if row.before_json is None and row.facility_id in used}


class RoomWork(_Places):
    """Rooms, one in a row."""

    def apply(self, connection: Connection, found: Row[Any], rows: Sequence[Row[Any]], by: By) -> Mapping[int, Made]:
        """Each where its row says, in a facility that another row may just have made."""
        here: dict[str, UUID] = {}
        made = {}
        for row in rows:
            made[row.line] = apply_room(
                connection, row, here.get(row.place_sha256), actor=by.actor, district_id=found.district_id
            )
            if row.facility_id is None and (facility_id := made[row.line].facility_id) is not None:
                here[row.place_sha256] = facility_id
        return made

    def take_back(self, connection: Connection, _found: Row[Any], rows: Sequence[Row[Any]], _by: By) -> set[int]:
        """Take rooms away, and facilities that came with them."""
        return {row.line for row in rows if not take_back_room(connection, row)}
