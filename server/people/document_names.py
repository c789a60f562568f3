"""The names that stand on an office's documents beside pseudonyms: apart from the log, sealed, to be erased alone.

Input is what who keeps the accounts writes down; output are names by the pseudonyms that entries bear.  A name lies
under a key of its own like a body of an entry, and goes with it; no entry and no projection ever holds one.
"""

from __future__ import annotations

from sqlalchemy import Connection, Select, delete, insert, select

from server.interface.errors import not_found
from server.interface.views.offices import NamedPeople, NamedPerson
from server.store.audit import record
from server.store.bodies import keys_of, open_row, sealed_rows
from server.store.clock import now_ms
from server.store.schema import account_names, body_data, document_names, users
from sweep.entry.envelope import make_body
from sweep.phrases import Phrase

NAME_TYPE = "text/plain; charset=utf-8"


def set_name(connection: Connection, username: str, name: str, *, actor: str) -> bool:
    """By what name this account's person stands on documents; True when an earlier one goes, whose key has to be
    destroyed after. ApiError 404.
    """
    account = _account(connection, username)
    had_one = forget_document_name(connection, account)
    (row,) = sealed_rows(connection, [make_body(NAME_TYPE, name.encode())])
    now = now_ms()
    connection.execute(insert(body_data).values(**row, arrived_ms=now, brought_by=None))
    connection.execute(insert(document_names).values(account=account, commitment=row["commitment"], set_ms=now))
    record(connection, actor=actor, action="document_name.set", object_id=username, detail={})
    return had_one


def erase_name(connection: Connection, username: str, *, actor: str) -> None:
    """Let no document show this person's name any more; its key has to be destroyed after. ApiError 404."""
    if forget_document_name(connection, _account(connection, username)):
        record(connection, actor=actor, action="document_name.erased", object_id=username, detail={})


def forget_document_name(connection: Connection, account: str) -> bool:
    """Take the name of an account away, if it has one: was there one?"""
    named = document_names.c.account == account
    commitment = connection.scalar(select(document_names.c.commitment).where(named))
    if commitment is None:
        return False
    connection.execute(delete(document_names).where(named))
    connection.execute(delete(body_data).where(body_data.c.commitment == commitment))
    keys_of(connection).is_due = True
    return True


def names_by_pseudonym(connection: Connection, district_id: str) -> dict[str, str]:
    """The name of each person of a district, by every pseudonym that the person ever bore there."""
    bore = (account_names.c.district_id == district_id) & account_names.c.name.is_not(None)
    statement = _sealed(account_names.c.name.label("pseudonym")).join(
        account_names, account_names.c.account == document_names.c.account
    )
    return _opened(connection, statement.where(bore).order_by(account_names.c.since_ms))


def named_people(connection: Connection, district_id: str) -> NamedPeople:
    """Who of a district stands on documents by name."""
    statement = _sealed(users.c.username.label("pseudonym")).join(users, users.c.account == document_names.c.account)
    found = _opened(connection, statement.where(users.c.district_id == district_id).order_by(users.c.username))
    return NamedPeople(people=tuple(NamedPerson(username=user, name=name) for user, name in found.items()))


def _sealed(whose: object) -> Select[tuple[str, int, bytes, str]]:
    return select(body_data.c.commitment, body_data.c.slot, body_data.c.sealed, whose).select_from(  # type: ignore[call-overload, no-any-return]  # columns of any type
        document_names.join(body_data, body_data.c.commitment == document_names.c.commitment)
    )


def _opened(connection: Connection, statement: Select[tuple[str, int, bytes, str]]) -> dict[str, str]:
    found = {}
    for row in connection.execute(statement):
        data = open_row(connection, row.commitment, row.slot, row.sealed).data
        if data is not None:
            found[row.pseudonym] = data.decode()
    return found


def _account(connection: Connection, username: str) -> str:
    account: str | None = connection.scalar(select(users.c.account).where(users.c.username == username))
    if account is None:
        raise not_found(Phrase("user_not_found"))
    return account
