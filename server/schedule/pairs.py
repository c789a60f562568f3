"""Who walks together, and visits that somebody orders besides: ordinary tables with an audit trail.

A pair is two different inspectors of one district, or of the whole city, whose accounts are on; when one of them leaves
it counts no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, delete, func, insert, or_, select, update

from server.interface.errors import ApiError, invalid, not_found
from server.interface.schedule_requests import PairRequest, VisitOrderRequest
from server.interface.views.schedule import InspectorView, PairDetail, PairView, VisitOrderView
from server.places.changes import put_facts
from server.store.audit import record, trail
from server.store.clock import from_ms, now_ms
from server.store.schema import districts, facilities, inspector_pairs, users, visit_orders
from sweep.phrases import Phrase
from sweep.report import new_id

INSPECTING = ("inspector", "supervisor")


def add_pair(connection: Connection, request: PairRequest, *, actor: str, district_id: str | None) -> UUID:
    """A pair of a district; ApiError 400 unless both inspect there, 404 for a foreign one, 409 when they are one."""
    names = [request.first_username, request.second_username]
    found = connection.execute(select(users).where(users.c.username.in_(names), users.c.is_active)).all()
    own = {row.district_id for row in found} - {None}
    wanted = request.district_id or next(iter(own), None) or district_id or _home(connection)
    if len(found) != 2 or own - {wanted} or any(row.role not in INSPECTING for row in found):
        raise invalid(Phrase("no_pair"), code="no_pair")
    known = select(districts.c.district_id).where(districts.c.district_id == wanted)
    if connection.scalar(known) is None or (district_id is not None and wanted != district_id):
        raise not_found(Phrase("district_not_found"))
    ids = sorted((row.user_id for row in found), key=lambda one: one.int)
    first, second = inspector_pairs.c.first_user_id, inspector_pairs.c.second_user_id
    if connection.scalar(select(inspector_pairs.c.pair_id).where(first == ids[0], second == ids[1])) is not None:
        raise ApiError(409, Phrase("pair_exists"))
    pair_id = new_id()
    connection.execute(
        insert(inspector_pairs).values(
            pair_id=pair_id,
            district_id=wanted,
            first_user_id=ids[0],
            second_user_id=ids[1],
            created_ms=now_ms(),
        )
    )
    record(connection, actor=actor, action="pair.added", object_id=str(pair_id), detail={"usernames": names})
    return pair_id


def remove_pair(connection: Connection, pair_id: UUID, *, actor: str, district_id: str | None) -> None:
    """Let two persons be no pair any more; ApiError 404."""
    pair = _pair(connection, pair_id, district_id)
    connection.execute(delete(inspector_pairs).where(inspector_pairs.c.pair_id == pair_id))
    detail = {"usernames": list(pair.usernames)}
    record(connection, actor=actor, action="pair.removed", object_id=str(pair_id), detail=detail)


def pairs_of(connection: Connection, district_id: str | None = None) -> Sequence[PairView]:
    """Pairs whose accounts are both on and still of the pair's district, by district and age."""
    one, other, here = users.alias("one"), users.alias("other"), inspector_pairs.c.district_id
    statement = (
        select(
            inspector_pairs,
            one.c.display_name.label("first_name"),
            other.c.display_name.label("second_name"),
            one.c.username.label("first_username"),
            other.c.username.label("second_username"),
        )
        .join(one, one.c.user_id == inspector_pairs.c.first_user_id)
        .join(other, other.c.user_id == inspector_pairs.c.second_user_id)
        .where(one.c.is_active, other.c.is_active)
        .where(*(func.coalesce(user.c.district_id, here) == here for user in (one, other)))
        .order_by(inspector_pairs.c.district_id, inspector_pairs.c.created_ms, inspector_pairs.c.pair_id)
    )
    if district_id is not None:
        statement = statement.where(inspector_pairs.c.district_id == district_id)
    return [
        PairView(
            pair_id=row.pair_id,
            district_id=row.district_id,
            names=(row.first_name, row.second_name),
            usernames=(row.first_username, row.second_username),
        )
        for row in connection.execute(statement)
    ]


def pair_detail(connection: Connection, pair_id: UUID, district_id: str | None) -> PairDetail:
    """One pair with what was done about it; ApiError 404."""
    pair = _pair(connection, pair_id, district_id)
    return PairDetail(pair=pair, history=trail(connection, str(pair_id), {"pair"}))


def _pair(connection: Connection, pair_id: UUID, district_id: str | None) -> PairView:
    pair = next((one for one in pairs_of(connection, district_id) if one.pair_id == pair_id), None)
    if pair is None:
        raise not_found(Phrase("pair_not_found"))
    return pair


