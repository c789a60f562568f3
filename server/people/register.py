"""The register of persons: which account is whose in entries, said in the log by this server's own key.

Input is an account that was made, named, moved or switched off; output is a statement (`person.registered`) that waits
for its signature.  The name is a body of its own, so that it can be erased and the line of the account stays.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Connection, Select, select, update

from server.interface.errors import not_found
from server.interface.fields import ENTRY_ROLES
from server.people.document_names import forget_document_name
from server.signing.statements import say
from server.store.clock import from_ms, now_ms
from server.store.schema import account_names, users
from server.store.stored_bodies import bodies_of
from sweep.entry import kinds
from sweep.phrases import Phrase
from sweep.report import parse_json
from sweep.report.log_records import PersonName, PersonRegistered


def register(connection: Connection, user_id: UUID, *, actor: str) -> None:
    """Say how an account is now, if its person makes entries or did."""
    row = connection.execute(select(users).where(users.c.user_id == user_id)).one()
    if row.role not in ENTRY_ROLES and row.registered_ms is None:
        return
    now = now_ms()
    line = PersonRegistered(
        v=1,
        account=row.account,
        district=row.district_id,
        role=row.role,
        is_active=row.is_active,
        since=from_ms(now),
    )
    name = PersonName(v=1, account=row.account, name=row.display_name)
    say(connection, kinds.PERSON_REGISTERED, line, second=name, actor=actor)
    connection.execute(update(users).where(users.c.user_id == user_id).values(registered_ms=now))


def register_missing(connection: Connection) -> None:
    """Register whoever is not yet: accounts from before there was a register."""
    for user_id in connection.scalars(_missing().order_by(users.c.created_ms, users.c.username)).all():
        register(connection, user_id, actor="system")


def is_missing(connection: Connection) -> bool:
    """Does somebody not stand in the register who should?"""
    return connection.scalar(_missing().limit(1)) is not None


def forget_name(connection: Connection, account: str) -> None:
    """The name of an account was erased from the log: it goes here too, unless the account is still in use."""
    of_account = users.c.account == account
    if connection.scalar(select(users.c.is_active).where(of_account)):
        return
    connection.execute(update(users).where(of_account).values(display_name=account))
    connection.execute(update(account_names).where(account_names.c.account == account).values(name=None))
    forget_document_name(connection, account)


def accounts_named(connection: Connection, log_indices: Iterable[int], commitment: str) -> list[str]:
    """Of which accounts this body of these entries is the name."""
    bodies = (body for log_index in log_indices for body in bodies_of(connection, log_index))
    name = (commitment, kinds.PERSON_NAME_TYPE)
    found = [body.data for body in bodies if (body.commitment, body.media_type) == name]
    return [parse_json(PersonName, data).account for data in found if data is not None]


def refuse_foreign_accounts(connection: Connection, named: Iterable[str], district_id: str | None) -> None:
    """ApiError 404 when one is another district's: all of a server's stand in one register."""
    own = select(users.c.account).where(users.c.district_id == district_id)
    if district_id is not None and set(named) - set(connection.scalars(own)):
        raise not_found(Phrase("body_not_found"))


def _missing() -> Select[UUID]:
    return select(users.c.user_id).where(users.c.registered_ms.is_(None), users.c.role.in_(sorted(ENTRY_ROLES)))
