"""Statistics of a period by district: rooms, visits by method, cases by outcome, repairs, and how long things took.

Input are days in Korean time and perhaps one district; output are lines of counts: of real work, or, apart, of what was
simulated and replayed.  It reads projections, and of cases their steps; no name, address or text gets into a line.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, case, distinct, func, not_, select, union

from server.exports.gathering.log_request import milliseconds
from server.exports.logs.statistics_table import DistrictLine
from server.projections.case_rows import steps_of
from server.projections.log_records import Period
from server.standing.periods import at_most
from server.store.counting import IS_DONE, IS_MADE_HERE, IS_MEASURED, IS_ROOT, is_done_by, is_work
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


class _Wanted(NamedTuple):
    """What is counted: from when until when, and whether of simulations and replays, alone, or of real work."""

    first_ms: int
    end_ms: int
    is_demo: bool

    def within(self, at_ms: ColumnElement[int]) -> ColumnElement[bool]:
        return and_(at_ms >= self.first_ms, at_ms < self.end_ms)

    def of(self, source: ColumnElement[str | None]) -> ColumnElement[bool]:
        return is_work(source, is_demo=self.is_demo)

    @property
    def here(self) -> ColumnElement[bool]:
        """Of what has no source of its own: it is as its facility."""
        return facilities.c.is_demo if self.is_demo else not_(facilities.c.is_demo)


def quarter_of(year: int, quarter: int) -> Period:
    """The three months of a quarter; ValueError for no such quarter."""
    if not 1 <= quarter <= 4:
        raise ValueError("a year has four quarters")
    first = date(year, 3 * quarter - 2, 1)
    end = date(year + quarter // 4, (3 * quarter) % 12 + 1, 1)
    return Period(first, date.fromordinal(end.toordinal() - 1))


def gather(
    connection: Connection, period: Period, district_id: str | None, today: date, *, is_demo: bool = False
) -> tuple[DistrictLine, ...]:
    """The line of a district, or of every one that has facilities, by name; call `projecting.drain` before.

    Real work alone; `is_demo`: what was simulated or replayed and demonstrations' facilities, alone.
    """
    named = {row.district_id: row.name_ko for row in connection.execute(select(districts))}
    lines: Lines = {}
    wanted = _Wanted(*milliseconds(period), is_demo)
    for statement, take in (
        (_places(wanted), _take_places),
        (_visits(wanted), _take_visits),
        (_visited(wanted), _take_visited),
        (_looks(wanted), _take_looks),
        (_imported(wanted), _take_imported),
        (_reports(wanted), _take_reports),
        (_planted(wanted), _take_planted),
    ):
        of_one = statement if district_id is None else statement.where(facilities.c.district_id == district_id)
        for row in connection.execute(of_one.group_by(facilities.c.district_id)).all():
            take(_line(lines, named, row.district_id), row)
    _take_cases(connection, wanted, district_id, today, lines, named)
    return tuple(sorted(lines.values(), key=lambda line: line.name))


def bound_of(line: DistrictLine) -> float | None:
    """What no find in a line's measured rooms says of the rest; None where there was one, or nothing can be said."""
    return None if line.cameras else at_most(line.measured, *CHANCE)


def simulated_in(connection: Connection, period: Period, district_id: str | None) -> int:
    """Simulated and replayed sweeps of a period, as the printed log lists them: counted as no work."""
    wanted = _Wanted(*milliseconds(period), is_demo=True)
    statement = select(func.count()).where(wanted.within(sweeps.c.started_ms), wanted.of(sweeps.c.source), IS_MADE_HERE)
    if district_id is not None:
        of_room = sweeps.join(rooms, rooms.c.room_id == sweeps.c.room_id)
        joined = of_room.join(facilities, facilities.c.facility_id == rooms.c.facility_id)
        statement = statement.select_from(joined).where(facilities.c.district_id == district_id)
    return connection.scalar(statement) or 0


def _line(lines: Lines, named: dict[str, str], district_id: str | None) -> DistrictLine:
    name = NO_DISTRICT if district_id is None else named.get(district_id, district_id)
    return lines.setdefault(district_id, DistrictLine(name, district_id=district_id))


def _places(wanted: _Wanted) -> Select[Any]:
    def of_kind(*kinds: str) -> Any:
        return func.count(case((rooms.c.kind.in_(kinds), 1)))

    return (
        select(
            facilities.c.district_id,
            func.count(distinct(facilities.c.facility_id)).label("facilities"),
            func.count(rooms.c.room_id).label("rooms"),
            of_kind("restroom").label("restrooms"),
            of_kind("changing_room").label("changing_rooms"),
        )
        .select_from(facilities.outerjoin(rooms, rooms.c.facility_id == facilities.c.facility_id))
        .where(wanted.here)
    )


def _take_places(line: DistrictLine, row: Row[Any]) -> None:
    line.facilities, line.rooms, line.rooms_unvisited = row.facilities, row.rooms, row.rooms
    line.restrooms, line.changing_rooms = row.restrooms, row.changing_rooms