def inspectors_of(connection: Connection, district_id: str | None) -> tuple[InspectorView, ...]:
    """Who may walk with another in a district, those of the whole city among them; of all districts without one."""
    of_pair = or_(
        inspector_pairs.c.first_user_id == users.c.user_id, inspector_pairs.c.second_user_id == users.c.user_id
    )
    statement = (
        select(users, select(inspector_pairs.c.pair_id).where(of_pair).exists().label("is_paired"))
        .where(users.c.role.in_(INSPECTING), users.c.is_active)
        .order_by(users.c.district_id, users.c.display_name, users.c.username)
    )
    if district_id is not None:
        statement = statement.where(or_(users.c.district_id == district_id, users.c.district_id.is_(None)))
    return tuple(
        InspectorView(
            username=row.username, name=row.display_name, district_id=row.district_id, is_paired=row.is_paired
        )
        for row in connection.execute(statement)
    )


def order_visit(connection: Connection, request: VisitOrderRequest, *, actor: str, district_id: str | None) -> UUID:
    """A visit besides the regular ones; ApiError 404 without the facility, 400 when its days are in the wrong order."""
    _refuse_foreign(connection, request.facility_id, district_id)
    if request.last_day < request.first_day:
        raise invalid(Phrase("last_day_before_first"))
    order_id = new_id()
    connection.execute(
        insert(visit_orders).values(
            order_id=order_id,
            facility_id=request.facility_id,
            first_day=request.first_day.isoformat(),
            last_day=request.last_day.isoformat(),
            with_police=request.with_police,
            reason=request.reason,
            created_ms=now_ms(),
            created_by=actor,
        )
    )
    record(connection, actor=actor, action="visit.ordered", object_id=str(order_id), detail={})
    return order_id


def police_today(connection: Connection, today: date) -> frozenset[UUID]:
    """Facilities that the police go to as well, by an order for these days."""
    day, orders = today.isoformat(), visit_orders.c
    ordered = select(orders.facility_id).where(
        orders.with_police, orders.cancelled_ms.is_(None), orders.first_day <= day, orders.last_day >= day
    )
    return frozenset(connection.scalars(ordered))


def call_off(connection: Connection, order_id: UUID, *, actor: str, district_id: str | None) -> None:
    """Call an ordered visit off; ApiError 404."""
    row = connection.execute(select(visit_orders).where(visit_orders.c.order_id == order_id)).one_or_none()
    if row is None:
        raise not_found(Phrase("order_not_found"))
    _refuse_foreign(connection, row.facility_id, district_id)
    connection.execute(update(visit_orders).where(visit_orders.c.order_id == order_id).values(cancelled_ms=now_ms()))
    record(connection, actor=actor, action="visit.called_off", object_id=str(order_id), detail={})


def orders_of(connection: Connection, district_id: str | None) -> tuple[VisitOrderView, ...]:
    """Ordered visits that nobody called off, the newest first."""
    statement = (
        select(visit_orders)
        .join(facilities, facilities.c.facility_id == visit_orders.c.facility_id)
        .where(visit_orders.c.cancelled_ms.is_(None))
        .order_by(visit_orders.c.created_ms.desc(), visit_orders.c.order_id)
        .limit(500)
    )
    if district_id is not None:
        statement = statement.where(facilities.c.district_id == district_id)
    return tuple(_order_view(row) for row in connection.execute(statement))


def mark_special(connection: Connection, facility_id: UUID, *, is_special: bool, actor: str) -> None:
    """Mark a facility as a special zone, or no longer; ApiError 404."""
    if connection.scalar(select(facilities.c.facility_id).where(facilities.c.facility_id == facility_id)) is None:
        raise not_found(Phrase("facility_not_found"))
    put_facts(connection, facility_id, is_special=is_special)
    detail = {"is_special": is_special}
    record(connection, actor=actor, action="facility.special", object_id=str(facility_id), detail=detail)


def _home(connection: Connection) -> str | None:
    return connection.scalar(select(districts.c.district_id).where(districts.c.is_home).limit(1))


def _refuse_foreign(connection: Connection, facility_id: UUID, district_id: str | None) -> None:
    found = connection.execute(
        select(facilities.c.district_id).where(facilities.c.facility_id == facility_id)
    ).one_or_none()
    if found is None or (district_id is not None and found.district_id != district_id):
        raise not_found(Phrase("facility_not_found"))


def _order_view(row: Row[Any]) -> VisitOrderView:
    return VisitOrderView(
        order_id=row.order_id,
        facility_id=row.facility_id,
        first_day=row.first_day,
        last_day=row.last_day,
        with_police=row.with_police,
        reason=row.reason,
        created=from_ms(row.created_ms),
        created_by=row.created_by,
    )
