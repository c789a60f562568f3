"""A district's register of instruments: an ordinary table with an audit trail.

Input is what a person of the district writes down; output are views.  Nothing is deleted: what is out of use stays and
comes back, and a check that was wrong is withdrawn.  Whether an instrument works is told by its last check that counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Select, func, insert, or_, select, update

from server.districts.register import existing_district, home_of
from server.interface.errors import ApiError, invalid, not_found
from server.interface.fields import FACILITY_ROLES
from server.interface.instrument_requests import InstrumentCheckRequest, InstrumentRequest
from server.interface.views.instruments import (
    InstrumentCheckView,
    InstrumentDetail,
    InstrumentHolder,
    InstrumentList,
    InstrumentView,
)
from server.store.audit import record, trail
from server.store.clock import from_ms, now_ms, today
from server.store.schema import instrument_checks, instruments, users
from sweep.phrases import Phrase
from sweep.report import new_id
from sweep.report.inspection_records import InstrumentKind

MAX_WORDS = 5
ORDER = (
    instruments.c.kind,
    instruments.c.maker,
    instruments.c.model,
    instruments.c.serial,
    instruments.c.instrument_id,
)


def add_instrument(connection: Connection, request: InstrumentRequest, *, actor: str, district_id: str | None) -> UUID:
    """A new one of a district; ApiError 404 for a district that is not there, 409 for one that is known, 400."""
    where = district_id or existing_district(connection, request.district_id) or home_of(connection)
    if where is None:
        raise not_found(Phrase("district_not_found"))
    _refuse_twin(connection, where, request, None)
    instrument_id = new_id()
    connection.execute(
        insert(instruments).values(
            instrument_id=instrument_id,
            district_id=where,
            created_ms=now_ms(),
            **_values(connection, where, request),
        )
    )
    _record(connection, instrument_id, "added", actor, {"kind": request.kind, "serial": request.serial})
    return instrument_id


def change_instrument(connection: Connection, instrument_id: UUID, request: InstrumentRequest, *, actor: str) -> None:
    """Write one down anew, or give it to somebody else; ApiError 404, 409 for one that is known, 400."""
    row = _row(connection, instrument_id)
    _refuse_twin(connection, row.district_id, request, instrument_id)
    values = _values(connection, row.district_id, request)
    changed = sorted(name for name, value in values.items() if getattr(row, name) != value)
    if not changed:
        return
    connection.execute(update(instruments).where(_is(instrument_id)).values(**values))
    is_given = changed == ["holder_user_id"]
    detail = {"holder": request.holder} if is_given else {"changed": changed}
    _record(connection, instrument_id, "given" if is_given else "changed", actor, detail)


def retire(connection: Connection, instrument_id: UUID, *, is_retired: bool, actor: str) -> None:
    """Take one out of use, or back into use; ApiError 404."""
    if (_row(connection, instrument_id).retired_ms is not None) == is_retired:
        return
    values = {"retired_ms": now_ms() if is_retired else None}
    connection.execute(update(instruments).where(_is(instrument_id)).values(**values))
    _record(connection, instrument_id, "retired" if is_retired else "restored", actor, {})


def add_check(
    connection: Connection, instrument_id: UUID, request: InstrumentCheckRequest, *, today: date, actor: str
) -> UUID:
    """Write a check down and return its id; ApiError 404, 400 for one of a day that is still to come."""
    _row(connection, instrument_id)
    if request.day > today:
        raise invalid(Phrase("check_in_the_future"))
    check_id = new_id()
    connection.execute(
        insert(instrument_checks).values(
            check_id=check_id,
            instrument_id=instrument_id,
            what=request.what,
            day=request.day.isoformat(),
            good_until=request.good_until.isoformat(),
            has_passed=request.has_passed,
            checked_by=request.checked_by,
            recorded_ms=now_ms(),
            recorded_by=actor,
        )
    )
    detail = {"what": request.what, "day": request.day.isoformat(), "has_passed": request.has_passed}
    _record(connection, instrument_id, "checked", actor, detail)
    return check_id


def withdraw_check(connection: Connection, instrument_id: UUID, check_id: UUID, *, actor: str) -> None:
    """Let a check that was written down wrongly count no more; ApiError 404."""
    checks = instrument_checks.c
    is_it = (checks.check_id == check_id) & (checks.instrument_id == instrument_id)
    row = connection.execute(select(checks.withdrawn_ms).where(is_it)).one_or_none()
    if row is None:
        raise not_found(Phrase("instrument_check_not_found"))
    if row.withdrawn_ms is None:
        connection.execute(update(instrument_checks).where(is_it).values(withdrawn_ms=now_ms()))
        _record(connection, instrument_id, "check_withdrawn", actor, {"check_id": str(check_id)})


def instruments_of(
    connection: Connection,
    district_id: str | None,
    today: date,
    *,
    search: str = "",
    kind: InstrumentKind | None = None,
    with_retired: bool = False,
    limit: int,
) -> InstrumentList:
    """Instruments of a district, or of all, in which every word of `search` stands."""
    statement = _with_holders()
    if district_id is not None:
        statement = statement.where(instruments.c.district_id == district_id)
    if kind is not None:
        statement = statement.where(instruments.c.kind == kind)
    if not with_retired:
        statement = statement.where(instruments.c.retired_ms.is_(None))
    for word in search.lower().split()[:MAX_WORDS]:
        names = (instruments.c.maker, instruments.c.model, instruments.c.serial, users.c.display_name)
        statement = statement.where(or_(*(func.lower(name).contains(word, autoescape=True) for name in names)))
    found = connection.execute(statement.order_by(*ORDER).limit(limit + 1)).all()
    return InstrumentList(instruments=_views(connection, found[:limit], today), is_cut=len(found) > limit)


def instrument_detail(connection: Connection, instrument_id: UUID, today: date) -> InstrumentDetail:
    """One instrument with what was done about it; ApiError 404."""
    row = connection.execute(_with_holders().where(_is(instrument_id))).one_or_none()
    if row is None:
        raise not_found(Phrase("instrument_not_found"))
    (view,) = _views(connection, [row], today)
    return InstrumentDetail(instrument=view, history=trail(connection, str(instrument_id), {"instrument"}))


def holders_of(connection: Connection, district_id: str) -> tuple[InstrumentHolder, ...]:
    """To whom an instrument of a district may be given."""
    found = connection.execute(_may_hold(district_id).order_by(users.c.display_name, users.c.username))
    return tuple(InstrumentHolder(username=row.username, name=row.display_name) for row in found)


def known_instruments(
    connection: Connection, district_id: str | None, ids: Collection[UUID]
) -> dict[UUID, InstrumentView]:
    """Those among these that stand in a district's register, in use or not."""
    of_them = (instruments.c.instrument_id.in_(ids)) & (instruments.c.district_id == district_id)
    rows = connection.execute(_with_holders().where(of_them).order_by(*ORDER)).all()
    return {one.instrument_id: one for one in _views(connection, rows, today())}


