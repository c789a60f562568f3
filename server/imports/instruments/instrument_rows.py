"""Rows of a district's list of instruments: whether the register has each, and writing it down there.

Input are rows as own_instruments.py reads them; output are decisions, and what the register's own doors do.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select

from server.districts.register import home_of
from server.imports.instruments.own_instruments import Check, Holders, Item, item_of, kept_cells, read_item
from server.imports.reading import values
from server.imports.reading.table import Table
from server.imports.rows.border import Border
from server.imports.rows.deciding import Decision, Missing
from server.imports.rows.known import asked_before
from server.imports.rows.outlines import Districts
from server.imports.rows.rows import By, Given, Judged, Made, WholeRows
from server.ingest.inspection_entries import instruments_used_since
from server.instruments import register
from server.interface.errors import ApiError
from server.interface.instrument_requests import InstrumentCheckRequest, InstrumentRequest
from server.interface.views.instruments import InstrumentView
from server.store.clock import today
from server.store.schema import instruments


@dataclass(slots=True)
class Known:
    """What a district's register has, and what of it rows of this file claimed."""

    there: dict[tuple[str, ...], list[InstrumentView]] = field(default_factory=dict)
    by_serial: dict[str, list[InstrumentView]] = field(default_factory=dict)
    claimed: set[UUID] = field(default_factory=set)
    in_file: set[tuple[str, ...]] = field(default_factory=set)

    @classmethod
    def of(cls, connection: Connection, district_id: str) -> Known:
        found = cls()
        ids = select(instruments.c.instrument_id).where(instruments.c.district_id == district_id)
        for one in register.known_instruments(connection, district_id, list(connection.scalars(ids))).values():
            identity = (one.kind, *(values.squashed(text) for text in (one.maker, one.model, one.serial)))
            found.there.setdefault(identity, []).append(one)
            if one.serial:
                found.by_serial.setdefault(identity[-1], []).append(one)
        return found

    def decide(self, item: Item, asked: str | None) -> Decision:
        """What a row is."""
        twin = item.identity in self.in_file
        self.in_file.add(item.identity)
        here = [one for one in self.there.get(item.identity, ()) if one.instrument_id not in self.claimed]
        known = here[0] if here else None
        object_id = None if known is None else known.instrument_id
        if asked is not None:
            return Decision("same", ("waits_for_answer" if asked == "open" else "left_out_before",), None, object_id)
        doubts = list(item.doubts)
        if twin and known is None:
            doubts.append("instrument_twice" if item.serial else "instrument_alike")
        if known is not None:
            self.claimed.add(known.instrument_id)
            differs = list(_differences(item, known))
            if not doubts and not differs:
                return Decision("same", (), None, object_id)
            if not doubts and differs == ["check_new"]:
                return Decision("changed", ("check_new",), None, object_id)
            return Decision("question", (*doubts, *differs), None, object_id)
        alike = self.by_serial.get(values.squashed(item.serial), []) if item.serial else []
        if alike:
            doubts.append("serial_known")
            object_id = alike[0].instrument_id if len(alike) == 1 else None
        if doubts:
            return Decision("question", tuple(doubts), None, object_id)
        return Decision("new", item.notes)


def _differences(item: Item, known: InstrumentView) -> Iterator[str]:
    if known.retired is not None:
        yield "instrument_retired"
    if item.holder is not None and item.holder != (None if known.holder is None else known.holder.username):
        yield "holder_differs"
    if item.check is not None and item.check.day not in _days(known):
        yield "check_new"


def _days(known: InstrumentView) -> set[str]:
    return {one.day.isoformat() for one in known.checks if one.what == "function" and one.withdrawn is None}


