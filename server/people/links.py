"""Which account a subject of the single sign-on speaks for: linked by who keeps accounts, one to one.

Input are a subject, as its provider names it, and a user name; output are rows of `single_sign_on_links` and lines of
the audit trail.  Somebody without a link is told what to ask the administrator for, and gets nothing.
"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from sqlalchemy import Connection, delete, insert, select

from server.interface.errors import ApiError, not_found
from server.interface.views.people import SignOnRow
from server.people.auth import Person, person_of
from server.people.second_factor import needs_second_factor
from server.people.single_sign_on import Proved
from server.store.audit import record
from server.store.clock import from_ms, now_ms
from server.store.db import Database
from server.store.schema import single_sign_on_links, users
from sweep.phrases import Phrase


def link(connection: Connection, username: str, issuer: str, subject: str, *, actor: str) -> None:
    """Let a subject speak for an account, instead of any other; ApiError 404 without it, 409 for one of another's."""
    user_id: UUID | None = connection.scalar(
        select(users.c.user_id).where(users.c.username == username, users.c.is_active)
    )
    if user_id is None:
        raise not_found(Phrase("user_not_found"))
    of_subject = (single_sign_on_links.c.issuer == issuer) & (single_sign_on_links.c.subject == subject)
    holder = connection.scalar(select(single_sign_on_links.c.user_id).where(of_subject))
    if holder is not None and holder != user_id:
        raise ApiError(409, Phrase("subject_taken"))
    connection.execute(delete(single_sign_on_links).where(single_sign_on_links.c.user_id == user_id))
    row = {"user_id": user_id, "issuer": issuer, "subject": subject, "linked_ms": now_ms()}
    connection.execute(insert(single_sign_on_links).values(**row))
    record(connection, actor=actor, action="sign_on.linked", object_id=username, detail={"issuer": issuer})


def unlink(connection: Connection, username: str, *, actor: str) -> None:
    """Let no subject speak for an account any more; ApiError 404 without the account."""
    user_id: UUID | None = connection.scalar(select(users.c.user_id).where(users.c.username == username))
    if user_id is None:
        raise not_found(Phrase("user_not_found"))
    if connection.execute(delete(single_sign_on_links).where(single_sign_on_links.c.user_id == user_id)).rowcount:
        record(connection, actor=actor, action="sign_on.unlinked", object_id=username, detail={})


def linked_people(connection: Connection, issuer: str | None, district_id: str | None) -> tuple[SignOnRow, ...]:
    """Every active account of a district, or of all, with the subject that speaks for it, by display name."""
    links = single_sign_on_links
    statement = (
        select(users, links.c.issuer, links.c.subject, links.c.linked_ms)
        .outerjoin(links, links.c.user_id == users.c.user_id)
        .where(users.c.is_active)
        .order_by(users.c.display_name, users.c.username)
    )
    if district_id is not None:
        statement = statement.where(users.c.district_id == district_id)
    return tuple(
        SignOnRow(
            username=row.username,
            display_name=row.display_name,
            role=row.role,
            district_id=row.district_id,
            subject=row.subject,
            linked=None if row.linked_ms is None else from_ms(row.linked_ms),
            is_of_this_provider=row.issuer is not None and row.issuer == issuer,
        )
        for row in connection.execute(statement)
    )


def person_behind(db: Database, issuer: str, proved: Proved) -> Person:
    """The active person for whom this subject speaks.

    ApiError 403 when nobody linked it, and when a role needs more than the password that the provider asked for.
    """
    statement = (
        select(users)
        .join(single_sign_on_links, single_sign_on_links.c.user_id == users.c.user_id)
        .where(
            single_sign_on_links.c.issuer == issuer,
            single_sign_on_links.c.subject == proved.subject,
            users.c.is_active,
        )
    )
    with db.read() as connection:
        row = connection.execute(statement).one_or_none()
    if row is None:
        raise ApiError(403, Phrase("not_invited", subject=proved.subject))
    if not proved.is_strong and needs_second_factor(replace(person_of(row), way="password")):
        raise ApiError(403, Phrase("second_factor_needed_there"), code="second_factor_needed")
    return person_of(row, "single_sign_on")