def works_on(checks: Iterable[InstrumentCheckView], day: date) -> bool:
    """Is its function known to be in order that day?"""
    return worked_on(checks, day) is not None


def worked_on(checks: Iterable[InstrumentCheckView], day: date) -> date | None:
    """The day of the last check of the function up to a day that counts, if it was passed and is good that day.

    Of two on one day the one that was written down later counts.
    """
    tried = [one for one in checks if one.what == "function" and one.withdrawn is None and one.day <= day]
    last = max(tried, key=lambda one: (one.day, one.recorded), default=None)
    return last.day if last is not None and last.has_passed and day <= last.good_until else None


def _views(connection: Connection, rows: Sequence[Row[Any]], today: date) -> tuple[InstrumentView, ...]:
    checks = _checks(connection, [row.instrument_id for row in rows])
    return tuple(
        InstrumentView(
            instrument_id=row.instrument_id,
            district_id=row.district_id,
            kind=row.kind,
            maker=row.maker,
            model=row.model,
            serial=row.serial,
            holder=None if row.username is None else InstrumentHolder(username=row.username, name=row.display_name),
            added=from_ms(row.created_ms),
            retired=None if row.retired_ms is None else from_ms(row.retired_ms),
            is_checked=row.retired_ms is None and works_on(checks.get(row.instrument_id, ()), today),
            checks=tuple(checks.get(row.instrument_id, ())),
        )
        for row in rows
    )


