"""The districts of a city: a district is the tenant that entries name, and one of them is this server's own.

Input is the tenant of this server, or what the city adds; output are rows of `districts`.  Facilities that nobody gave
to a district, and people from before there were any, belong to this server's own.
"""

from __future__ import annotations

from sqlalchemy import Connection, insert, select, update

from server.interface.errors import ApiError, invalid
from server.interface.fields import CITY_ROLES, Role
from server.interface.views.people import DistrictView
from server.store.audit import record
from server.store.clock import now_ms
from server.store.db import Database
from server.store.schema import districts, facilities, users
from sweep.phrases import Phrase
from sweep.report import LocalText

OF_HERE = ""
"""District of a person from before there were districts, until the first start of a newer release."""


def settle_home(db: Database, tenant: str) -> None:
    """Know this server's own district, and give it whatever belongs to none; costs one read when all is settled."""
    homeless = select(facilities.c.facility_id).where(facilities.c.district_id.is_(None)).limit(1)
    unsettled = select(users.c.user_id).where(users.c.district_id == OF_HERE).limit(1)
    with db.read() as connection:
        is_known = connection.scalar(select(districts.c.is_home).where(districts.c.district_id == tenant))
        is_settled = is_known and connection.scalar(homeless) is None and connection.scalar(unsettled) is None
    if is_settled:
        return
    with db.write() as connection:
        connection.execute(update(districts).values(is_home=districts.c.district_id == tenant))
        if connection.scalar(select(districts.c.district_id).where(districts.c.district_id == tenant)) is None:
            _insert(connection, tenant, LocalText(ko=tenant, en=tenant), is_home=True)
        connection.execute(update(facilities).where(facilities.c.district_id.is_(None)).values(district_id=tenant))
        connection.execute(update(users).where(users.c.district_id == OF_HERE).values(district_id=tenant))


def add_district(connection: Connection, district_id: str, name: LocalText, *, actor: str) -> None:
    """A new district, or a new name of one that is there."""
    if connection.scalar(select(districts.c.district_id).where(districts.c.district_id == district_id)) is None:
        _insert(connection, district_id, name, is_home=False)
    else:
        renamed = update(districts).where(districts.c.district_id == district_id)
        connection.execute(renamed.values(name_ko=name.ko, name_en=name.en))
    record(connection, actor=actor, action="district.named", object_id=district_id, detail={})


def name_of(connection: Connection, district_id: str) -> str:
    """What documents call a district; empty while it is known by its id alone."""
    found = connection.scalar(select(districts.c.name_ko).where(districts.c.district_id == district_id))
    return "" if found is None or found == district_id else found


def rename(connection: Connection, district_id: str, ko: str, *, actor: str) -> None:
    """Another Korean name, if it is another one; it is the English one, too, where there was none."""
    row = connection.execute(select(districts).where(districts.c.district_id == district_id)).one_or_none()
    if row is not None and row.name_ko != ko:
        english = ko if row.name_en in {district_id, row.name_ko} else row.name_en
        add_district(connection, district_id, LocalText(ko=ko, en=english), actor=actor)


def all_districts(connection: Connection, only: str | None = None) -> tuple[DistrictView, ...]:
    """Every district by its Korean name, or `only` one."""
    statement = select(districts).order_by(districts.c.name_ko, districts.c.district_id)
    if only is not None:
        statement = statement.where(districts.c.district_id == only)
    return tuple(
        DistrictView(district_id=row.district_id, name=LocalText(ko=row.name_ko, en=row.name_en), is_home=row.is_home)
        for row in connection.execute(statement)
    )


def district_for(connection: Connection, role: Role, wanted: str | None) -> str | None:
    """District of a new account; None: the whole city. ApiError 400 for one that is not there or does not fit."""
    if wanted is not None and role in CITY_ROLES:
        raise invalid(Phrase("city_role", role=role), code="city_role")
    return existing_district(connection, wanted)


def existing_district(connection: Connection, wanted: str | None) -> str | None:
    """The district as it was named, None when none was; ApiError 404 for one that is not there."""
    known = select(districts.c.district_id).where(districts.c.district_id == wanted)
    if wanted is not None and connection.scalar(known) is None:
        raise ApiError(404, Phrase("named_district_not_found", wanted=wanted), code="not_found")
    return wanted


def home_of(connection: Connection) -> str | None:
    """Own district of this server; None before its first start."""
    return connection.scalar(select(districts.c.district_id).where(districts.c.is_home).limit(1))


def _insert(connection: Connection, district_id: str, name: LocalText, *, is_home: bool) -> None:
    connection.execute(
        insert(districts).values(
            district_id=district_id, name_ko=name.ko, name_en=name.en, is_home=is_home, created_ms=now_ms()
        )
    )