def _visits(wanted: _Wanted) -> Select[Any]:
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
        .where(wanted.within(sweeps.c.started_ms), wanted.of(sweeps.c.source), IS_MADE_HERE)
    )


def _take_visits(line: DistrictLine, row: Row[Any]) -> None:
    line.measured, line.full, line.quick = row.measured, int(row.full), int(row.quick)
    line.instruments = int(row.instruments)
    line.by_eye += int(row.inspected_by_eye)
    line.not_counted, line.candidates = int(row.not_counted), int(row.candidates)
    line.eye_looks, line.eye_look_ms = int(row.eye_looks), int(row.eye_look_ms)
    line.eye_controls, line.eye_errors = int(row.eye_controls), int(row.eye_errors)


def _planted(wanted: _Wanted) -> Select[Any]:
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
        .where(wanted.within(practice_runs.c.hidden_ms), wanted.here, practice_runs.c.eye_shown > 0)
    )


def _take_planted(line: DistrictLine, row: Row[Any]) -> None:
    if row.persons >= LEAST_PERSONS:
        line.eye_shown, line.eye_seen = int(row.shown), int(row.seen)


def _visited(wanted: _Wanted) -> Select[Any]:
    """Rooms with a sweep or a look that counts."""
    swept = select(sweeps.c.room_id).where(
        wanted.within(sweeps.c.started_ms), wanted.of(sweeps.c.source), IS_MADE_HERE, IS_DONE
    )
    of_look = visual_checks.join(rooms, rooms.c.room_id == visual_checks.c.room_id)
    seen = (
        select(visual_checks.c.room_id)
        .select_from(of_look.join(facilities, facilities.c.facility_id == rooms.c.facility_id))
        .where(wanted.within(visual_checks.c.checked_ms), wanted.here)
    )
    both = union(swept, seen).subquery()
    registered = func.count(case((wanted.here, 1))).label("registered")
    return select(facilities.c.district_id, func.count(rooms.c.room_id).label("visited"), registered).select_from(
        both.join(rooms, rooms.c.room_id == both.c.room_id).join(
            facilities, facilities.c.facility_id == rooms.c.facility_id
        )
    )


def _take_visited(line: DistrictLine, row: Row[Any]) -> None:
    line.rooms_visited = row.visited
    line.rooms_unvisited = line.rooms - row.registered


def _looks(wanted: _Wanted) -> Select[Any]:
    of_room = visual_checks.join(rooms, rooms.c.room_id == visual_checks.c.room_id)
    return (
        select(facilities.c.district_id, func.count().label("looks"))
        .select_from(of_room.join(facilities, facilities.c.facility_id == rooms.c.facility_id))
        .where(wanted.within(visual_checks.c.checked_ms), wanted.here)
    )


def _take_looks(line: DistrictLine, row: Row[Any]) -> None:
    line.by_eye += row.looks


def _imported(wanted: _Wanted) -> Select[Any]:
    """What was taken over from offices' lists."""
    of_room = sweeps.join(rooms, rooms.c.room_id == sweeps.c.room_id)
    return (
        select(facilities.c.district_id, func.count().label("imported"))
        .select_from(of_room.join(facilities, facilities.c.facility_id == rooms.c.facility_id))
        .where(wanted.within(sweeps.c.started_ms), wanted.of(sweeps.c.source), not_(IS_MADE_HERE))
    )


def _take_imported(line: DistrictLine, row: Row[Any]) -> None:
    line.imported = row.imported


def _reports(wanted: _Wanted) -> Select[Any]:
    of_room = public_reports.join(rooms, rooms.c.room_id == public_reports.c.room_id)
    return (
        select(
            facilities.c.district_id,
            func.count().label("reports"),
            func.count(public_reports.c.closed_ms).label("closed"),
        )
        .select_from(of_room.join(facilities, facilities.c.facility_id == rooms.c.facility_id))
        .where(wanted.within(public_reports.c.received_ms), wanted.here)
    )


def _take_reports(line: DistrictLine, row: Row[Any]) -> None:
    line.public_reports, line.public_reports_closed = row.reports, row.closed


def _take_cases(
    connection: Connection,
    wanted: _Wanted,
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
        .where(
            wanted.of(cases.c.source), IS_ROOT, cases.c.opened_ms < wanted.end_ms, cases.c.changed_ms >= wanted.first_ms
        )
        .order_by(cases.c.case_id)
    )
    if district_id is not None:
        statement = statement.where(facilities.c.district_id == district_id)
    for row in connection.execute(statement).all():
        line = _line(lines, named, row.district_id)
        steps = steps_of(connection, row.case_id, row.sweep_id) if row.steps else ()
        if wanted.first_ms <= row.opened_ms < wanted.end_ms:
            _take_outcome(line, row, steps)
        _take_repairs(line, row, steps, wanted, today)


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
            line.cameras_of_probes += row.finding_id is not None
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
    wanted: _Wanted,
    today: date,
) -> None:
    """Defects that were found in the period, and whether each holds by now."""
    since_ms: int | None = None
    is_held = False
    for entry, step in steps:
        match step.step:
            case DefectFound() if wanted.first_ms <= entry.received_ms < wanted.end_ms and since_ms is None:
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
