"""The side of the server above: what districts' servers tell it, and lists and statistics over all of them.

Input is what the server of one district posts; output are rows of that district, how it stands now.  What was taken in
already changes nothing; a new stream takes the place of all that its district told before.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Connection, Row, Table, delete, func, insert, or_, select, true, update

from server.interface.fields import FOUND, CaseState, PersonsResult
from server.interface.told_requests import Said, TellRequest, ToldCase, ToldGone, ToldResult, ToldRoom
from server.interface.views.schedule import DueState
from server.interface.views.told import (
    TellingView,
    ToldCaseList,
    ToldCaseView,
    ToldQuarter,
    ToldResultList,
    ToldResultView,
    ToldRoomList,
    ToldRoomView,
    ToldStatistics,
)
from server.relay.heard import heard_districts
from server.standing.cases import CLOSED
from server.store.clock import now_ms
from server.store.schema import (
    districts,
    facilities,
    telling_districts,
    told_cases,
    told_counts,
    told_results,
    told_rooms,
)
from sweep.report import LocalText

OF_DISTRICT = (told_cases, told_rooms, told_results, told_counts)


def take(connection: Connection, district_id: str, request: TellRequest) -> TellingView:
    """Take what a district's server tells; answers up to which number of its stream all is here."""
    of_district = telling_districts.c.district_id == district_id
    row = connection.execute(select(telling_districts).where(of_district)).one_or_none()
    number = 0 if row is None or row.stream_id != request.stream_id else row.number
    if request.after > number:
        return TellingView(v=1, stream_id=request.stream_id, number=number)
    if row is None:
        values = {"district_id": district_id, "stream_id": request.stream_id, "number": 0}
        connection.execute(insert(telling_districts).values(**values, is_whole=False, heard_ms=0))
    elif row.stream_id != request.stream_id:
        for table in OF_DISTRICT:
            connection.execute(delete(table).where(table.c.district_id == district_id))
    new = [one for one in request.told if one.number > number]
    _replace(connection, district_id, [one.said for one in sorted(new, key=lambda one: one.number)])
    number = max((one.number for one in new), default=number)
    heard = {"number": number, "is_whole": not request.is_more, "heard_ms": now_ms()}
    connection.execute(update(telling_districts).where(of_district).values(stream_id=request.stream_id, **heard))
    return TellingView(v=1, stream_id=request.stream_id, number=number)


def _replace(connection: Connection, district_id: str, said: Sequence[Said]) -> None:
    """Let these things stand as they are said last, and those that are gone be gone."""
    newest = {_key(one): one for one in said}
    for what, table, column in (("case", told_cases, "case_id"), ("result", told_results, "sweep_id")):
        ids = [thing_id for of, thing_id in newest if of == what]
        rows = [_values(one) for one in newest.values() if one.what == what]
        is_one = (table.c.district_id == district_id) & table.c[column].in_(ids)
        months = _months(connection, is_one, rows) if what == "result" and ids else set()
        _write(connection, table, is_one, district_id, rows, ids)
        if months:
            _count(connection, district_id, months)
    for method in ("equipment", "visual"):
        ids = [thing_id for of, thing_id in newest if of == method]
        rows = [_values(one) for one in newest.values() if isinstance(one, ToldRoom) and one.method == method]
        is_one = (told_rooms.c.district_id == district_id) & (told_rooms.c.method == method)
        _write(connection, told_rooms, is_one & told_rooms.c.room_id.in_(ids), district_id, rows, ids)


def _write(
    connection: Connection,
    table: Table,
    is_one: ColumnElement[bool],
    district_id: str,
    rows: Sequence[dict[str, Any]],
    ids: Collection[UUID],
) -> None:
    if ids:
        connection.execute(delete(table).where(is_one))
    if rows:
        connection.execute(insert(table), [row | {"district_id": district_id} for row in rows])


def _key(said: Said) -> tuple[str, UUID]:
    match said:
        case ToldGone():
            return said.of, said.thing_id
        case ToldCase():
            return "case", said.case_id
        case ToldResult():
            return "result", said.sweep_id
        case ToldRoom():
            return said.method, said.room_id


def _values(said: Said) -> dict[str, Any]:
    values = said.model_dump(exclude={"what"})
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}


