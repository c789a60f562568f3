"""Rows of a district's list of people: whether each has an account, and inviting who has none.

Input are rows as own_people.py reads them; output are decisions, and what the door of accounts does.  A file gives
nobody a password: whoever comes in has one that nobody knows, until who keeps the accounts gives them their first.
Taking back switches off whoever has not begun yet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select

from server.imports.people.own_people import Item, Names, item_of, kept_cells, read_item
from server.imports.reading.table import Table
from server.imports.rows.border import Border
from server.imports.rows.deciding import Decision, Missing
from server.imports.rows.known import asked_before
from server.imports.rows.outlines import Districts
from server.imports.rows.rows import By, Given, Judged, Made, WholeRows
from server.interface.errors import ApiError
from server.people.accounts import KEPT_BY_CITY, invite, leave, renew
from server.people.auth import HashedPassword, Person, deactivate_user, hashed, random_password
from server.people.first_passwords import NO_CODE
from server.store.schema import users
from sweep.phrases import Phrase


@dataclass(slots=True)
class Known:
    """Who has an account, and whom rows of this file named."""

    there: Mapping[str, Row[Any]]
    in_file: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, connection: Connection) -> Known:
        return cls({row.username: row for row in connection.execute(select(users))})

    def decide(self, item: Item, asked: str | None, district_id: str | None) -> Decision:
        """What a row is; people of a district give no role that the city keeps."""
        if district_id is not None and item.role in KEPT_BY_CITY:
            return Decision("refused", ("role_above_own",))
        here = self.there.get(item.username)
        object_id = None if here is None else here.user_id
        if asked is not None:
            return Decision("same", ("waits_for_answer" if asked == "open" else "left_out_before",), None, object_id)
        doubts = list(item.doubts)
        if item.username and item.username in self.in_file:
            doubts.append("username_twice")
        self.in_file.add(item.username)
        if here is None:
            return Decision("question", tuple(doubts)) if doubts else Decision("new", item.notes)
        if district_id not in {None, here.district_id}:
            return Decision("question", ("username_taken",))
        if (here.role, here.district_id) != (item.role, item.district_id) or not item.is_called(here.display_name):
            doubts.append("account_differs")
        elif not here.is_active:
            doubts.append("account_switched_off")
        return Decision("question", tuple(doubts), None, object_id) if doubts else Decision("same", (), None, object_id)


class PeopleWork(WholeRows):
    """People of a district, one in a row."""

    def judge(
        self, connection: Connection, table: Table, _districts: Districts | None, given: Given
    ) -> tuple[list[Judged], list[Missing]]:
        """Each row beside the accounts; ApiError 403 for a command, which invites nobody from a list."""
        if given.person is None:
            raise _by_persons_only()
        border = Border.of(connection, given.district_id)
        asked = asked_before(connection, table.layout, given.district_id)[0]
        known, names = Known.of(connection), Names(connection)
        judged = []
        for own in table.own:
            district = border.named(own.said.get("district", ""), None)
            item = read_item(own, district, names, known.there)
            if problem := own.problem or district.refusal:
                decision = Decision("refused", (problem,))
            else:
                decision = known.decide(item, asked.get((item.key, item.mark)), given.district_id)
            judged.append(Judged(own.line, kept_cells(own, item), item, item.mark, decision))
        return judged, []

    def is_overtaken(self, connection: Connection, found: Row[Any]) -> bool:
        """Was somebody invited since?"""
        since = select(users.c.user_id).where(users.c.created_ms >= found.created_ms)
        return connection.scalar(since.limit(1)) is not None

    def apply(
        self, connection: Connection, _found: Row[Any], rows: Sequence[Row[Any]], by: By
    ) -> Mapping[int, Made | ApiError]:
        """Invite each as one does by hand, or let somebody begin anew who was switched off."""
        unknown = hashed(random_password())
        return {row.line: _invited(connection, row, by, unknown) for row in rows}

    def take_back(self, connection: Connection, _found: Row[Any], rows: Sequence[Row[Any]], by: By) -> set[int]:
        """Withdraw every invitation that nobody has accepted yet."""
        stay = set()
        for row in rows:
            there = connection.execute(select(users).where(users.c.user_id == row.object_id)).one()
            if not there.must_change_password:
                stay.add(row.line)
            elif there.is_active and by.person is not None:
                leave(connection, by.person, there.username)
            elif there.is_active:
                deactivate_user(connection, there.username, actor=by.actor)
        return stay


def _by_persons_only() -> ApiError:
    return ApiError(403, Phrase("people_by_person_only"), code="not_allowed")


def _invited(connection: Connection, row: Row[Any], by: By, unknown: HashedPassword) -> Made | ApiError:
    if by.person is None:
        return _by_persons_only()
    item, code = item_of(row.place_json), HashedPassword(NO_CODE)
    try:
        if row.object_id is not None:
            renew(connection, by.person, item.username, password=unknown, code=code)
            return Made(None, row.object_id, {"was_active": False})
        return Made(None, _invite(connection, item, by.person, unknown, code))
    except ApiError as error:
        return error


def _invite(connection: Connection, item: Item, by: Person, unknown: HashedPassword, code: HashedPassword) -> UUID:
    return invite(
        connection,
        by,
        username=item.username,
        display_name=item.display_name,
        role=item.known_role,
        district_id=item.district_id,
        facility_ids=(),
        password=unknown,
        code=code,
    )
