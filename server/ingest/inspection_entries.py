"""Inspections with other instruments than a probe, as entries that the server signs for each of two persons.

Input are a person and what they saw, perhaps hours ago and without a connection; output is the entry.  What stands in
the register of instruments is taken from there, never from the phone.  The second person confirms by an entry of their
own, after proving who they are; until then an inspection is that of one person.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from server.districts.document_register import is_listed
from server.ingest.case_entries import open_for_inspection
from server.ingest.entry_rows import Outcome
from server.ingest.persons import MAX_CLAIMED_AGE, ServerSigner, source_of, write_for, write_visit
from server.ingest.said_before import outcome_of, record_in
from server.instruments.register import known_instruments, worked_on
from server.interface.errors import ApiError, invalid, not_found
from server.interface.fields import INSPECTED_WITH
from server.interface.inspection_requests import InspectionRequest
from server.interface.words import INSTRUMENT_SAW, INSTRUMENTS
from server.people.auth import Person
from server.projections.projecting import project_due
from server.standing.inspections import case_of_look, disagree, is_too_fast
from server.store.alarms import raise_alarm
from server.store.clock import clock_reading, day_of, to_ms
from server.store.db import Database
from server.store.schema import IS_ACCEPTED, city, entries, facilities, plans, rooms, stickers, sweeps
from server.store.stored_rows import StoredEntry
from sweep.entry import kinds
from sweep.entry.envelope import make_body
from sweep.phrases import Phrase
from sweep.report import PhoneTime, Plan, parse_json, to_json
from sweep.report.inspection_records import (
    Door,
    Inspected,
    InspectionConfirmed,
    InspectionRecorded,
    PlanZone,
    UsedInstrument,
)
from sweep.report.proof_records import SecondWay

COMPARED_FOR = timedelta(days=10)  # guessed: three working days in which one may be repeated, with holidays between


def record_inspection(
    db: Database, server_signer: ServerSigner, person: Person, room_id: UUID, request: InspectionRequest
) -> Outcome:
    """Append an inspection of a room, or find it appended already under its id.

    ApiError 404 without the room, 409 for the id of something else, another room's door, an instrument that the
    district does not have, and at a Pi; 400 for zones that the plan does not have and times that cannot be.
    """
    with db.write() as connection:
        known = _known(connection, room_id, request)
        if known is not None:
            return known
        if connection.scalar(select(city.c.url)) is not None:
            raise ApiError(409, Phrase("inspection_at_the_city"))
        room = _room(connection, room_id)
        zones = _zones(connection, room_id, request)
        recorded = clock_reading()
        behind_ms = round((recorded.utc - request.sent) / timedelta(milliseconds=1))
        if request.sent - request.left > MAX_CLAIMED_AGE:
            raise invalid(Phrase("decided_too_long_ago", days=MAX_CLAIMED_AGE.days), code="decided_too_long_ago")
        told = InspectionRecorded(
            v=1,
            zones=zones,
            instruments=_used(connection, room.district_id, request),
            entered=PhoneTime(utc=request.entered, behind_ms=behind_ms),
            left=PhoneTime(utc=request.left, behind_ms=behind_ms),
            door_in=_door(connection, room_id, request.door_in),
            door_out=_door(connection, room_id, request.door_out),
            recorded=recorded,
            account=person.account,
            sweep_id=request.sweep_id,
            **_said(request),
        )
        _refuse_unlisted(connection, room.district_id, room_id, told)
        body = make_body(kinds.INSPECTED_TYPE, to_json(told))
        outcome = write_visit(
            connection,
            server_signer,
            person,
            room_id,
            told.sweep_id,
            kind=kinds.INSPECTED,
            is_demo=room.is_demo,
            body=body,
        )
        for look in told.looks:
            case_id = case_of_look(told.sweep_id, look)
            if case_id is None:
                continue
            name = next(zone.name.ko for zone in zones if zone.zone_id == look.zone_id)
            what = f"{name}: {INSTRUMENTS[look.kind].ko} {INSTRUMENT_SAW[look.saw].ko}"
            open_for_inspection(connection, server_signer, person, room_id, what, case_id, by_eye=look.kind == "by_eye")
        _warn(
            connection,
            server_signer.for_source(source_of(room.is_demo)).key_id,
            told,
            outcome,
            _before(connection, room_id, told),
        )
        return outcome


def confirm_inspection(
    db: Database, server_signer: ServerSigner, second: Person, way: SecondWay, sweep_id: UUID, shown_hash: str
) -> Outcome:
    """Append that a second person, who has just proved who they are, was there too; once.

    ApiError 404 without the inspection, 403 for whoever recorded it, 409 when the hash is not that of its entry.
    """
    with db.write() as connection:
        project_due(connection, sweep_id)
        row = _entry_of(connection, sweep_id)
        if row is None:
            raise not_found(Phrase("sweep_not_found"))
        told = _recorded(connection, row)
        if row.entry_hash != shown_hash or told is None:
            raise ApiError(409, Phrase("hash_not_of_inspection"), code="hash_not_shown")
        if told.account == second.account:
            raise ApiError(403, Phrase("second_person_must_agree"), code="second_person_needed")
        before = _entry_of(connection, sweep_id, kinds.INSPECTION_CONFIRMED)
        if before is not None:
            return outcome_of(before)
        record = InspectionConfirmed(
            v=1,
            sweep_id=sweep_id,
            shown_hash=shown_hash,
            way=way,
            confirmed=clock_reading(),
            account=second.account,
        )
        return write_for(
            connection,
            server_signer,
            second,
            kind=kinds.INSPECTION_CONFIRMED,
            source=row.source,
            room_id=row.room_id,
            sweep_id=sweep_id,
            refs=(row.entry_id,),
            body=make_body(kinds.INSPECTION_CONFIRMED_TYPE, to_json(record)),
        )


def hash_to_confirm(db: Database, sweep_id: UUID) -> str | None:
    """Hash of an inspection's entry as long as no second person confirmed it."""
    with db.read() as connection:
        if _entry_of(connection, sweep_id, kinds.INSPECTION_CONFIRMED) is not None:
            return None
        row = _entry_of(connection, sweep_id)
        return None if row is None else row.entry_hash