def _months(connection: Connection, is_one: ColumnElement[bool], rows: Sequence[dict[str, Any]]) -> set[str]:
    """Months of results that come, and of those in whose place they come."""
    before = connection.scalars(select(func.substr(told_results.c.day, 1, 7)).where(is_one).distinct())
    return {*before, *(row["day"][:7] for row in rows)}


def _count(connection: Connection, district_id: str, months: Collection[str]) -> None:
    """Count the results of these months anew."""
    counts, told = told_counts.c, told_results.c
    connection.execute(delete(told_counts).where(counts.district_id == district_id, counts.month.in_(months)))
    month = func.substr(told.day, 1, 7)
    columns = (told.district_id, month, told.equipment, told.persons)
    span = told.day.between(min(months), f"{max(months)}-31")
    counted = select(*columns, func.count()).where(told.district_id == district_id, span, month.in_(sorted(months)))
    connection.execute(insert(told_counts).from_select(list(counts.keys()), counted.group_by(*columns)))


def is_open_told(today: date) -> ColumnElement[bool]:
    """Condition on `told_cases`: somebody has still to do something about it."""
    reopens = told_cases.c.reopens
    is_due_again = (told_cases.c.state == "not_camera") & reopens.is_not(None) & (reopens <= today.isoformat())
    return or_(told_cases.c.state.not_in(sorted(CLOSED)), is_due_again)


def told_case_list(
    connection: Connection, today: date, *, district_id: str | None, state: CaseState | None, limit: int
) -> ToldCaseList:
    """Open cases of all districts or one, or those that stand at `state`; the newest first."""
    order = (told_cases.c.opened.desc(), told_cases.c.case_id)
    wanted = is_open_told(today) if state is None else told_cases.c.state == state
    rows = _listed(connection, told_cases, wanted, order, district_id, limit)
    return ToldCaseList(
        cases=tuple(
            ToldCaseView.model_validate(
                _place(row)
                | {
                    "case_id": row.case_id,
                    "kind": row.kind,
                    "began": row.began,
                    "state": row.state,
                    "opened": row.opened,
                    "changed": row.changed,
                    "due": row.due,
                }
            )
            for row in rows[:limit]
        ),
        is_cut=len(rows) > limit,
    )


def told_room_list(connection: Connection, *, district_id: str | None, state: DueState, limit: int) -> ToldRoomList:
    """Rooms of all districts or one that stand so; those that were due first come first."""
    order = (told_rooms.c.until, told_rooms.c.room_id)
    rows = _listed(connection, told_rooms, told_rooms.c.state == state, order, district_id, limit)
    return ToldRoomList(
        rooms=tuple(
            ToldRoomView.model_validate(
                _place(row) | {"method": row.method, "state": row.state, "until": row.until, "done": row.done}
            )
            for row in rows[:limit]
        ),
        is_cut=len(rows) > limit,
    )


def told_result_list(
    connection: Connection, *, district_id: str, persons: PersonsResult | None, limit: int
) -> ToldResultList:
    """Results of a district, or those of which persons say so; the newest first."""
    order = (told_results.c.day.desc(), told_results.c.sweep_id.desc())
    wanted = true() if persons is None else told_results.c.persons == persons
    rows = _listed(connection, told_results, wanted, order, district_id, limit)
    return ToldResultList(
        results=tuple(
            ToldResultView.model_validate(
                _place(row)
                | {
                    "sweep_id": row.sweep_id,
                    "day": row.day,
                    "mode": row.mode,
                    "equipment": row.equipment,
                    "persons": row.persons,
                }
            )
            for row in rows[:limit]
        ),
        is_cut=len(rows) > limit,
    )


def _listed(
    connection: Connection,
    table: Table,
    wanted: ColumnElement[bool],
    order: Sequence[Any],
    district_id: str | None,
    limit: int,
) -> Sequence[Row[Any]]:
    """One row more than is shown, beside the names that this server has for its place."""
    of_facility = (facilities.c.facility_id == table.c.facility_id) & (facilities.c.district_id == table.c.district_id)
    names = (
        districts.c.name_ko.label("district_ko"),
        districts.c.name_en.label("district_en"),
        facilities.c.name_ko.label("facility_ko"),
        facilities.c.name_en.label("facility_en"),
    )
    places = table.outerjoin(districts, districts.c.district_id == table.c.district_id)
    statement = select(table, *names).select_from(places.outerjoin(facilities, of_facility)).where(wanted)
    if district_id is not None:
        statement = statement.where(table.c.district_id == district_id)
    return connection.execute(statement.order_by(*order).limit(limit + 1)).all()


