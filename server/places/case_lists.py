"""Cases as lists and one by one, and what a room is because of them.  It writes nothing.

A later sweep, however it ended, takes no case away, and one that saw the same thing opens none.
Cases of replays and simulations stand in a demonstration only.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, and_, or_, select

from server.cases import words
from server.interface.errors import not_found
from server.interface.fields import CaseBegan
from server.interface.views.cases import (
    CaseCreated,
    CaseDetail,
    CaseEvent,
    CaseList,
    CaseView,
    RoomState,
    SeenAgainView,
)
from server.projections.case_rows import CASE_COLUMNS, case_of_row, openers, read_steps, steps_of
from server.projections.claim_words import claim_view
from server.projections.proof_rows import proven_among
from server.projections.sightings import SeenThing, seen_things
from server.standing.cases import (
    AFTER_RELEASE,
    AT_ANY_TIME,
    CLOSED,
    FOLLOWING,
    FOUND,
    Case,
    may_follow,
    waits_for_release,
)
from server.store.clock import from_ms
from server.store.counting import CASE_COUNTS, IS_MADE_HERE
from server.store.schema import cases, facilities, rooms, sweeps
from server.store.stored_rows import StoredCase
from sweep.phrases import Phrase
from sweep.report import LocalText
from sweep.report.case_records import HandedOver

ALL_STEPS = sorted(frozenset().union(*FOLLOWING.values()) | AT_ANY_TIME)
HANDED = {"handed_over", "reported_to_city", "police_camera", "police_none"}
OPEN_CASES_OF_ROOM = 200  # guessed: more than any page shows


def case_page(
    connection: Connection,
    today: date,
    *,
    room_id: UUID | None = None,
    district_id: str | None = None,
    open_only: bool = True,
    after: UUID | None = None,
    limit: int,
) -> CaseList:
    """Cases by their id, which is the order in which they were opened."""
    statement = _counting().order_by(cases.c.case_id).limit(limit + 1)
    if room_id is not None:
        statement = statement.where(cases.c.room_id == room_id)
    if district_id is not None:
        statement = statement.where(facilities.c.district_id == district_id)
    if open_only:
        statement = statement.where(is_open_on(today))
    if after is not None:
        statement = statement.where(cases.c.case_id > after)
    rows = connection.execute(statement).all()
    shown = rows[:limit]
    seen = seen_things(connection, (row.sweep_id for row in shown))
    began = openers(connection, shown)
    views = tuple(CaseView(**_values(row, today, seen, began)) for row in shown)
    return CaseList(cases=views, next_after=shown[-1].case_id if len(rows) > limit else None)


def rooms_of_open_cases(connection: Connection, district_id: str) -> frozenset[UUID]:
    """Rooms of a district of which a case has still to be looked at."""
    of_room = cases.join(rooms, rooms.c.room_id == cases.c.room_id)
    places = of_room.join(facilities, facilities.c.facility_id == rooms.c.facility_id)
    statement = select(cases.c.room_id).select_from(places).where(facilities.c.district_id == district_id)
    return frozenset(
        connection.scalars(statement.where(cases.c.state.not_in(sorted(CLOSED)), cases.c.source == "live"))
    )


def is_open_on(today: date) -> ColumnElement[bool]:
    """Condition on `cases`: somebody has still to do something about it."""
    is_due_again = and_(cases.c.state == "not_camera", cases.c.reopens <= today.isoformat())
    return or_(cases.c.state.not_in(sorted(CLOSED)), is_due_again)


def room_state(connection: Connection, room_id: UUID, today: date) -> RoomState:
    """What a room is now; ApiError 404 when nobody here knows it."""
    place = select(facilities.c.is_demo).join(rooms, rooms.c.facility_id == facilities.c.facility_id)
    row = connection.execute(place.where(rooms.c.room_id == room_id)).one_or_none()
    if row is None:
        raise not_found(Phrase("room_not_found"))
    visit = select(sweeps.c.sweep_id, sweeps.c.ended_ms).where(
        sweeps.c.room_id == room_id, sweeps.c.outcome == "completed", IS_MADE_HERE
    )
    visit = visit.where(sweeps.c.source != "practice" if row.is_demo else sweeps.c.source == "live")
    last = connection.execute(visit.order_by(sweeps.c.started_ms.desc(), sweeps.c.sweep_id.desc()).limit(1)).first()
    found = case_page(connection, today, room_id=room_id, limit=OPEN_CASES_OF_ROOM).cases
    return RoomState(
        room_id=room_id,
        open_cases=found,
        is_found=any(case.is_found for case in found),
        last_visit=None if last is None or last.ended_ms is None else from_ms(last.ended_ms),
        last_visit_sweep_id=None if last is None else last.sweep_id,
    )


def case_view(connection: Connection, row: StoredCase, today: date) -> CaseView:
    """A case as a view."""
    return CaseView(**_values(row, today, seen_things(connection, [row.sweep_id]), openers(connection, [row])))


def case_detail(connection: Connection, row: StoredCase, today: date) -> CaseDetail:
    """A case with its steps."""
    steps, claims = read_steps(connection, row.case_id, row.sweep_id)
    proven = proven_among(connection, [entry for entry, _ in steps])
    events = tuple(
        CaseEvent(
            log_index=entry.log_index,
            entry_hash=entry.entry_hash,
            person=entry.subject,
            received=from_ms(entry.received_ms),
            step=step.step,
            is_identity_proven=proven.is_proven(entry),
        )
        for entry, step in steps
    )
    last = connection.execute(
        select(cases.c.case_id, cases.c.sweep_id, cases.c.opened_ms)
        .where(cases.c.joins == row.case_id, cases.c.sweep_id.is_not(None), cases.c.opened_ms > row.opened_ms)
        .order_by(cases.c.opened_ms.desc(), cases.c.case_id.desc())
        .limit(1)
    ).one_or_none()
    seen = seen_things(connection, [row.sweep_id, None if last is None else last.sweep_id])
    return CaseDetail(
        **_values(row, today, seen, openers(connection, [row])),
        events=events,
        claims=tuple(map(claim_view, claims)),
        last_station=_last_station(connection, row) if row.state in FOUND else "",
        seen_again=None
        if last is None
        else SeenAgainView(
            sweep_id=last.sweep_id,
            began=from_ms(last.opened_ms),
            zone=seen[last.case_id].zone if last.case_id in seen else None,
        ),
    )


def _last_station(connection: Connection, row: StoredCase) -> str:
    """The station that took over another case of the district last; empty without one."""
    others = _counting().where(
        facilities.c.district_id == row.district_id,
        cases.c.source == row.source,
        cases.c.state.in_(sorted(HANDED)),
        cases.c.case_id != row.case_id,
    )
    last = connection.execute(others.order_by(cases.c.changed_ms.desc()).limit(1)).one_or_none()
    steps = () if last is None else steps_of(connection, last.case_id, last.sweep_id)
    return next((one.step.station for _, one in reversed(steps) if isinstance(one.step, HandedOver)), "")


def case_created(connection: Connection, row: StoredCase, today: date) -> CaseCreated:
    """A case beside the entry of the step that it just took."""
    entry, _ = steps_of(connection, row.case_id, row.sweep_id)[-1]
    return CaseCreated(
        case=case_view(connection, row, today),
        entry_id=entry.entry_id,
        entry_hash=entry.entry_hash,
        log_index=entry.log_index,
    )


def _values(
    row: StoredCase, today: date, seen: Mapping[UUID, SeenThing], began: Mapping[UUID, CaseBegan]
) -> dict[str, Any]:
    thing = seen.get(row.case_id)
    case = case_of_row(row)
    comes = _next(case, today)
    return {
        "case_id": row.case_id,
        "room_id": row.room_id,
        "facility_name": LocalText(ko=row.facility_ko or "", en=row.facility_en or ""),
        "room_name": LocalText(ko=row.room_ko or "", en=row.room_en or ""),
        "district_id": row.district_id,
        "recorded_room_id": row.recorded_room_id,
        "sweep_id": row.sweep_id,
        "finding_id": row.finding_id,
        "began": began.get(row.case_id),
        "zone": None if thing is None else thing.zone,
        "seen_by": () if thing is None else thing.by,
        "source": row.source,
        "state": row.state,
        "is_open": case.is_open(today),
        "is_found": row.state in FOUND,
        "opened": from_ms(row.opened_ms),
        "changed": from_ms(row.changed_ms),
        "due": None if row.due is None else date.fromisoformat(row.due),
        "reopens": case.reopens,
        "next": comes.said,
        "whose": comes.whose,
        "allowed": tuple(step for step in ALL_STEPS if may_follow(case, step, today)),
    }


def _next(case: Case, today: date) -> words.Next:
    if any(waits_for_release(case, step) for step in AFTER_RELEASE):
        return words.HELD
    if case.state == "not_camera" and case.is_open(today):
        return words.DUE_FOR_ONE if case.asks_one(today) else words.DUE_AGAIN
    return words.NEXT[case.state]


def _counting() -> Select[Any]:
    """Cases beside their facilities, without those of replays and simulations in real ones."""
    of_room = cases.join(rooms, rooms.c.room_id == cases.c.room_id)
    places = of_room.join(facilities, facilities.c.facility_id == rooms.c.facility_id)
    return select(*CASE_COLUMNS).select_from(places).where(CASE_COUNTS)