def _said(request: Inspected) -> dict[str, Any]:
    return {name: getattr(request, name) for name in Inspected.model_fields}


def _known(connection: Connection, room_id: UUID, request: InspectionRequest) -> Outcome | None:
    """The inspection as it was recorded before under this id; None when nothing was said under it."""
    of_id = select(entries.c.log_index).where(entries.c.sweep_id == request.sweep_id, IS_ACCEPTED)
    if connection.scalar(of_id.limit(1)) is None:
        return None
    row = _entry_of(connection, request.sweep_id)
    if row is None or row.room_id != room_id or not _is_same(_recorded(connection, row), request):
        raise ApiError(409, Phrase("inspection_known"))
    return outcome_of(row)


def _is_same(told: InspectionRecorded | None, request: InspectionRequest) -> bool:
    """Whether an inspection says just this; of one whose body was erased nothing is left to compare."""
    if told is None:
        return True
    is_said = all(getattr(told, name) == value for name, value in _said(request).items())
    return is_said and (told.entered.utc, told.left.utc) == (request.entered, request.left)


def _entry_of(connection: Connection, sweep_id: UUID, kind: str = kinds.INSPECTED) -> StoredEntry | None:
    of_id = (entries.c.sweep_id == sweep_id) & (entries.c.kind == kind) & IS_ACCEPTED
    return connection.execute(select(entries).where(of_id).order_by(entries.c.log_index).limit(1)).one_or_none()


def _recorded(connection: Connection, row: StoredEntry) -> InspectionRecorded | None:
    return record_in(connection, row, kinds.INSPECTED_TYPE, InspectionRecorded)


def instruments_used_since(connection: Connection, since_ms: int) -> frozenset[UUID]:
    """Which instruments an inspection that arrived since names."""
    since = (entries.c.kind == kinds.INSPECTED) & (entries.c.received_ms >= since_ms) & IS_ACCEPTED
    told = (_recorded(connection, row) for row in connection.execute(select(entries).where(since)).all())
    return frozenset(used.instrument_id for one in told if one is not None for used in one.instruments)


