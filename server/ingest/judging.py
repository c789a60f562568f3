"""Judging stored entries anew when the reason for which they wait, or count, has changed.

Input is a key that was admitted, revoked, reinstated or corrected, or a whole log from before the rules; output are
entries where they belong and projections computed anew, in the order of the log.  Receipts that were given stay right:
no entry changes its place.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, bindparam, func, select, update

from server.ingest import erasure_entries, quarantine
from server.ingest.issued_documents import say_judged_anew
from server.projections import case_rows, photo_rows, proof_rows, reference_rows
from server.projections.projecting import project, project_due
from server.signing import keys, placements
from server.signing.validity import (
    CLAIM_COLUMNS,
    accept_row,
    counting,
    judge_conflict,
    objection,
    quarantine_row,
    restore_rivals,
    stored_claim,
    tenant_of,
)
from server.store.alarms import raise_alarm
from server.store.db import Database
from server.store.pending_sweeps import mark_all_due
from server.store.schema import IS_ACCEPTED, IS_QUARANTINED, entries
from server.store.schema import keys as key_table
from server.store.stored_bodies import bodies_of
from server.store.stored_rows import StoredEntry
from server.store.stored_wire import signed_entry
from sweep.entry.dsse import EntryError, verify_signature
from sweep.entry.kinds import (
    BODY_ERASED,
    CASE_STEP,
    KEY_KINDS,
    PHOTO_EXPIRED,
    PHOTO_KINDS,
    PROOF_GIVEN,
    REFERENCE_CHECKED,
    ROOM_PLACED,
)
from sweep.report.log_records import RELAYS

PAGE = 500
_NEIGHBOURS = select(entries.c.log_index, entries.c.seq, entries.c.prev, entries.c.entry_hash).where(
    IS_ACCEPTED,
    entries.c.key_id == bindparam("key_id"),
    entries.c.seq.in_((bindparam("before"), bindparam("after"))),
)


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of the entries of a key that was judged anew."""

    released: int
    left: int
    """In quarantine, of what waited there."""
    documents: tuple[str, ...]
    """Names of documents given out before, which would say something else now."""


def release_quarantine(connection: Connection, key: keys.Key) -> tuple[int, int]:
    """`judge_anew`, told as (accepted now, left in quarantine)."""
    judged = judge_anew(connection, key)
    return judged.released, judged.left


def judge_anew(connection: Connection, key: keys.Key) -> Judged:
    """Judge everything of a key anew.

    What was accepted and lies outside the key's validity now goes into quarantine.  An entry whose signature does not
    hold stays there, with the reason `bad_signature`: it is a stranger's.  An entry about a key stays what it was when
    it came: it is judged by the root keys before it, and has done what it says or never does.
    """
    of_key = (entries.c.key_id == key.key_id) & (entries.c.kind.is_(None) | entries.c.kind.not_in(KEY_KINDS))
    waited = connection.execute(select(entries).where(of_key, IS_QUARANTINED).order_by(entries.c.log_index)).all()
    before = set(connection.scalars(select(entries.c.log_index).where(of_key, IS_ACCEPTED)))
    for row in waited:
        _judge_waiting(connection, key, row)
    sweep_ids = {row.sweep_id for row in waited}
    is_outside = entries.c.log_index < key.valid_from_index
    if key.revoked_from_index is not None:
        is_outside |= entries.c.log_index >= key.revoked_from_index
    gone = connection.execute(select(entries).where(of_key, IS_ACCEPTED, is_outside)).all()
    for sweep_id in {row.sweep_id for row in gone}:
        project_due(connection, sweep_id)  # a find of a moment ago is one that stands
    for row in gone:
        quarantine_row(connection, row, keys.objection(key, row.log_index) or keys.REVOKED)
        sweep_ids |= {row.sweep_id, *restore_rivals(connection, row.log_index)}
    if key.role in RELAYS:  # its probes may be others now
        sweep_ids |= set(connection.scalars(select(entries.c.sweep_id).where(of_key, IS_ACCEPTED).distinct()))
    in_conflict = select(entries).where(of_key, entries.c.status == "conflict").order_by(entries.c.log_index)
    for row in connection.execute(in_conflict).all():
        if judge_conflict(connection, row):
            sweep_ids.add(row.sweep_id)
    for sweep_id in sorted(filter(None, sweep_ids)):
        project(connection, sweep_id)
    read_anew(connection, (*waited, *gone))
    left = select(entries.c.log_index).where(of_key, IS_QUARANTINED)
    still = set(connection.scalars(left))
    for row in waited:
        if row.log_index not in still and row.seq is not None:
            check_chain(
                connection,
                key_id=row.key_id,
                seq=row.seq,
                prev=row.prev,
                entry_hash=row.entry_hash,
                sweep_id=row.sweep_id,
                log_index=row.log_index,
            )
    stayed = sum(row.log_index in still for row in waited)
    return Judged(len(waited) - stayed, stayed, _say_what_changed(connection, of_key, before))


