"""Statistics of a period by district: rooms, visits by method, cases by outcome, repairs, and how long things took.

Input are days in Korean time and perhaps one district; output are lines of counts.  It reads projections, and of cases
their steps; no name, address or text of anybody gets into a line.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, case, distinct, func, not_, select, union

from server.exports.gathering.log_request import milliseconds
from server.exports.logs.statistics_table import DistrictLine
from server.projections.case_rows import steps_of
from server.projections.log_records import Period
from server.standing.periods import at_most
from server.store.counting import CASE_COUNTS, IMPORT_COUNTS, IS_DONE, IS_MEASURED, SWEEP_COUNTS, is_done_by
from server.store.schema import (
    cases,
    districts,
    facilities,
    findings,
    practice_runs,
    public_reports,
    rooms,
    sweeps,
    visual_checks,
)
from server.store.stored_rows import StoredEntry
from sweep.report import WeightSource
from sweep.report.case_records import (
    CameraFound,
    CaseStep,
    DefectFound,
    HandedOver,
    LookedAt,
    PoliceCalled,
    Rechecked,
    Reported,
)

NO_DISTRICT = "구 미지정"
CHANCE: tuple[float | None, WeightSource] = (None, "simulated")
"""Of the curves that every release so far weighs by: nothing is derived from them (sweep/judge/README.md)."""
LEAST_PERSONS = 3
"""Of fewer the sum would be somebody's own (guessed)."""
Lines = dict[str | None, DistrictLine]
"""By district; None: facilities that belong to none yet."""