def _room(connection: Connection, room_id: UUID) -> Any:
    """Row with district and whether it is a demonstration's; ApiError 404."""
    of_room = select(facilities.c.is_demo, facilities.c.district_id)
    of_room = of_room.join(rooms, rooms.c.facility_id == facilities.c.facility_id).where(rooms.c.room_id == room_id)
    row = connection.execute(of_room).one_or_none()
    if row is None:
        raise not_found(Phrase("room_not_found"))
    return row


def _zones(connection: Connection, room_id: UUID, request: InspectionRequest) -> tuple[PlanZone, ...]:
    """The zones of the plan that was followed; ApiError 400 for a version that is not there, or a zone not in it."""
    of_version = (plans.c.room_id == room_id) & (plans.c.version == request.plan_version)
    stored = connection.scalar(select(plans.c.plan_json).where(of_version))
    plan = () if stored is None else parse_json(Plan, stored.encode()).zones
    if not {one.zone_id for one in request.looks} <= {zone.zone_id for zone in plan}:
        raise invalid(Phrase("zone_not_in_plan"), code="zone_not_in_plan")
    return tuple(PlanZone(zone_id=zone.zone_id, name=zone.name) for zone in plan)


def _used(connection: Connection, district_id: str | None, request: InspectionRequest) -> tuple[UsedInstrument, ...]:
    """What stands in the district's register of the instruments that were used, whether in use by now or not."""
    named = {one.instrument_id: one.kind for one in request.looks if one.instrument_id is not None}
    day = day_of(request.left)
    there = known_instruments(connection, district_id, named)
    if any(one not in there or there[one].kind != kind for one, kind in named.items()):
        raise ApiError(409, Phrase("instrument_not_of_district"), code="instrument_not_of_district")
    return tuple(
        UsedInstrument(
            instrument_id=one.instrument_id,
            kind=one.kind,
            maker=one.maker[:200],
            model=one.model[:200],
            serial=one.serial,
            checked=worked_on(one.checks, day),
        )
        for one in there.values()
    )


def _refuse_unlisted(connection: Connection, district_id: str | None, room_id: UUID, told: InspectionRecorded) -> None:
    """ApiError 409 for one that is said to be typed from a list that was not made for this room and day."""
    if told.typed_from is None:
        return
    day = day_of(told.entered.utc)
    if district_id is None or not is_listed(connection, district_id, told.typed_from, str(room_id), day):
        raise ApiError(409, Phrase("list_not_of_room"), code="list_not_of_room")


def _door(connection: Connection, room_id: UUID, code: str | None) -> Door:
    """Was the code read? ApiError 409 for the code of another door, or of none; a replaced one was the room's, too."""
    if code is None:
        return "not_read"
    of_room = select(stickers.c.code).where(stickers.c.code == code, stickers.c.room_id == room_id)
    if connection.scalar(of_room) is None:
        raise ApiError(409, Phrase("door_of_another_room"), code="door_of_another_room")
    return "matched"


def _before(connection: Connection, room_id: UUID, told: InspectionRecorded) -> InspectionRecorded | None:
    """The room's last inspection of this kind by other persons, of the days in which it would be repeated."""
    since_ms = to_ms(told.entered.utc - COMPARED_FOR)
    of_room = (sweeps.c.room_id == room_id) & sweeps.c.mode.in_(INSPECTED_WITH) & (sweeps.c.started_ms >= since_ms)
    of_days = connection.scalars(select(sweeps.c.sweep_id).where(of_room).order_by(sweeps.c.started_ms.desc()))
    rows = (_entry_of(connection, sweep_id) for sweep_id in of_days if sweep_id != told.sweep_id)
    earlier = (_recorded(connection, row) for row in rows if row is not None)
    return next((one for one in earlier if one is not None and one.account != told.account), None)


def _warn(
    connection: Connection, key_id: str, told: InspectionRecorded, outcome: Outcome, before: InspectionRecorded | None
) -> None:
    """Let a person of the desk look at what cannot be; paper tells neither the pace nor the door."""
    is_paper = told.typed_from is not None
    is_odd = {
        "inspection_too_fast": not is_paper and is_too_fast(told.looks),
        "door_not_read": not is_paper and "not_read" in (told.door_in, told.door_out),
        "inspections_disagree": before is not None and disagree(before, told),
    }
    for code in (code for code, holds in is_odd.items() if holds):
        raise_alarm(connection, code, key_id=key_id, sweep_id=told.sweep_id, log_index=outcome.log_index)