def _say_what_changed(connection: Connection, of_key: ColumnElement[bool], before: set[int]) -> tuple[str, ...]:
    """Write down which sweeps say something else now; returns the issued documents that they stand in."""
    changed = before ^ set(connection.scalars(select(entries.c.log_index).where(of_key, IS_ACCEPTED)))
    of_sweeps = select(entries.c.sweep_id).where(entries.c.log_index.in_(sorted(changed)))
    of_sweeps = of_sweeps.where(entries.c.sweep_id.is_not(None))
    touched = set(connection.scalars(of_sweeps)) if changed else set()
    return say_judged_anew(connection, touched, actor="system", is_asked=True)


def judge_by_role(connection: Connection, key: keys.Key) -> None:
    """Judge what counted of a key by the role that it has now."""
    rows = connection.execute(
        select(entries).where(entries.c.key_id == key.key_id, IS_ACCEPTED).order_by(entries.c.log_index)
    ).all()
    touched = {row.sweep_id for row in rows}
    for row in rows:
        reason = objection(connection, key, stored_claim(row), row.log_index)
        if reason is not None:
            quarantine_row(connection, row, reason)
            touched |= restore_rivals(connection, row.log_index)
    for sweep_id in sorted(filter(None, touched)):
        project(connection, sweep_id)
    read_anew(connection, rows)


def read_anew(connection: Connection, rows: Sequence[StoredEntry]) -> None:
    """Compute anew what hangs on no sweep where these entries, which count now or no more, are about it."""
    if any(row.kind == PROOF_GIVEN for row in rows):
        proof_rows.rebuild_proofs(connection)
    if any(row.kind in {CASE_STEP, PROOF_GIVEN} and row.sweep_id is None for row in rows):
        case_rows.rebuild_steps(connection)
    if any(row.kind in PHOTO_KINDS for row in rows):
        photo_rows.rebuild_photos(connection)


def judge_old_log(db: Database, tenant: str) -> int:
    """Bring a log from before the rules under them, once: returns how many entries stopped or began to count.

    Each key gets the tenant that its first accepted entry names, and this server's `tenant` when there is none.
    """
    with db.read() as connection:
        if connection.scalar(select(key_table.c.key_id).where(key_table.c.tenant.is_(None)).limit(1)) is None:
            return 0
    with db.write() as connection:
        _fill_tenants(connection)
        for key_id in connection.scalars(select(key_table.c.key_id).where(key_table.c.tenant.is_(None))).all():
            first = select(entries.c.tenant).where(
                entries.c.key_id == key_id, IS_ACCEPTED, entries.c.tenant.is_not(None)
            )
            found = connection.scalar(first.order_by(entries.c.log_index).limit(1))
            connection.execute(update(key_table).where(key_table.c.key_id == key_id).values(tenant=found or tenant))
        before = _counting(connection)
        touched = _quarantine_forbidden(connection)
        for key in keys.all_keys(connection):
            release_quarantine(connection, key)
        for sweep_id in sorted(touched):
            project(connection, sweep_id)
        say_judged_anew(connection, touched, actor="system")
        return len(before ^ _counting(connection))