def quarter_of(year: int, quarter: int) -> Period:
    """The three months of a quarter; ValueError for no such quarter."""
    if not 1 <= quarter <= 4:
        raise ValueError("a year has four quarters")
    first = date(year, 3 * quarter - 2, 1)
    end = date(year + quarter // 4, (3 * quarter) % 12 + 1, 1)
    return Period(first, date.fromordinal(end.toordinal() - 1))


def gather(connection: Connection, period: Period, district_id: str | None, today: date) -> tuple[DistrictLine, ...]:
    """The line of a district, or of every one that has facilities, by name; call `projecting.drain` before."""
    named = {row.district_id: row.name_ko for row in connection.execute(select(districts))}
    lines: Lines = {}
    span = milliseconds(period)
    for statement, take in (
        (_places(), _take_places),
        (_visits(span), _take_visits),
        (_visited(span), _take_visited),
        (_looks(span), _take_looks),
        (_imported(span), _take_imported),
        (_reports(span), _take_reports),
        (_planted(span), _take_planted),
    ):
        of_one = statement if district_id is None else statement.where(facilities.c.district_id == district_id)
        for row in connection.execute(of_one.group_by(facilities.c.district_id)).all():
            take(_line(lines, named, row.district_id), row)
    _take_cases(connection, span, district_id, today, lines, named)
    return tuple(sorted(lines.values(), key=lambda line: line.name))


def bound_of(line: DistrictLine) -> float | None:
    """What no find in a line's measured rooms says of the rest; None where there was one, or nothing can be said."""
    return None if line.cameras else at_most(line.measured, *CHANCE)


def has_demo(connection: Connection, district_id: str | None) -> bool:
    """Is a demonstration's facility among them?"""
    statement = select(facilities.c.facility_id).where(facilities.c.is_demo).limit(1)
    if district_id is not None:
        statement = statement.where(facilities.c.district_id == district_id)
    return connection.scalar(statement) is not None


def _line(lines: Lines, named: dict[str, str], district_id: str | None) -> DistrictLine:
    name = NO_DISTRICT if district_id is None else named.get(district_id, district_id)
    return lines.setdefault(district_id, DistrictLine(name, district_id=district_id))


def _places() -> Select[Any]:
    def of_kind(*kinds: str) -> Any:
        return func.count(case((rooms.c.kind.in_(kinds), 1)))

    return select(
        facilities.c.district_id,
        func.count(distinct(facilities.c.facility_id)).label("facilities"),
        func.count(rooms.c.room_id).label("rooms"),
        of_kind("restroom").label("restrooms"),
        of_kind("changing_room").label("changing_rooms"),
    ).select_from(facilities.outerjoin(rooms, rooms.c.facility_id == facilities.c.facility_id))


def _take_places(line: DistrictLine, row: Row[Any]) -> None:
    line.facilities, line.rooms = row.facilities, row.rooms
    line.restrooms, line.changing_rooms = row.restrooms, row.changing_rooms


def _visits(span: tuple[int, int]) -> Select[Any]:
    of_room = sweeps.join(rooms, rooms.c.room_id == sweeps.c.room_id)
    is_measured = and_(IS_DONE, IS_MEASURED)
    counted = case((IS_DONE, 1), else_=0)
    return (
        select(
            facilities.c.district_id,
            func.count(distinct(case((is_measured, sweeps.c.room_id)))).label("measured"),
            func.sum(case((sweeps.c.mode == "full", counted), else_=0)).label("full"),
            func.sum(case((sweeps.c.mode == "quick", counted), else_=0)).label("quick"),
            func.sum(case((sweeps.c.mode.in_(("checked", "instruments")), counted), else_=0)).label("instruments"),
            func.sum(case((and_(is_done_by(1), sweeps.c.mode == "by_eye"), 1), else_=0)).label("inspected_by_eye"),
            func.sum(case((and_(sweeps.c.mode != "by_eye", not_(IS_DONE)), 1), else_=0)).label("not_counted"),
            func.sum(case((IS_DONE, sweeps.c.candidates), else_=0)).label("candidates"),
            *(
                func.sum(case((IS_DONE, sweeps.c[name]), else_=0)).label(name)
                for name in ("eye_looks", "eye_look_ms", "eye_controls", "eye_errors")
            ),
        )
        .select_from(of_room.join(facilities, facilities.c.facility_id == rooms.c.facility_id))
        .where(sweeps.c.started_ms >= span[0], sweeps.c.started_ms < span[1], SWEEP_COUNTS)
    )


def _take_visits(line: DistrictLine, row: Row[Any]) -> None:
    line.measured, line.full, line.quick = row.measured, int(row.full), int(row.quick)
    line.instruments = int(row.instruments)
    line.by_eye += int(row.inspected_by_eye)
    line.not_counted, line.candidates = int(row.not_counted), int(row.candidates)
    line.eye_looks, line.eye_look_ms = int(row.eye_looks), int(row.eye_look_ms)
    line.eye_controls, line.eye_errors = int(row.eye_controls), int(row.eye_errors)


def _planted(span: tuple[int, int]) -> Select[Any]:
    """Hidden lenses, by the district in which they were looked for."""
    of_room = practice_runs.join(rooms, rooms.c.room_id == practice_runs.c.room_id)
    return (
        select(
            facilities.c.district_id,
            func.sum(practice_runs.c.eye_shown).label("shown"),
            func.sum(practice_runs.c.eye_seen).label("seen"),
            func.count(distinct(practice_runs.c.user_id)).label("persons"),
        )
        .select_from(of_room.join(facilities, facilities.c.facility_id == rooms.c.facility_id))
        .where(practice_runs.c.hidden_ms >= span[0], practice_runs.c.hidden_ms < span[1], practice_runs.c.eye_shown > 0)
    )


def _take_planted(line: DistrictLine, row: Row[Any]) -> None:
    if row.persons >= LEAST_PERSONS:
        line.eye_shown, line.eye_seen = int(row.shown), int(row.seen)


def _visited(span: tuple[int, int]) -> Select[Any]:
    """Rooms with a sweep or a look that counts."""
    of_sweep = sweeps.join(rooms, rooms.c.room_id == sweeps.c.room_id)
    swept = (
        select(sweeps.c.room_id)
        .select_from(of_sweep.join(facilities, facilities.c.facility_id == rooms.c.facility_id))
        .where(sweeps.c.started_ms >= span[0], sweeps.c.started_ms < span[1], SWEEP_COUNTS, IS_DONE)
    )
    seen = select(visual_checks.c.room_id).where(
        visual_checks.c.checked_ms >= span[0], visual_checks.c.checked_ms < span[1]
    )
    both = union(swept, seen).subquery()
    return select(facilities.c.district_id, func.count(rooms.c.room_id).label("visited")).select_from(
        both.join(rooms, rooms.c.room_id == both.c.room_id).join(
            facilities, facilities.c.facility_id == rooms.c.facility_id
        )
    )


def _take_visited(line: DistrictLine, row: Row[Any]) -> None:
    line.rooms_visited = row.visited


def _looks(span: tuple[int, int]) -> Select[Any]:
    of_room = visual_checks.join(rooms, rooms.c.room_id == visual_checks.c.room_id)
    return (
        select(facilities.c.district_id, func.count().label("looks"))
        .select_from(of_room.join(facilities, facilities.c.facility_id == rooms.c.facility_id))
        .where(visual_checks.c.checked_ms >= span[0], visual_checks.c.checked_ms < span[1])
    )


def _take_looks(line: DistrictLine, row: Row[Any]) -> None:
    line.by_eye += row.looks


def _imported(span: tuple[int, int]) -> Select[Any]:
    """What was taken over from offices' lists."""
    of_room = sweeps.join(rooms, rooms.c.room_id == sweeps.c.room_id)
    return (
        select(facilities.c.district_id, func.count().label("imported"))
        .select_from(of_room.join(facilities, facilities.c.facility_id == rooms.c.facility_id))
        .where(sweeps.c.started_ms >= span[0], sweeps.c.started_ms < span[1], IMPORT_COUNTS)
    )


def _take_imported(line: DistrictLine, row: Row[Any]) -> None:
    line.imported = row.imported


def _reports(span: tuple[int, int]) -> Select[Any]:
    of_room = public_reports.join(rooms, rooms.c.room_id == public_reports.c.room_id)
    return (
        select(
            facilities.c.district_id,
            func.count().label("reports"),
            func.count(public_reports.c.closed_ms).label("closed"),
        )
        .select_from(of_room.join(facilities, facilities.c.facility_id == rooms.c.facility_id))
        .where(public_reports.c.received_ms >= span[0], public_reports.c.received_ms < span[1])
    )


def _take_reports(line: DistrictLine, row: Row[Any]) -> None:
    line.public_reports, line.public_reports_closed = row.reports, row.closed


def _take_cases(
    connection: Connection,
    span: tuple[int, int],
    district_id: str | None,
    today: date,
    lines: Lines,
    named: dict[str, str],
) -> None:
    """Cases that were opened or changed in the period: its own by their state, and steps of all that fall into it."""
    of_room = cases.join(rooms, rooms.c.room_id == cases.c.room_id)
    is_its = and_(findings.c.sweep_id == cases.c.sweep_id, findings.c.finding_id == cases.c.finding_id)
    statement = (
        select(cases, facilities.c.district_id, findings.c.by_eye)
        .select_from(
            of_room.join(facilities, facilities.c.facility_id == rooms.c.facility_id).outerjoin(findings, is_its)
        )
        .where(CASE_COUNTS, cases.c.opened_ms < span[1], cases.c.changed_ms >= span[0])
        .order_by(cases.c.case_id)
    )
    if district_id is not None:
        statement = statement.where(facilities.c.district_id == district_id)
    for row in connection.execute(statement).all():
        line = _line(lines, named, row.district_id)
        steps = steps_of(connection, row.case_id, row.sweep_id) if row.steps else ()
        if span[0] <= row.opened_ms < span[1]:
            _take_outcome(line, row, steps)
        _take_repairs(line, row, steps, span, today)


def _take_outcome(line: DistrictLine, row: Row[Any], steps: Iterable[tuple[StoredEntry, CaseStep]]) -> None:
    line.cases += 1
    began = next((step.step.by for _, step in steps if isinstance(step.step, Reported)), None)
    if row.finding_id is not None:
        line.cases_of_probes += 1
    elif began == "instrument":
        line.cases_of_instruments += 1
    elif began == "public":
        line.cases_of_public += 1
    line.eye_cases += bool(row.by_eye)
    match row.stands:
        case "found" | "confirmed":
            line.cameras += 1
            line.eye_cameras += bool(row.by_eye)
        case "no_camera":
            line.not_camera += 1
        case "defect":
            line.defects += 1
        case _:
            line.undecided += 1
    looked_ms = found_ms = None
    for entry, step in steps:
        match step.step:
            case LookedAt() if looked_ms is None:
                looked_ms = entry.received_ms
                line.to_look_ms.append(max(0, looked_ms - row.opened_ms))
            case CameraFound():
                found_ms = entry.received_ms
            case PoliceCalled() if found_ms is not None:
                line.to_call_ms.append(max(0, entry.received_ms - found_ms))
            case HandedOver():
                line.handed_over += 1
            case _:
                pass


def _take_repairs(
    line: DistrictLine,
    row: Row[Any],
    steps: Iterable[tuple[StoredEntry, CaseStep]],
    span: tuple[int, int],
    today: date,
) -> None:
    """Defects that were found in the period, and whether each holds by now."""
    since_ms: int | None = None
    is_held = False
    for entry, step in steps:
        match step.step:
            case DefectFound() if span[0] <= entry.received_ms < span[1] and since_ms is None:
                since_ms = entry.received_ms
                line.repairs += 1
            case Rechecked(holds=True) if since_ms is not None and not is_held:
                is_held = True
                line.repairs_checked += 1
                line.to_repair_ms.append(entry.received_ms - since_ms)
            case _:
                pass
    if since_ms is not None and not is_held and row.due is not None and row.due < today.isoformat():
        line.repairs_late += 1