def _place(row: Row[Any]) -> dict[str, Any]:
    return {
        "district_id": row.district_id,
        "district_name": _name(row.district_ko, row.district_en),
        "facility_id": row.facility_id,
        "facility_name": _name(row.facility_ko, row.facility_en),
        "room_id": row.room_id,
    }


def _name(ko: str | None, en: str | None) -> LocalText | None:
    return None if ko is None or en is None else LocalText(ko=ko, en=en)


def told_quarter(connection: Connection, today: date, year: int, quarter: int, *, silent_hours: int) -> ToldQuarter:
    """How the rooms and cases of every district that tells stand now, and its results of a quarter.

    `silent_hours`: how long one may be silent.
    """
    of_quarter = [f"{year}-{month:02}" for month in range(3 * quarter - 2, 3 * quarter + 1)]
    in_quarter, one = told_counts.c.month.in_(of_quarter), func.count()
    by_equipment = _counts(connection, told_rooms.c.state, one, told_rooms.c.method == "equipment")
    by_eye = _counts(connection, told_rooms.c.state, one, told_rooms.c.method == "visual")
    cases = _counts(connection, told_cases.c.state, one, is_open_told(today))
    equipment = _counts(connection, told_counts.c.equipment, func.sum(told_counts.c.results), in_quarter)
    persons = _counts(connection, told_counts.c.persons, func.sum(told_counts.c.results), in_quarter)
    named = {row.district_id: _name(row.name_ko, row.name_en) for row in connection.execute(select(districts))}
    heard = heard_districts(connection, silent_hours)

    def place(district_id: str) -> tuple[str, str]:
        name = named.get(district_id)
        return "" if name is None else name.ko, district_id

    lines = tuple(
        ToldStatistics(
            district_id=district_id,
            name=named.get(district_id),
            heard=heard[district_id].heard,
            silent_since=heard[district_id].silent_since,
            is_whole=heard[district_id].is_whole,
            rooms=max(by_equipment[district_id].total(), by_eye[district_id].total()),
            overdue=by_equipment[district_id]["overdue"],
            missed=by_equipment[district_id]["missed"],
            open_cases=cases[district_id].total(),
            found=sum(n for state, n in cases[district_id].items() if state in FOUND),
            results=persons[district_id].total(),
            equipment=dict(equipment[district_id]),
            persons=dict(persons[district_id]),
        )
        for district_id in sorted(heard, key=place)
    )
    return ToldQuarter(year=year, quarter=quarter, districts=lines, total=_total(lines))


def _counts(
    connection: Connection, word: Column[str], counted: ColumnElement[int], wanted: ColumnElement[bool]
) -> dict[str, Counter[Any]]:
    """By district, how many stand at each word."""
    district_id = word.table.c.district_id
    found: dict[str, Counter[Any]] = defaultdict(Counter)
    for row in connection.execute(select(district_id, word, counted).where(wanted).group_by(district_id, word)):
        found[row[0]][row[1]] = int(row[2])
    return found


def _total(lines: Sequence[ToldStatistics]) -> ToldStatistics:
    equipment: Counter[Any] = Counter()
    persons: Counter[Any] = Counter()
    for line in lines:
        equipment.update(line.equipment)
        persons.update(line.persons)
    return ToldStatistics(
        district_id=None,
        name=None,
        heard=min((line.heard for line in lines if line.heard is not None), default=None),
        silent_since=min((line.silent_since for line in lines if line.silent_since is not None), default=None),
        is_whole=all(line.is_whole for line in lines),
        rooms=sum(line.rooms for line in lines),
        overdue=sum(line.overdue for line in lines),
        missed=sum(line.missed for line in lines),
        open_cases=sum(line.open_cases for line in lines),
        found=sum(line.found for line in lines),
        results=sum(line.results for line in lines),
        equipment=dict(equipment),
        persons=dict(persons),
    )
