"""Which keys and persons could have changed the record of a room at a time, apart from who did.

Input are a room, perhaps one of its cases, and a time; output is a view for auditors.  The time is that at which this
server received entries; keys are judged at the index that the log had reached, by the same rules as at ingest, and
persons by the register that the log holds.  Whoever has this server's machine can sign with its keys and is not listed.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy import Connection, select

from server.interface.fields import ENTRY_ROLES
from server.interface.views.could_change import CouldHaveChanged, KeyThatCould, PersonWhoCould
from server.projections.case_rows import steps_of
from server.signing import keys
from server.signing.placements import placements_of
from server.store.clock import from_ms, to_ms
from server.store.schema import IS_ACCEPTED, entries
from server.store.stored_bodies import bodies_of
from server.store.stored_rows import StoredCase, StoredEntry
from server.verifier.signing_rules import PERSON, PLACED, RULES, is_placed
from sweep.entry.kinds import PERSON_NAME_TYPE, PERSON_REGISTERED, PERSON_REGISTERED_TYPE
from sweep.report import ContractError, Record, parse_json
from sweep.report.log_records import PersonName, PersonRegistered

R = TypeVar("R", bound=Record)


def could_have_changed(
    connection: Connection, room_id: UUID, at: datetime, case: StoredCase | None
) -> CouldHaveChanged:
    """Who could have changed the record of a room, or of a case of it, when `at` was now."""
    at_ms = to_ms(at)
    size = len_of_log(connection, at_ms)
    wrote = _wrote(connection, room_id, size, case)
    by_key = Counter(row.key_id for row in wrote)
    by_account = Counter(account for row in wrote if (account := _account_of(connection, row)) is not None)
    district = placements_of(connection, [room_id]).district_at(room_id, size)
    persons, since_ms = _persons(connection, size, district, by_account)
    return CouldHaveChanged(
        at=at,
        log_size=size,
        district=district,
        keys=tuple(_keys(connection, size, district, by_key)),
        persons=tuple(persons),
        registered_since=None if since_ms is None else from_ms(since_ms),
    )


def len_of_log(connection: Connection, at_ms: int) -> int:
    """How many entries the log had then; received times grow with it but where a clock was set back."""
    before = select(entries.c.log_index).where(entries.c.received_ms <= at_ms)
    last = connection.scalar(before.order_by(entries.c.log_index.desc()).limit(1))
    return 0 if last is None else last + 1


def _keys(connection: Connection, size: int, district: str | None, by_key: Counter[str]) -> Iterator[KeyThatCould]:
    for key in keys.all_keys(connection):
        bearer = key.bearer
        if keys.objection(key, max(size - 1, 0)) is not None or not is_placed(bearer, district):
            continue
        if bearer.signatory in PLACED and district is None:
            continue  # a room without a record is nobody's
        kinds = sorted({kind for rule in RULES[bearer.signatory] for kind in rule.kinds})
        yield KeyThatCould(
            key_id=key.key_id,
            signatory=bearer.signatory,
            name=key.name,
            probe_id=key.probe_id,
            tenant=key.tenant,
            kinds=tuple(kinds),
            wrote=by_key[key.key_id],
        )


def _persons(
    connection: Connection, size: int, district: str | None, by_account: Counter[str]
) -> tuple[list[PersonWhoCould], int | None]:
    """(accounts by their last line in the register before this index, when the first line was received)."""
    lines = select(entries).where(entries.c.kind == PERSON_REGISTERED, IS_ACCEPTED, entries.c.log_index < size)
    known: dict[str, tuple[PersonRegistered, str | None]] = {}
    since_ms: int | None = None
    for row in connection.execute(lines.order_by(entries.c.log_index)):
        said = _read(connection, row, PERSON_REGISTERED_TYPE, PersonRegistered)
        name = _read(connection, row, PERSON_NAME_TYPE, PersonName)
        since_ms = row.received_ms if since_ms is None else since_ms
        if said is not None:
            known[said.account] = (said, None if name is None else name.name)
    found = [
        PersonWhoCould(
            account=account,
            name=name,
            role=said.role,
            district=said.district,
            wrote=by_account[account],
        )
        for account, (said, name) in sorted(known.items())
        if said.is_active and said.role in ENTRY_ROLES and said.district in {None, district}
    ]
    return found, since_ms


def _wrote(connection: Connection, room_id: UUID, size: int, case: StoredCase | None) -> list[StoredEntry]:
    """The entries about the room, or the steps of the case, that count and stood in the log then."""
    if case is not None:
        return [row for row, _ in steps_of(connection, case.case_id, case.sweep_id) if row.log_index < size]
    about = select(entries).where(entries.c.room_id == room_id, IS_ACCEPTED, entries.c.log_index < size)
    return list(connection.execute(about.order_by(entries.c.log_index)))


def _account_of(connection: Connection, row: StoredEntry) -> str | None:
    """The account of the person that an entry names; None where its body is away or from before there were any."""
    if row.assurance not in PERSON:
        return None
    for body in bodies_of(connection, row.log_index):
        if body.data is not None and body.media_type.endswith("+json"):
            said = json.loads(body.data)  # of an entry of this server's own: it wrote the body itself
            account = said.get("account") if isinstance(said, dict) else None
            if isinstance(account, str):
                return account
    return None


def _read(connection: Connection, row: StoredEntry, media_type: str, model: type[R]) -> R | None:
    for body in bodies_of(connection, row.log_index):
        if body.media_type == media_type and body.data is not None:
            try:
                return parse_json(model, body.data)
            except ContractError:
                return None
    return None