def _checks(connection: Connection, instrument_ids: Sequence[UUID]) -> Mapping[UUID, Sequence[InstrumentCheckView]]:
    of_them = instrument_checks.c.instrument_id.in_(instrument_ids)
    newest = (
        instrument_checks.c.day.desc(),
        instrument_checks.c.recorded_ms.desc(),
        instrument_checks.c.check_id.desc(),
    )
    found: dict[UUID, list[InstrumentCheckView]] = defaultdict(list)
    for row in connection.execute(select(instrument_checks).where(of_them).order_by(*newest)):
        found[row.instrument_id].append(
            InstrumentCheckView(
                check_id=row.check_id,
                what=row.what,
                day=date.fromisoformat(row.day),
                good_until=date.fromisoformat(row.good_until),
                has_passed=row.has_passed,
                checked_by=row.checked_by,
                recorded=from_ms(row.recorded_ms),
                recorded_by=row.recorded_by,
                withdrawn=None if row.withdrawn_ms is None else from_ms(row.withdrawn_ms),
            )
        )
    return found


def _with_holders() -> Select[Any]:
    """Instruments beside whoever holds each."""
    return select(instruments, users.c.username, users.c.display_name).outerjoin(
        users, users.c.user_id == instruments.c.holder_user_id
    )


def _may_hold(district_id: str) -> Select[Any]:
    is_here = (users.c.district_id == district_id) & users.c.is_active & users.c.role.not_in(sorted(FACILITY_ROLES))
    return select(users.c.user_id, users.c.username, users.c.display_name).where(is_here)


def _values(connection: Connection, district_id: str, request: InstrumentRequest) -> dict[str, Any]:
    """Columns of what was asked; ApiError 400 for a holder who is nobody of the district."""
    holder = None
    if request.holder is not None:
        named = _may_hold(district_id).where(users.c.username == request.holder)
        row = connection.execute(named).one_or_none()
        if row is None:
            raise invalid(Phrase("holder_of_another_district"), code="holder_of_another_district")
        holder = row.user_id
    written = {name: getattr(request, name) for name in ("kind", "maker", "model", "serial")}
    return written | {"holder_user_id": holder}


def _refuse_twin(connection: Connection, district_id: str, request: InstrumentRequest, but: UUID | None) -> None:
    """ApiError 409 when the district has one with this kind, maker, model and number already, in use or not."""
    if not request.serial:
        return
    twin = select(instruments.c.instrument_id).where(
        instruments.c.district_id == district_id,
        instruments.c.kind == request.kind,
        *(func.lower(instruments.c[name]) == getattr(request, name).lower() for name in ("maker", "model", "serial")),
    )
    if but is not None:
        twin = twin.where(instruments.c.instrument_id != but)
    if connection.scalar(twin.limit(1)) is not None:
        raise ApiError(409, Phrase("instrument_known"))


def _row(connection: Connection, instrument_id: UUID) -> Row[Any]:
    row = connection.execute(select(instruments).where(_is(instrument_id))).one_or_none()
    if row is None:
        raise not_found(Phrase("instrument_not_found"))
    return row


def _is(instrument_id: UUID) -> Any:
    return instruments.c.instrument_id == instrument_id


def _record(connection: Connection, instrument_id: UUID, what: str, actor: str, detail: Mapping[str, object]) -> None:
    record(connection, actor=actor, action=f"instrument.{what}", object_id=str(instrument_id), detail=detail)