class InstrumentWork(WholeRows):
    """Instruments of a district's register, one in a row."""

    def judge(
        self, connection: Connection, table: Table, _districts: Districts | None, given: Given
    ) -> tuple[list[Judged], list[Missing]]:
        """Each row beside the register of its district."""
        border = Border.of(connection, given.district_id)
        asked = asked_before(connection, table.layout, given.district_id)[0]
        holders: dict[str, Holders] = {}
        registers: dict[str, Known] = {}
        home = given.district_id or home_of(connection)
        judged = []
        models = Counter(values.squashed(own.said.get("model", "")) for own in table.own)
        for own in table.own:
            district = border.named(own.said.get("district", ""), home)
            where = district.district_id or ""
            if where not in holders:
                holders[where], registers[where] = Holders.of(connection, where), Known.of(connection, where)
            item = read_item(own, district, holders[where], table.epoch)
            if item.serial and item.serial != item.model and models[values.squashed(item.serial)]:
                item = replace(item, doubts=(*item.doubts, "model_serial_swapped"))
            if problem := own.problem or district.refusal:
                decision = Decision("refused", (problem,))
            else:
                decision = registers[where].decide(item, asked.get((item.key, item.mark)))
            judged.append(Judged(own.line, kept_cells(own, item), item, item.mark, decision))
        return judged, []

    def is_overtaken(self, connection: Connection, found: Row[Any]) -> bool:
        """Was an instrument added by hand since?"""
        since = select(instruments.c.instrument_id).where(instruments.c.created_ms >= found.created_ms)
        return connection.scalar(since.limit(1)) is not None

    def apply(
        self, connection: Connection, _found: Row[Any], rows: Sequence[Row[Any]], by: By
    ) -> Mapping[int, Made | ApiError]:
        """Write each down as one does by hand."""
        done: dict[int, Made | ApiError] = {}
        for row in rows:
            item = item_of(row.place_json)
            try:
                done[row.line] = _add(connection, item, by) if row.object_id is None else _change(connection, row, by)
            except ApiError as error:
                done[row.line] = error
        return done

    def take_back(self, connection: Connection, found: Row[Any], rows: Sequence[Row[Any]], by: By) -> set[int]:
        """Out of use with what was added and nobody used since; as before with what was changed."""
        added = [row for row in rows if row.before_json is None]
        used = instruments_used_since(connection, found.confirmed_ms) if added else frozenset()
        stay = {row.line for row in added if row.object_id in used or _is_changed(connection, row)}
        for row in rows:
            if row.before_json is not None:
                _restore(connection, row.object_id, json.loads(row.before_json), by)
            elif row.line not in stay:
                register.retire(connection, row.object_id, is_retired=True, actor=by.actor)
        return stay


def request_of(item: Item) -> InstrumentRequest:
    """What the register's door is asked."""
    return InstrumentRequest(
        kind=item.known_kind,
        maker=item.maker,
        model=item.model,
        serial=item.serial,
        holder=item.holder,
        district_id=item.district_id,
    )


def _add(connection: Connection, item: Item, by: By) -> Made:
    added = register.add_instrument(connection, request_of(item), actor=by.actor, district_id=item.district_id)
    if item.check is not None:
        _write_check(connection, added, item.check, by)
    return Made(None, added)


def check_of(check: Check) -> InstrumentCheckRequest:
    """The same of a check."""
    return InstrumentCheckRequest(
        what="function",
        day=date.fromisoformat(check.day),
        good_until=date.fromisoformat(check.good_until),
        has_passed=check.has_passed,
        checked_by=check.checked_by,
    )


def _write_check(connection: Connection, instrument_id: UUID, check: Check, by: By) -> UUID:
    return register.add_check(connection, instrument_id, check_of(check), today=today(), actor=by.actor)


def _change(connection: Connection, row: Row[Any], by: By) -> Made:
    """Let the register say what the row does; what was before is kept."""
    item, instrument_id = item_of(row.place_json), row.object_id
    there = register.instrument_detail(connection, instrument_id, today()).instrument
    holder = None if there.holder is None else there.holder.username
    written = {"kind": there.kind, "maker": there.maker, "model": there.model, "serial": there.serial}
    before: dict[str, Any] = written | {"holder": holder, "is_retired": there.retired is not None, "check_id": None}
    told = request_of(item) if item.holder is not None else request_of(item).model_copy(update={"holder": holder})
    register.change_instrument(connection, instrument_id, told, actor=by.actor)
    register.retire(connection, instrument_id, is_retired=False, actor=by.actor)
    if item.check is not None and item.check.day not in _days(there):
        before["check_id"] = str(_write_check(connection, instrument_id, item.check, by))
    return Made(None, instrument_id, before)


def _restore(connection: Connection, instrument_id: UUID, before: dict[str, Any], by: By) -> None:
    check_id, is_retired = before.pop("check_id"), before.pop("is_retired")
    if check_id is not None:
        register.withdraw_check(connection, instrument_id, UUID(check_id), actor=by.actor)
    there = {one.username for one in register.holders_of(connection, _district_of(connection, instrument_id))}
    holder = before.pop("holder")
    request = InstrumentRequest(**before, holder=holder if holder in there else None)
    register.change_instrument(connection, instrument_id, request, actor=by.actor)
    register.retire(connection, instrument_id, is_retired=is_retired, actor=by.actor)


def _district_of(connection: Connection, instrument_id: UUID) -> str:
    of_it = select(instruments.c.district_id).where(instruments.c.instrument_id == instrument_id)
    return str(connection.scalar(of_it))


def _is_changed(connection: Connection, row: Row[Any]) -> bool:
    """Did anybody change, give away or check it since it was added?"""
    item = item_of(row.place_json)
    there = register.instrument_detail(connection, row.object_id, today()).instrument
    holder = None if there.holder is None else there.holder.username
    now = (there.kind, there.maker, there.model, there.serial, holder)
    checks = sum(one.withdrawn is None for one in there.checks)
    return now != (item.kind, item.maker, item.model, item.serial, item.holder) or checks != (item.check is not None)
