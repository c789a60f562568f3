"""An office that goes over to somebody else in one act (업무 인수인계): open cases, evidence keys, duties, instruments.

Input are who leaves and who follows; output is a record of what went over, with a number of the office's register.  All
of it happens or nothing.  A private key of evidence never is here: the leaver's key seals nothing more, and another
officer of the district has to have one before.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, and_, delete, insert, or_, select, update

from server.districts.document_register import issue
from server.interface.errors import ApiError, invalid, not_found
from server.interface.fields import FACILITY_ROLES
from server.interface.office_requests import HandoverRequest
from server.interface.views.offices import Handovers, HandoverView
from server.people import auth, evidence_keys
from server.people.auth import Person
from server.places.case_lists import is_open_on
from server.store.audit import record
from server.store.clock import from_ms, now_ms
from server.store.counting import CASE_COUNTS
from server.store.schema import (
    account_names,
    case_steps,
    cases,
    entries,
    facilities,
    handovers,
    inspector_pairs,
    instruments,
    rooms,
    users,
    visit_orders,
)
from server.store.schema import evidence_keys as key_table
from sweep.phrases import Phrase
from sweep.report import new_id

ANSWERS_FOR_ALL = frozenset({"supervisor", "district_officer", "evidence_officer"})
"""Roles whose persons answer for every open case of the district, not for those alone in which they took a step."""
INSPECTING = frozenset({"inspector", "supervisor"})
MAX_HANDOVERS = 200


@dataclass(frozen=True, slots=True)
class Told:
    """What went over: ids, codes and days, of which the document looks up the words."""

    from_role: str
    to_role: str
    is_leaving: bool
    cases: list[dict[str, Any]] = field(default_factory=list)
    instruments: list[dict[str, Any]] = field(default_factory=list)
    keys: list[dict[str, Any]] = field(default_factory=list)
    pairs: list[dict[str, Any]] = field(default_factory=list)
    orders: list[dict[str, Any]] = field(default_factory=list)


def hand_over(connection: Connection, by: Person, request: HandoverRequest, *, today: date) -> UUID:
    """Let one person's office go over to another's; the record of it.

    ApiError 404 for people who are not there, 400 for two of different districts or one, 409 where the evidence would
    be sealed to nobody any more.
    """
    leaver, follower = _person(connection, request.from_username), _person(connection, request.to_username)
    district_id = leaver.district_id or follower.district_id
    is_fit = follower.is_active and follower.role not in FACILITY_ROLES and leaver.user_id != follower.user_id
    if not is_fit or district_id is None or {leaver.district_id, follower.district_id} - {district_id, None}:
        raise invalid(Phrase("handover_not_possible"), code="handover_not_possible")
    told = Told(
        from_role=leaver.role,
        to_role=follower.role,
        is_leaving=request.is_leaving,
        cases=_cases(connection, leaver, district_id, today),
        instruments=_instruments(connection, leaver, follower, by),
        keys=_keys(connection, leaver, follower, district_id, by),
        pairs=_pairs(connection, leaver, follower, by),
        orders=_orders(connection, leaver, district_id, today),
    )
    for one in told.cases:
        detail = {"from": leaver.username, "to": follower.username}
        record(connection, actor=by.display_name, action="case.handed", object_id=one["case_id"], detail=detail)
    handover_id = new_id()
    document_no = issue(
        connection,
        district_id,
        "handover",
        f"handover_{handover_id}.pdf",
        today=today,
        made_by=by.display_name,
        reason=request.reason,
        about={"handover_id": str(handover_id)},
    )
    connection.execute(
        insert(handovers).values(
            handover_id=handover_id,
            district_id=district_id,
            from_account=leaver.account,
            to_account=follower.account,
            document_no=document_no,
            told_json=json.dumps(asdict(told), ensure_ascii=False),
            reason=request.reason,
            made_ms=now_ms(),
            made_by=by.display_name,
        )
    )
    detail = {"to": follower.username, "handover_id": str(handover_id)}
    record(connection, actor=by.display_name, action="office.handed", object_id=leaver.username, detail=detail)
    if request.is_leaving and leaver.is_active:
        auth.deactivate_user(connection, leaver.username, actor=by.display_name)
    return handover_id


def handovers_of(connection: Connection, district_id: str | None) -> Handovers:
    """Those of a district, or of all, the newest first."""
    statement = select(handovers).order_by(handovers.c.made_ms.desc()).limit(MAX_HANDOVERS)
    if district_id is not None:
        statement = statement.where(handovers.c.district_id == district_id)
    rows = connection.execute(statement).all()
    names = _names(connection, {account for row in rows for account in (row.from_account, row.to_account)})
    return Handovers(
        handovers=tuple(
            HandoverView(
                handover_id=row.handover_id,
                document_no=row.document_no,
                from_name=names.get(row.from_account, row.from_account),
                to_name=names.get(row.to_account, row.to_account),
                **{part: len(told[part]) for part in ("cases", "instruments", "keys", "pairs", "orders")},
                made=from_ms(row.made_ms),
                made_by=row.made_by,
            )
            for row in rows
            if (told := json.loads(row.told_json))
        )
    )


def handover_row(connection: Connection, handover_id: UUID, district_id: str | None) -> tuple[Row[Any], Told]:
    """One, with what went over; ApiError 404, just as for one of another district."""
    row = connection.execute(select(handovers).where(handovers.c.handover_id == handover_id)).one_or_none()
    if row is None or district_id not in {None, row.district_id}:
        raise not_found(Phrase("handover_not_found"))
    return row, Told(**json.loads(row.told_json))


def _person(connection: Connection, username: str) -> Row[Any]:
    row = connection.execute(select(users).where(users.c.username == username)).one_or_none()
    if row is None:
        raise not_found(Phrase("user_not_found"))
    return row


def _names(connection: Connection, accounts: set[str]) -> dict[str, str]:
    named = select(users.c.account, users.c.display_name).where(users.c.account.in_(accounts))
    return {row.account: row.display_name for row in connection.execute(named)}


def _cases(connection: Connection, leaver: Row[Any], district_id: str, today: date) -> list[dict[str, Any]]:
    """Open ones for which the leaver answers, or in which they took a step; oldest first."""
    of_room = cases.join(rooms, rooms.c.room_id == cases.c.room_id)
    statement = (
        select(cases.c.case_id, cases.c.state, cases.c.due, cases.c.opened_ms, rooms.c.name_ko)
        .add_columns(facilities.c.name_ko.label("facility_ko"))
        .select_from(of_room.join(facilities, facilities.c.facility_id == rooms.c.facility_id))
        .where(facilities.c.district_id == district_id, CASE_COUNTS, is_open_on(today))
        .order_by(cases.c.opened_ms, cases.c.case_id)
    )
    if leaver.role not in ANSWERS_FOR_ALL:
        bore = select(account_names.c.name).where(account_names.c.account == leaver.account)
        own_steps = select(case_steps.c.case_id).join(entries, entries.c.log_index == case_steps.c.log_index)
        statement = statement.where(cases.c.case_id.in_(own_steps.where(entries.c.subject.in_(bore))))
    return [
        {
            "case_id": str(row.case_id),
            "place": f"{row.facility_ko} · {row.name_ko}",
            "state": row.state,
            "due": row.due,
            "opened": from_ms(row.opened_ms).isoformat(),
        }
        for row in connection.execute(statement)
    ]


def _instruments(connection: Connection, leaver: Row[Any], follower: Row[Any], by: Person) -> list[dict[str, Any]]:
    held = instruments.c.holder_user_id == leaver.user_id
    rows = connection.execute(select(instruments).where(held).order_by(instruments.c.kind, instruments.c.serial)).all()
    connection.execute(update(instruments).where(held).values(holder_user_id=follower.user_id))
    for row in rows:
        detail = {"holder": follower.username}
        of_one = str(row.instrument_id)
        record(connection, actor=by.display_name, action="instrument.given", object_id=of_one, detail=detail)
    return [{name: getattr(row, name) for name in ("kind", "maker", "model", "serial")} for row in rows]


def _keys(
    connection: Connection, leaver: Row[Any], follower: Row[Any], district_id: str, by: Person
) -> list[dict[str, Any]]:
    """Keys of the leaver, which seal nothing more from now on; ApiError 409 while nobody else has one."""
    live = evidence_keys.live(connection, district_id)
    own = [row for row in live if row.user_id == leaver.user_id]
    if not own:
        return []
    others = [row for row in live if row.user_id != leaver.user_id]
    if not any(row.user_id == follower.user_id for row in others):
        raise ApiError(409, Phrase("handover_without_key"), code="handover_without_key")
    for row in own:
        evidence_keys.end(connection, row.key_id, actor=by.display_name)
    followers = ", ".join(row.key_id for row in others if row.user_id == follower.user_id)
    made = key_table.c.key_id.in_([row.key_id for row in own])
    rows: Sequence[Row[Any]] = connection.execute(select(key_table).where(made).order_by(key_table.c.made_ms)).all()
    return [{"key_id": row.key_id, "made": from_ms(row.made_ms).isoformat(), "next": followers} for row in rows]


def _pairs(connection: Connection, leaver: Row[Any], follower: Row[Any], by: Person) -> list[dict[str, Any]]:
    """The leaver's pairs, in which the follower walks now where that can be; the others are no pairs any more."""
    first, second = inspector_pairs.c.first_user_id, inspector_pairs.c.second_user_id
    found = connection.execute(
        select(inspector_pairs).where(or_(first == leaver.user_id, second == leaver.user_id))
    ).all()
    told = []
    for row in found:
        partner_id = row.second_user_id if row.first_user_id == leaver.user_id else row.first_user_id
        ids = sorted((partner_id, follower.user_id), key=lambda one: one.int)
        is_there = select(inspector_pairs.c.pair_id).where(and_(first == ids[0], second == ids[1]))
        of_pair = inspector_pairs.c.pair_id == row.pair_id
        goes_on = follower.role in INSPECTING and partner_id != follower.user_id and connection.scalar(is_there) is None
        if goes_on:
            values = {"first_user_id": ids[0], "second_user_id": ids[1]}
            connection.execute(update(inspector_pairs).where(of_pair).values(**values))
        else:
            connection.execute(delete(inspector_pairs).where(of_pair))
        record(connection, actor=by.display_name, action="pair.handed", object_id=str(row.pair_id), detail={})
        account = connection.scalar(select(users.c.account).where(users.c.user_id == partner_id))
        told.append({"partner": account, "goes_on": goes_on})
    return told


def _orders(connection: Connection, leaver: Row[Any], district_id: str, today: date) -> list[dict[str, Any]]:
    """Visits that the leaver ordered and that are still to come."""
    orders = visit_orders.c
    bore = select(account_names.c.name).where(account_names.c.account == leaver.account)
    statement = (
        select(visit_orders, facilities.c.name_ko)
        .join(facilities, facilities.c.facility_id == orders.facility_id)
        .where(facilities.c.district_id == district_id, orders.created_by.in_(bore), orders.cancelled_ms.is_(None))
        .where(orders.last_day >= today.isoformat())
        .order_by(orders.first_day, orders.order_id)
    )
    return [
        {
            "place": row.name_ko,
            "first_day": row.first_day,
            "last_day": row.last_day,
            "with_police": row.with_police,
        }
        for row in connection.execute(statement)
    ]
