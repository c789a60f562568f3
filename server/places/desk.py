"""What a supervisor's day is made of, and the city as a map: read from projections, of one district or all.

It writes nothing and places nobody: an open sweep has a room, not a person's position.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, and_, func, or_, select

from server.districts.scope import is_waiting_of, rooms_of
from server.interface.views.desk import CheckedProbe, CityMap, DeskDay, DistrictOutline, MapPlace, OpenSweep
from server.places.case_lists import is_open_on
from server.places.practice import districts_without_lens
from server.projections.reference_rows import last_checks
from server.signing.keys import Key
from server.standing.cases import CLOSED, FOUND
from server.store.alarms import OF_INSPECTIONS, alarm_view
from server.store.clock import from_ms, now_ms
from server.store.counting import CASE_COUNTS
from server.store.schema import (
    IS_QUARANTINED,
    alarms,
    cases,
    district_outlines,
    entries,
    facilities,
    facility_facts,
    keys,
    public_reports,
    rooms,
    sweeps,
)
from sweep.report import LocalText

MONTH_MS = int(timedelta(days=31) / timedelta(milliseconds=1))
SHOWN_SWEEPS = 100  # guessed: more than a city's pairs walk at once
SHOWN_ALARMS = 20
SHOWN_PROBES = 200  # derived: twice as many as a city has
SHOWN_PLACES = 20_000
PLACE_COLUMNS = (
    facilities.c.facility_id,
    facilities.c.name_ko,
    facilities.c.name_en,
    facilities.c.district_id,
    facilities.c.latitude_deg,
    facilities.c.longitude_deg,
)


def desk_day(connection: Connection, today: date, probes: Iterable[Key], district_id: str | None) -> DeskDay:
    """What needs somebody today, of a district or of all."""
    since_ms = now_ms() - MONTH_MS
    of_alarms = alarms.c.at_ms >= since_ms
    if district_id is not None:
        own_keys = select(keys.c.key_id).where(keys.c.tenant == district_id)
        in_rooms = select(sweeps.c.sweep_id).where(sweeps.c.room_id.in_(rooms_of(district_id)))
        of_inspection = and_(alarms.c.code.in_(OF_INSPECTIONS), alarms.c.sweep_id.in_(in_rooms))
        of_alarms = and_(of_alarms, or_(alarms.c.key_id.in_(own_keys), of_inspection))
    waiting = select(func.count()).select_from(entries).where(IS_QUARANTINED)
    if district_id is not None:
        waiting = select(func.count()).select_from(entries).where(IS_QUARANTINED, is_waiting_of(district_id))
    found = _in_district(select(func.count()).select_from(_cases_with_places()), district_id)
    open_now = is_open_on(today)
    reports = select(func.count()).select_from(public_reports).where(public_reports.c.outcome.is_(None))
    if district_id is not None:
        reports = reports.where(public_reports.c.room_id.in_(rooms_of(district_id)))
    of_demo = select(facilities.c.facility_id).join(
        facility_facts, facility_facts.c.facility_id == facilities.c.facility_id
    )
    of_demo = of_demo.where(facilities.c.is_demo)
    newest = select(alarms).where(of_alarms).order_by(alarms.c.at_ms.desc(), alarms.c.alarm_id.desc())
    return DeskDay(
        open_sweeps=_open_sweeps(connection, since_ms, district_id),
        checks=tuple(_checks(connection, probes, district_id)),
        alarms=tuple(alarm_view(row) for row in connection.execute(newest.limit(SHOWN_ALARMS))),
        alarms_count=connection.scalar(select(func.count()).select_from(alarms).where(of_alarms)) or 0,
        quarantined=connection.scalar(waiting) or 0,
        districts_without_lens=districts_without_lens(connection, district_id),
        public_reports=connection.scalar(reports) or 0,
        open_cases=connection.scalar(found.where(open_now, CASE_COUNTS)) or 0,
        is_demo=connection.scalar(of_demo.limit(1)) is not None,
        found_cases=connection.scalar(found.where(cases.c.state.in_(sorted(FOUND - CLOSED)), CASE_COUNTS)) or 0,
    )


def city_map(connection: Connection, today: date, district_id: str | None) -> CityMap:
    """Outlines, and the facilities of a district or of all with what stands open there."""
    of_case = (
        select(rooms.c.facility_id, func.count().label("open_cases"))
        .add_columns(func.count().filter(cases.c.state.in_(sorted(FOUND))).label("found"))
        .select_from(_cases_with_places())
        .where(is_open_on(today), CASE_COUNTS)
        .group_by(rooms.c.facility_id)
    )
    standing = {row.facility_id: row for row in connection.execute(of_case)}
    counted: dict[UUID, int] = {}
    first_room: dict[UUID, UUID] = {}
    of_rooms = select(rooms.c.facility_id, rooms.c.room_id).where(rooms.c.closed_ms.is_(None))
    of_rooms = of_rooms.order_by(rooms.c.facility_id, rooms.c.name_ko, rooms.c.room_id)  # as its index has them
    if district_id is not None:
        of_rooms = of_rooms.where(rooms.c.room_id.in_(rooms_of(district_id)))
    for facility_id, room_id in connection.execute(of_rooms):
        first_room.setdefault(facility_id, room_id)
        counted[facility_id] = counted.get(facility_id, 0) + 1
    statement = (
        select(*PLACE_COLUMNS)
        .outerjoin(facility_facts, facility_facts.c.facility_id == facilities.c.facility_id)
        .where(facility_facts.c.closed_ms.is_(None))
        .order_by(facilities.c.facility_id)
        .limit(SHOWN_PLACES)
    )
    places, unplaced = [], 0
    for row in connection.execute(_in_district(statement, district_id)):
        if row.facility_id not in first_room:
            continue
        if row.latitude_deg is None or row.longitude_deg is None:
            unplaced += 1
            continue
        stands = standing.get(row.facility_id)
        places.append(
            MapPlace(
                facility_id=row.facility_id,
                name=LocalText(ko=row.name_ko, en=row.name_en),
                district_id=row.district_id,
                latitude_deg=row.latitude_deg,
                longitude_deg=row.longitude_deg,
                rooms=counted.get(row.facility_id, 0),
                open_cases=0 if stands is None else stands.open_cases,
                is_found=stands is not None and stands.found > 0,
                first_room_id=first_room[row.facility_id],
            )
        )
    return CityMap(outlines=_outlines(connection), places=tuple(places), unplaced=unplaced)


def _in_district(statement: Any, district_id: str | None) -> Any:
    return statement if district_id is None else statement.where(facilities.c.district_id == district_id)


def _cases_with_places() -> Any:
    of_room = cases.join(rooms, rooms.c.room_id == cases.c.room_id)
    return of_room.join(facilities, facilities.c.facility_id == rooms.c.facility_id)


def _open_sweeps(connection: Connection, since_ms: int, district_id: str | None) -> tuple[OpenSweep, ...]:
    statement = (
        select(sweeps, facilities, rooms.c.name_ko.label("room_ko"), rooms.c.name_en.label("room_en"))
        .join(rooms, rooms.c.room_id == sweeps.c.room_id)
        .join(facilities, facilities.c.facility_id == rooms.c.facility_id)
        .where(sweeps.c.outcome.is_(None), sweeps.c.started_ms >= since_ms)
        .order_by(sweeps.c.started_ms.desc(), sweeps.c.sweep_id)
        .limit(SHOWN_SWEEPS)
    )
    return tuple(
        OpenSweep(
            sweep_id=row.sweep_id,
            room_id=row.room_id,
            facility_name=LocalText(ko=row.name_ko, en=row.name_en),
            room_name=LocalText(ko=row.room_ko, en=row.room_en),
            district_id=row.district_id,
            probe_id=row.probe_id,
            mode=row.mode,
            source=row.source,
            started=from_ms(row.started_ms),
        )
        for row in connection.execute(_in_district(statement, district_id))
    )


def _checks(connection: Connection, probes: Iterable[Key], district_id: str | None) -> Iterable[CheckedProbe]:
    """By probe, its last check that counts."""
    wanted = sorted({key.probe_id for key in probes if key.probe_id is not None})[:SHOWN_PROBES]
    for row, told in last_checks(connection, wanted, district_id):
        sums = [part.cusum for part in told.check.parts if part.cusum is not None]
        yield CheckedProbe(
            probe_id=row.probe_id,
            at=from_ms(row.checked_ms),
            log_index=row.log_index,
            status=told.check.status,
            cusum=max(sums, default=None),
        )


def _outlines(connection: Connection) -> tuple[DistrictOutline, ...]:
    rows = connection.execute(select(district_outlines).order_by(district_outlines.c.name)).all()
    return tuple(
        DistrictOutline(
            name=LocalText(ko=row.name, en=row.name_en or row.name),
            code=row.code,
            polygons=_polygons(json.loads(row.geometry_json)),
        )
        for row in rows
    )


def _polygons(geometry: dict[str, Any]) -> tuple[tuple[tuple[tuple[float, float], ...], ...], ...]:
    """Of a GeoJSON polygon or multipolygon, which `store_outlines` let in; heights are left out."""
    raw: Sequence[Any] = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    return tuple(tuple(tuple((float(p[0]), float(p[1])) for p in ring) for ring in polygon) for polygon in raw)
