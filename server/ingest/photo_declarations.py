"""Declarations for photographs: two persons say that nobody is in the room, and for some minutes its camera may open.

Input are two identified persons and a case; output are rows.  A find suspends whatever was declared in its room before:
what is photographed then needs a new declaration.  So does whatever follows when somebody came in.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import Connection, select, update
from sqlalchemy import insert as insert_into

from server.cases.photographing import DECLARED_FOR
from server.interface.errors import ApiError
from server.people.auth import Person
from server.store.audit import record
from server.store.clock import now_ms
from server.store.schema import cases, photo_declarations
from server.store.stored_rows import StoredDeclaration
from sweep.phrases import Phrase
from sweep.report import new_id

SENDING_MS = 60_000  # guessed: how long a photograph may take to arrive, which counts as if it were taken later
EndedBy = Literal["person", "find"]


def declare(connection: Connection, first: Person, second: Person, case_id: UUID) -> StoredDeclaration:
    """A declaration of these two about the room of a case; one of the first person's from before ends."""
    end(connection, case_id, "person", actor=first.display_name, user_id=first.user_id)
    declaration_id, declared_ms = new_id(), now_ms()
    connection.execute(
        insert_into(photo_declarations).values(
            declaration_id=declaration_id,
            case_id=case_id,
            user_id=first.user_id,
            first_name=first.display_name,
            second_name=second.display_name,
            first_account=first.account,
            second_account=second.account,
            first_way=first.way,
            second_way=second.way,
            declared_ms=declared_ms,
            ends_ms=declared_ms + DECLARED_FOR // timedelta(milliseconds=1),
            ended_by=None,
        )
    )
    names = {"declared_by": [first.display_name, second.display_name], "first": first.way, "second": second.way}
    record(
        connection,
        actor=first.display_name,
        action="photo.declared",
        object_id=str(case_id),
        detail=names | {"declaration_id": str(declaration_id)},
    )
    return connection.execute(
        select(photo_declarations).where(photo_declarations.c.declaration_id == declaration_id)
    ).one()


def living(connection: Connection, case_id: UUID, person: Person) -> StoredDeclaration | None:
    """The declaration of this person about a case that holds now; None without one."""
    statement = select(photo_declarations).where(
        photo_declarations.c.case_id == case_id,
        photo_declarations.c.user_id == person.user_id,
        photo_declarations.c.ends_ms > now_ms(),
    )
    return connection.execute(statement.order_by(photo_declarations.c.declared_ms.desc()).limit(1)).one_or_none()


def needed(
    connection: Connection, case_id: UUID, person: Person, declaration_id: UUID, taken_ms: int
) -> StoredDeclaration:
    """The declaration that held when a photograph was taken; ApiError 409 when none did, with what to do.

    `taken_ms`: by the server's clock, as far as it can be told.
    """
    statement = select(photo_declarations).where(
        photo_declarations.c.declaration_id == declaration_id,
        photo_declarations.c.case_id == case_id,
        photo_declarations.c.user_id == person.user_id,
    )
    found = connection.execute(statement).one_or_none()
    if found is None or taken_ms < found.declared_ms:
        raise _none()
    if taken_ms <= found.ends_ms + (SENDING_MS if found.ended_by is None else 0):
        return found
    if found.ended_by == "find":
        raise ApiError(409, Phrase("declaration_suspended"))
    raise _none()


def end(connection: Connection, case_id: UUID, ended_by: EndedBy, *, actor: str, user_id: UUID | None = None) -> int:
    """End what is declared about a case, by one person or by all; returns how many declarations."""
    now = now_ms()
    where = [photo_declarations.c.case_id == case_id, photo_declarations.c.ends_ms > now]
    if user_id is not None:
        where.append(photo_declarations.c.user_id == user_id)
    done = connection.execute(update(photo_declarations).where(*where).values(ends_ms=now, ended_by=ended_by)).rowcount
    if done:
        detail = {"by": ended_by, "declarations": done}
        record(connection, actor=actor, action="photo.declaration_ended", object_id=str(case_id), detail=detail)
    return done


def suspend(connection: Connection, room_id: UUID, *, actor: str) -> None:
    """A camera was found in a room: whatever was declared there for photographs holds no longer."""
    for case_id in connection.scalars(select(cases.c.case_id).where(cases.c.room_id == room_id)).all():
        end(connection, case_id, "find", actor=actor)


def _none() -> ApiError:
    return ApiError(409, Phrase("no_declaration"))
