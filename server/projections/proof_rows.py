"""Proofs: who has confirmed at this server what a Pi's server said in their name, and what still waits for whom.

Input is a `proof.given` that has just been accepted, or entries about a sweep or case; output are rows of `proofs` and
`unproven`, which hold places in the log and account ids only, and for each entry of a relay which of the persons whom
it names are still to prove it.  Nobody proves for another: the name is the one that the entry names, and two persons
are two accounts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, insert, select

from server.cases.proving import second_of
from server.signing import keys
from server.signing.validity import allowed
from server.store.schema import IS_ACCEPTED, entries, proofs, unproven
from server.store.stored_bodies import bodies_of
from server.store.stored_rows import StoredEntry
from sweep.entry import kinds
from sweep.report import ContractError, parse_json
from sweep.report.case_records import CaseStep
from sweep.report.log_records import RELAYS
from sweep.report.proof_records import ProofGiven

FIRST, SECOND = 0, 1


@dataclass(frozen=True, slots=True)
class Claim:
    """What a relay said in persons' names that counts for nothing yet."""

    row: StoredEntry
    what: Any
    """The record of its body."""
    missing: tuple[str, ...]
    """Names of those who have not proven it."""


@dataclass(slots=True)
class Proven:
    """Which of some entries came by a relay, and by which accounts their persons proved them."""

    relayed: frozenset[int]
    by: dict[int, dict[int, str]] = field(default_factory=dict)
    """By log index and place, the account."""

    def missing(self, row: StoredEntry, needed: int, second: str | None) -> tuple[str, ...]:
        """Names of the persons, of so many, who have not proven an entry; none of an entry of this server's own pen."""
        if row.log_index not in self.relayed or needed == 0:
            return ()
        accounts = self.by.get(row.log_index, {})
        names = (row.subject, second or row.subject)[:needed]
        left = tuple(name for place, name in enumerate(names) if place not in accounts)
        return left if left or len(set(accounts.values())) >= needed else (names[-1],)

    def is_proven(self, row: StoredEntry) -> bool:
        """Did this server see the first person prove who they are?"""
        return row.log_index not in self.relayed or FIRST in self.by.get(row.log_index, {})


def proven_among(connection: Connection, rows: Sequence[StoredEntry]) -> Proven:
    """What is known of these entries."""
    known = keys.find_keys(connection, {row.key_id for row in rows})
    relays = {key_id for key_id, key in known.items() if key.role in RELAYS}
    relayed = frozenset(row.log_index for row in rows if row.key_id in relays)
    found = Proven(relayed)
    if relayed:
        given = select(proofs).join(entries, entries.c.log_index == proofs.c.log_index)
        given = given.where(IS_ACCEPTED, proofs.c.about_log_index.in_(relayed)).order_by(proofs.c.log_index.desc())
        for row in connection.execute(given):
            found.by.setdefault(row.about_log_index, {})[row.place] = row.account
    return found


def take_effect(connection: Connection, log_index: int) -> StoredEntry | None:
    """A proof counts: returns the entry that it is about; None when it proves nothing."""
    row = connection.execute(select(entries).where(entries.c.log_index == log_index)).one()
    proof = _read(connection, row)
    connection.execute(delete(proofs).where(proofs.c.log_index == log_index))
    if proof is None:
        return None
    about = connection.execute(
        select(entries).where(entries.c.entry_hash == proof.entry_hash, IS_ACCEPTED).limit(1)
    ).one_or_none()
    if about is None or (about.room_id, about.sweep_id, about.source) != (row.room_id, row.sweep_id, row.source):
        return None
    names = names_in(connection, about)
    if proof.name not in names:
        return None
    connection.execute(
        insert(proofs).values(
            log_index=log_index,
            about_log_index=about.log_index,
            place=names.index(proof.name),
            account=proof.account,
        )
    )
    return about


def names_in(connection: Connection, row: StoredEntry) -> tuple[str, ...]:
    """The persons whom an entry names, the first before the second."""
    for body in bodies_of(connection, row.log_index) if row.kind == kinds.CASE_STEP else ():
        if body.media_type == kinds.CASE_STEP_TYPE and body.data is not None:
            try:
                second = second_of(parse_json(CaseStep, body.data).step)
            except ContractError:
                break
            return (row.subject,) if second is None else (row.subject, second)
    return (row.subject,)


def rebuild_proofs(connection: Connection) -> None:
    """Compute anew which entries are proven."""
    connection.execute(delete(proofs))
    statement = select(entries).where(entries.c.kind == kinds.PROOF_GIVEN, IS_ACCEPTED)
    for row in allowed(connection, connection.execute(statement.order_by(entries.c.log_index)).all()):
        take_effect(connection, row.log_index)


def note_claims(
    connection: Connection, claims: Iterable[Claim], *, sweep_id: UUID | None = None, case_id: UUID | None = None
) -> None:
    """Write down what waits about a sweep, or about a case without one, in place of what waited before."""
    where = unproven.c.case_id == case_id if sweep_id is None else unproven.c.sweep_id == sweep_id
    connection.execute(delete(unproven).where(where))
    rows = [
        {"log_index": claim.row.log_index, "sweep_id": sweep_id, "case_id": case_id, "room_id": claim.row.room_id}
        for claim in claims
    ]
    if rows:
        connection.execute(insert(unproven), rows)


def _read(connection: Connection, row: StoredEntry) -> ProofGiven | None:
    for body in bodies_of(connection, row.log_index):
        if body.media_type == kinds.PROOF_GIVEN_TYPE and body.data is not None:
            try:
                return parse_json(ProofGiven, body.data)
            except ContractError:
                return None
    return None
