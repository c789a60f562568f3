"""Accounts as those see them who keep them: inviting, moving to another district, and leaving.

Input are decisions of an administrator, or of a district officer about the own district; output are rows of `users`.
Whoever is moved or leaves loses every session at once, and what was assigned to them goes back to be assigned anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection, Row, delete, insert, select, update

from server.districts.register import district_for
from server.interface.errors import ApiError, invalid, not_found
from server.interface.fields import CITY_ROLES, FACILITY_ROLES, Role
from server.interface.views.people import AccountView
from server.people.auth import HashedPassword, Person, create_user, end_all, set_password
from server.people.first_passwords import is_expired
from server.people.names import give_name, tidy_name
from server.people.register import register
from server.store.audit import record
from server.store.schema import facilities, user_facilities, users
from sweep.phrases import Phrase

KEPT_BY_CITY: frozenset[Role] = CITY_ROLES | {"auditor", "evidence_officer"}
"""Roles that no district gives to its own people: they look at what the district does."""


def accounts(connection: Connection, district_id: str | None) -> tuple[AccountView, ...]:
    """Every account of a district, or of all, by name."""
    statement = select(users).order_by(users.c.username)
    if district_id is not None:
        statement = statement.where(users.c.district_id == district_id)
    return tuple(
        AccountView(
            username=row.username,
            account=row.account,
            display_name=row.display_name,
            role=row.role,
            district_id=row.district_id,
            is_active=row.is_active,
            first_password=_first_password(row),
            is_demonstration=row.is_demonstration,
        )
        for row in connection.execute(statement)
    )


def has_companion(connection: Connection, person: Person, name: str, roles: Iterable[Role]) -> bool:
    """Has somebody else who may work in `person`'s district, in one of `roles`, this number?"""
    statement = select(users.c.district_id).where(
        users.c.display_name == name.strip(), users.c.is_active, users.c.role.in_(tuple(roles)),
        users.c.user_id != person.user_id,
    )  # fmt: skip
    found = connection.execute(statement).scalars()
    return any(person.district_id is None or district in (None, person.district_id) for district in found)


def invite(
    connection: Connection,
    by: Person,
    *,
    username: str,
    display_name: str,
    role: Role,
    district_id: str | None,
    facility_ids: Iterable[UUID],
    password: HashedPassword,
    code: HashedPassword,
) -> None:
    """An account with a one-time password; ApiError 403 for a role that this person may not give.

    People of facilities are given some, all of the district; 400 or 404 when that does not fit.
    """
    district = _district_by(by, role, district_id)
    ids = tuple(dict.fromkeys(facility_ids))
    if (role in FACILITY_ROLES) != bool(ids):
        raise invalid(Phrase("facilities_needed"), code="facilities_needed")
    for facility_id in ids:
        of = connection.execute(select(facilities.c.district_id).where(facilities.c.facility_id == facility_id)).first()
        if of is None or district not in {None, of.district_id}:
            raise not_found(Phrase("facility_not_found"))
    user_id = create_user(
        connection,
        username=username,
        display_name=display_name,
        role=role,
        password=password,
        actor=by.display_name,
        is_one_time=True,
        code=code,
        district_id=district,
    )
    if ids:
        rows = [{"user_id": user_id, "facility_id": facility_id} for facility_id in ids]
        connection.execute(insert(user_facilities), rows)


def renew(connection: Connection, by: Person, username: str, *, password: HashedPassword, code: HashedPassword) -> None:
    """New first secrets for somebody who never used the old ones; ApiError 409 for an account that is in use."""
    row = connection.execute(select(users).where(users.c.username == username)).one_or_none()
    if row is None:
        raise not_found(Phrase("user_not_found"))
    _district_by(by, row.role, None)
    if not row.is_active or not row.must_change_password:
        raise ApiError(409, Phrase("in_use"))
    set_password(connection, username, password, actor=by.display_name, is_one_time=True, code=code)


def move(
    connection: Connection,
    by: Person,
    username: str,
    *,
    role: Role,
    district_id: str | None,
    code: HashedPassword,
    display_name: str | None = None,
) -> None:
    """Give somebody another district or role, and another name if need be.

    What they proved themselves by ends, so that the password, which stays, needs an enrolment `code` beside it again.

    ApiError 404 without the account, 403 for a role not to be given, 409 when the name is somebody's there.
    """
    row = connection.execute(select(users).where(users.c.username == username)).one_or_none()
    if row is None:
        raise not_found(Phrase("user_not_found"))
    if row.user_id == by.user_id:
        raise ApiError(409, Phrase("oneself"))
    _district_by(by, row.role, None)
    district = district_for(connection, role, _district_by(by, role, district_id))
    name = row.display_name if display_name is None else tidy_name(display_name)
    if (name, district) != (row.display_name, row.district_id):
        give_name(connection, row.account, name, district)
    to = {
        "role": role,
        "district_id": district,
        "is_demonstration": False,
        "display_name": name,
        "enrolment_hash": code.text,
    }
    connection.execute(update(users).where(users.c.user_id == row.user_id).values(**to))
    connection.execute(delete(user_facilities).where(user_facilities.c.user_id == row.user_id))
    end_all(connection, row.user_id)
    detail = {"from": row.role, "role": role, "district": district, "is_renamed": name != row.display_name}
    record(connection, actor=by.display_name, action="user.moved", object_id=username, detail=detail)
    register(connection, row.user_id, actor=by.display_name)


def _first_password(row: Row[Any]) -> Literal["waiting", "expired"] | None:
    if not row.must_change_password:
        return None
    return "expired" if is_expired(row) else "waiting"


def _district_by(by: Person, role: Role, wanted: str | None) -> str | None:
    """The district into which this person may put somebody of this role; ApiError 403 for a role of the city."""
    if by.district_id is None:
        return wanted
    if role in KEPT_BY_CITY or wanted not in {None, by.district_id}:
        raise ApiError(403, Phrase("role_given_by_city_only"), code="not_allowed")
    return by.district_id