def quarantined_of_admitted(connection: Connection) -> dict[str, int]:
    """How many entries wait of each admitted key that it signed itself."""
    waits = IS_QUARANTINED & (entries.c.reason != keys.BAD_SIGNATURE)
    rows = connection.execute(
        select(entries.c.key_id, func.count().label("waiting"))
        .join(key_table, key_table.c.key_id == entries.c.key_id)
        .where(waits)
        .group_by(entries.c.key_id)
    )
    return {row.key_id: row.waiting for row in rows}


def check_chain(
    connection: Connection,
    *,
    key_id: str,
    seq: int,
    prev: str | None,
    entry_hash: str,
    sweep_id: UUID | None,
    log_index: int,
) -> None:
    """Raise an alarm when an entry does not follow its predecessor or its successor does not follow it."""
    neighbours = connection.execute(_NEIGHBOURS, {"key_id": key_id, "before": seq - 1, "after": seq + 1}).all()
    broken = [
        row.log_index for row in neighbours if (row.entry_hash != prev if row.seq < seq else row.prev != entry_hash)
    ]
    if seq == 1 and prev is not None:
        broken.append(log_index)
    for other in broken:
        raise_alarm(
            connection, "chain_break", key_id=key_id, sweep_id=sweep_id, log_index=log_index, other_log_index=other
        )


def _judge_waiting(connection: Connection, key: keys.Key, row: StoredEntry) -> None:
    """Put one waiting entry where it belongs; what depends on the rest of its sweep follows at the projection."""
    try:
        verify_signature(signed_entry(row), row.payload_type, key.public_key)
    except EntryError:
        connection.execute(
            update(entries).where(entries.c.log_index == row.log_index).values(reason=keys.BAD_SIGNATURE)
        )
        return
    quarantine.forget(connection, (row.log_index,))
    reason = objection(connection, key, stored_claim(row), row.log_index)
    if reason is None:
        is_accepted = accept_row(connection, row)
        if is_accepted and row.kind in {BODY_ERASED, PHOTO_EXPIRED}:
            _erase(connection, row)
        if is_accepted and row.kind == REFERENCE_CHECKED:
            reference_rows.take_effect(connection, row.log_index)
        if is_accepted and row.kind == ROOM_PLACED:
            mark_all_due(connection, ((sweep_id, 0) for sweep_id in placements.take_effect(connection, row.log_index)))
    elif reason != row.reason:
        quarantine_row(connection, row, reason)


def _erase(connection: Connection, row: StoredEntry) -> None:
    """Let an erasure that waited take effect."""
    found = bodies_of(connection, row.log_index)
    bodies = ((body.media_type, body.data) for body in found if body.data is not None)
    mark_all_due(connection, erasure_entries.take_effect(connection, bodies, row.log_index, actor=row.subject))


def _fill_tenants(connection: Connection) -> None:
    after = -1
    while True:
        rows = connection.execute(
            select(entries.c.log_index, entries.c.payload)
            .where(entries.c.log_index > after, entries.c.tenant.is_(None), entries.c.kind.is_not(None))
            .order_by(entries.c.log_index)
            .limit(PAGE)
        ).all()
        for row in rows:
            connection.execute(
                update(entries).where(entries.c.log_index == row.log_index).values(tenant=tenant_of(row.payload))
            )
        if len(rows) < PAGE:
            return
        after = rows[-1].log_index


def _quarantine_forbidden(connection: Connection) -> set[UUID]:
    """Take every accepted entry that breaks a rule out of what counts; returns the sweeps that it was about."""
    accepted = select(*CLAIM_COLUMNS).where(IS_ACCEPTED).order_by(entries.c.sweep_id, entries.c.log_index)
    touched = set()
    for _, rows in itertools.groupby(connection.execute(accepted).all(), key=lambda row: row.sweep_id):
        together = list(rows)
        counts = {row.log_index for row in counting(connection, together)}
        for row in together:
            if row.log_index not in counts and row.sweep_id is not None:
                touched.add(row.sweep_id)  # the projection says why, and quarantines it
            elif row.log_index not in counts:
                key = keys.find_key(connection, row.key_id)
                found = objection(connection, key, stored_claim(row), row.log_index)
                quarantine_row(connection, row, found or keys.REVOKED)
    return touched


def _counting(connection: Connection) -> set[int]:
    return set(connection.scalars(select(entries.c.log_index).where(IS_ACCEPTED)))
