"""Accounts as those see them who keep them: inviting, moving to another district, and leaving.

Input are decisions of an administrator, or of a district officer about the own district; output are rows of `users`.
Whoever is moved or leaves loses every session at once, and what was assigned to them goes back to be assigned anew.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection, Row, Select, delete, func, insert, or_, select, update

from server.districts.register import district_for
from server.interface.errors import ApiError, invalid, not_found
from server.interface.fields import CITY_ROLES, FACILITY_ROLES, Role
from server.interface.views.people import AccountDetail, AccountView
from server.people.auth import HashedPassword, Person, create_user, deactivate_user, end_all, set_password
from server.people.first_passwords import is_expired
from server.people.names import give_name, tidy_name
from server.people.register import register
from server.store.audit import record, trail
from server.store.clock import now_ms
from server.store.schema import facilities, passkeys, second_factors, sessions, user_facilities, users
from sweep.phrases import Phrase
from sweep.report import LocalText

KEPT_BY_CITY: frozenset[Role] = CITY_ROLES | {"auditor", "evidence_officer"}
"""Roles that no district gives to its own people: they look at what the district does."""
SALT_OCTETS = 16
ABOUT_ACCOUNTS = (
    "user",
    "password",
    "enrolment_code",
    "badge",
    "passkey",
    "second_factor",
    "recovery_code",
    "pin",
    "sign_on",
)


def accounts(connection: Connection, district_id: str | None) -> tuple[AccountView, ...]:
    """Every account of a district, or of all, by name."""
    statement = _accounts().order_by(users.c.username)
    if district_id is not None:
        statement = statement.where(users.c.district_id == district_id)
    return _views(connection, connection.execute(statement).all())


def account_detail(connection: Connection, username: str) -> AccountDetail:
    """One account, with what was done about it; ApiError 404."""
    row = connection.execute(_accounts().where(users.c.username == username)).one_or_none()
    if row is None:
        raise not_found(Phrase("user_not_found"))
    (view,) = _views(connection, [row])
    return AccountDetail(user=view, history=trail(connection, username, ABOUT_ACCOUNTS))


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
) -> UUID:
    """An account with a one-time password, and its id; ApiError 403 for a role that this person may not give.

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
    return user_id


def renew(connection: Connection, by: Person, username: str, *, password: HashedPassword, code: HashedPassword) -> None:
    """New first secrets for somebody who never used the old ones, or was switched off and comes back.

    ApiError 409 for an account that is in use.
    """
    row = _row(connection, username)
    _district_by(by, row.role, None)
    if row.is_active and not row.must_change_password:
        raise ApiError(409, Phrase("in_use"))
    if not row.is_active:
        record(connection, actor=by.display_name, action="user.reactivated", object_id=username, detail={})
    set_password(connection, username, password, actor=by.display_name, is_one_time=True, code=code)


def lose(
    connection: Connection,
    by: Person,
    username: str,
    what: Literal["phone", "second_factor"],
    *,
    password: HashedPassword,
    code: HashedPassword,
) -> None:
    """Somebody lost a phone, or what they prove themselves by: every session and proof ends, and they begin anew.

    What a lost phone keeps was sealed under a key that nobody is given any more.  ApiError 404 without the account, 403
    for a role of the city, 409 for oneself or an account that is switched off.
    """
    row = _row(connection, username)
    _refuse_oneself(by, row)
    _district_by(by, row.role, None)
    if not row.is_active:
        raise ApiError(409, Phrase("switched_off"))
    record(connection, actor=by.display_name, action="user.lost", object_id=username, detail={"what": what})
    set_password(connection, username, password, actor=by.display_name, is_one_time=True, code=code)
    if what == "phone":
        of_row = update(users).where(users.c.user_id == row.user_id)
        connection.execute(of_row.values(phone_salt=secrets.token_bytes(SALT_OCTETS)))


def phone_salt(connection: Connection, user_id: UUID) -> bytes:
    """What the key of a person's phones is made with; empty until they lose one."""
    return connection.scalar(select(users.c.phone_salt).where(users.c.user_id == user_id)) or b""


def leave(connection: Connection, by: Person, username: str) -> None:
    """Switch an account off; ApiError 404 without it, 403 for a role of the city, 409 for the last administrator."""
    _district_by(by, _row(connection, username).role, None)
    deactivate_user(connection, username, actor=by.display_name)


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
    row = _row(connection, username)
    _refuse_oneself(by, row)
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


def _accounts() -> Select[Any]:
    """Accounts beside how many logins of each go on, and whether it has a second factor."""
    going_on = select(func.count()).where(sessions.c.user_id == users.c.user_id, sessions.c.expires_ms > now_ms())
    has_passkey = select(passkeys.c.passkey_id).where(passkeys.c.user_id == users.c.user_id).exists()
    is_own_app = (second_factors.c.user_id == users.c.user_id) & second_factors.c.confirmed_ms.is_not(None)
    has_app = select(second_factors.c.user_id).where(is_own_app).exists()
    return select(
        users, going_on.scalar_subquery().label("sessions"), or_(has_passkey, has_app).label("has_second_factor")
    )


def _views(connection: Connection, rows: Sequence[Row[Any]]) -> tuple[AccountView, ...]:
    owned = (
        select(user_facilities.c.user_id, facilities.c.name_ko, facilities.c.name_en)
        .join(facilities, facilities.c.facility_id == user_facilities.c.facility_id)
        .where(user_facilities.c.user_id.in_([row.user_id for row in rows if row.role in FACILITY_ROLES]))
        .order_by(facilities.c.name_ko, facilities.c.facility_id)
    )
    of_person: dict[UUID, list[LocalText]] = defaultdict(list)
    for one in connection.execute(owned):
        of_person[one.user_id].append(LocalText(ko=one.name_ko, en=one.name_en))
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
            sessions=row.sessions,
            has_second_factor=row.has_second_factor,
            facilities=tuple(of_person[row.user_id]),
        )
        for row in rows
    )


def _row(connection: Connection, username: str) -> Row[Any]:
    row = connection.execute(select(users).where(users.c.username == username)).one_or_none()
    if row is None:
        raise not_found(Phrase("user_not_found"))
    return row


def _refuse_oneself(by: Person, row: Row[Any]) -> None:
    if row.user_id == by.user_id:
        raise ApiError(409, Phrase("oneself"))


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
