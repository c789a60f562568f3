"""Past inspections from an office's list: judged beside rooms and what is here, written as entries, and withdrawn.

Input are the rows of a table; output are decisions, and entries that the server signs for whoever confirms.  Names of
inspectors go under keys of their own (server/people/original_names.py), never with the rows and never into the log.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select

from server.imports.inspections.past_rows import (
    Past,
    There,
    Told,
    as_place,
    decide_past,
    find_room,
    past_of,
    read_past,
    sure_of_floors,
)
from server.imports.places.own_rooms import rooms_there
from server.imports.reading.columns import Own
from server.imports.reading.cuts import masked
from server.imports.reading.table import Layout, Table
from server.imports.rows.border import Border
from server.imports.rows.deciding import Decision, Missing
from server.imports.rows.known import read_known
from server.imports.rows.outlines import Districts
from server.imports.rows.rows import By, Given, Judged, Made
from server.ingest.import_entries import record_import, refuse_at_pi, withdraw_import
from server.interface.errors import ApiError, invalid
from server.interface.words import KST
from server.people import original_names
from server.store.clock import clock_reading, day_of, from_ms, to_ms, today
from server.store.counting import IS_MADE_HERE
from server.store.schema import import_rows, imports, place_joins, sweeps
from sweep.phrases import Phrase
from sweep.report import new_id
from sweep.report.imported_records import InspectionImported


@dataclass(frozen=True, slots=True)
class PastItem:
    """What a row tells, and who was there beside it."""

    past: Past
    names: str

    @property
    def key(self) -> str:
        """What it is known by in lists like this."""
        return self.past.key

    def to_json(self) -> str:
        """As it is kept: without names."""
        return self.past.to_json()


class PastWork:
    """Past inspections, one in a row."""

    def judge(
        self, connection: Connection, table: Table, _districts: Districts | None, given: Given
    ) -> tuple[list[Judged], list[Missing]]:
        """Each row of a table; nothing is missing where a list lacks an inspection."""
        if given.person is None:
            raise invalid(Phrase("import_needs_person"), code="import_needs_person")
        refuse_at_pi(connection)
        border = Border.of(connection, given.district_id)
        there = There(
            read_known(connection, table.layout, border.district_id),
            rooms_there(connection, only_open=True),
            border.ids,
        )
        found = [(own, find_room(own, read_past(own, table.epoch, today()), there)) for own in table.own]
        read = _sure_of_above(sure_of_floors(found))
        refused = [own.problem or border.place(as_place(told.past))[1] for own, told in read]
        kept = [told for (_, told), problem in zip(read, refused, strict=True) if not problem]
        days = [told.past.day for told in kept if told.past.day]
        before = _before(connection, table.layout) if days else {}
        decided = iter(decide_past(kept, there, before, _own(connection, min(days), max(days)) if days else set()))
        return [
            _judged(
                own.line,
                _without_names(own, told.past),
                told,
                Decision("refused", (problem,)) if problem else _with_notes(own, next(decided)),
            )
            for (own, told), problem in zip(read, refused, strict=True)
        ], []

    def keep_apart(self, connection: Connection, import_id: UUID, rows: Sequence[Judged]) -> None:
        """Names of inspectors, of rows that may become something."""
        original_names.forget_unused(connection)
        named = [
            (row.line, row.item.names)
            for row in rows
            if isinstance(row.item, PastItem) and row.item.names and row.decision.outcome in {"new", "question"}
        ]
        if named:
            original_names.keep_names(connection, import_id, named)

    def is_overtaken(self, connection: Connection, found: Row[Any]) -> bool:
        """Were rooms or facilities joined since, so that a row may be of another one?"""
        joined = place_joins.c.joined_ms >= found.created_ms
        return connection.scalar(select(place_joins.c.join_id).where(joined).limit(1)) is not None

    def apply(
        self, connection: Connection, found: Row[Any], rows: Sequence[Row[Any]], by: By
    ) -> Mapping[int, Made | ApiError]:
        """An entry for each; a row whose room is gone by now becomes none."""
        return {row.line: _apply(connection, found.import_id, row, by) for row in rows}

    def take_back(self, connection: Connection, found: Row[Any], rows: Sequence[Row[Any]], by: By) -> set[int]:
        """Withdraw each by one more entry, cited or not; names go with it, and nothing stays."""
        signer, person = _signing(by)
        for row in rows:
            others = [] if row.before_json is None else map(UUID, json.loads(row.before_json)["also"])
            for sweep_id in (row.object_id, *others):
                withdraw_import(connection, signer, person, sweep_id, found.import_id)
                original_names.forget_withdrawn(connection, sweep_id)
        return set()


def _with_notes(own: Own, decision: Decision) -> Decision:
    return decision if decision.outcome != "new" else replace(decision, reasons=(*decision.reasons, *own.notes))


def _sure_of_above(read: Sequence[tuple[Own, Told]]) -> list[tuple[Own, Told]]:
    """A row that says "as above" is only as sure as the one above it."""
    found: list[tuple[Own, Told]] = []
    is_sure = False
    for own, one in read:
        is_unsure = "ditto_filled" in own.notes and not is_sure
        told = one._replace(doubts=(*one.doubts, "cell_is_ditto")) if is_unsure else one
        found.append((own, told))
        is_sure = not told.doubts and not own.problem
    return found


def _judged(line: int, raw: dict[str, str], told: Told, decision: Decision) -> Judged:
    return Judged(line, raw, PastItem(told.past, told.names), told.past.sha256, decision)


def _without_names(own: Own, past: Past) -> dict[str, str]:
    """Cells as they are kept: a name may stand where a word of method or result is not known."""
    unknown = {own.said[name] for name in ("method", "result") if not getattr(past, name)}
    return {heading: masked([cell])[0] if cell in unknown else cell for heading, cell in own.raw.items()}


def _signing(by: By) -> tuple[Any, Any]:
    if by.signer is None or by.person is None:
        raise invalid(Phrase("import_needs_person"), code="import_needs_person")
    return by.signer, by.person


def _apply(connection: Connection, import_id: UUID, row: Row[Any], by: By) -> Made | ApiError:
    signer, person = _signing(by)
    past, when = past_of(row.place_json), clock_reading()
    made = []
    try:
        if past.candidates:
            _refuse_twice(connection, past)
        for room_id in (past.room_id, *past.also):
            said = InspectionImported.model_validate(
                {
                    "v": 1,
                    "sweep_id": new_id(),
                    "import_id": import_id,
                    "day": date.fromisoformat(past.day),
                    "at": past.at or None,
                    "persons": past.persons,
                    "method": past.method,
                    "method_words": past.method_words,
                    "result": past.result,
                    "result_words": past.result_words,
                    "document": past.document or None,
                    "recorded": when,
                    "account": person.account,
                }
            )
            record_import(connection, signer, person, UUID(room_id), said)
            made.append(said.sweep_id)
    except ApiError as error:
        return error
    first, *others = made
    original_names.give_to(connection, import_id, row.line, first)
    for sweep_id in others:
        original_names.share_with(connection, import_id, first, sweep_id)
    return Made(object_id=first, before={"also": [str(one) for one in others]} if others else None)


def _refuse_twice(connection: Connection, past: Past) -> None:
    """ApiError 409 where a room that a person chose has an inspection which may be this one."""
    known, own = _before(connection, "inspections"), _own(connection, past.day, past.day)
    for room_id in (past.room_id, *past.also):
        one = replace(past, room_id=room_id)
        if (room_id, past.day) in own or any(map(one.may_be, known.get(room_id, ()))):
            called = dict(past.candidates)[room_id]
            raise ApiError(409, Phrase("room_has_inspection", room=called), code="room_has_inspection")


def _before(connection: Connection, layout: Layout) -> Mapping[str, Sequence[Past]]:
    """What was imported before and not taken back, by room."""
    done = (
        select(import_rows.c.place_json)
        .join(imports, imports.c.import_id == import_rows.c.import_id)
        .where(imports.c.layout == layout, import_rows.c.is_applied)
    )
    before: dict[str, list[Past]] = defaultdict(list)
    for text in connection.scalars(done):
        past = past_of(text)
        for room_id in (past.room_id, *past.also):
            before[room_id].append(replace(past, room_id=room_id))
    return before


def _start_ms(day: date) -> int:
    return to_ms(datetime.combine(day, time(), KST))


def _own(connection: Connection, first: str, last: str) -> set[tuple[str, str]]:
    """Room and day of what was done here between two days."""
    since, until = _start_ms(date.fromisoformat(first)), _start_ms(date.fromisoformat(last) + timedelta(days=1))
    is_between = (sweeps.c.started_ms >= since) & (sweeps.c.started_ms < until)
    done = select(sweeps.c.room_id, sweeps.c.started_ms).where(is_between, IS_MADE_HERE, sweeps.c.source != "practice")
    return {(str(row.room_id), day_of(from_ms(row.started_ms)).isoformat()) for row in connection.execute(done)}
