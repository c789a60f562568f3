"""The one write door for evidence: an entry is verified, stored verbatim, put in order and acknowledged.

Input is an `Arrival`; output is an `Outcome` whose receipt may be given away because the transaction is on disk.  The
same entry again changes nothing.  Another entry in the same place is kept beside the first, with an alarm, and refused
with 409.  Entries of keys that nobody admitted are quarantined, those of unknown kinds and versions kept as unreadable.
It never re-serialises a payload and never stores a body again that was erased.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection, Row, func, insert, select, union_all, update

from server import keys
from server.alarms import raise_alarm
from server.arrivals import Arrival
from server.clock import now_ms, to_ms
from server.db import Database
from server.errors import ApiError, invalid
from server.log import next_index
from server.projections import mark_due, project
from server.schema import IS_ACCEPTED, IS_QUARANTINED, body_data, body_refs, entries, erased_bodies
from server.signatures import signed_entry
from sweep.entry import RECEIPT_TYPE, EntryError, Receipt, SignedEntry, Signer, verify_signature

Status = Literal["accepted", "quarantined", "conflict"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an entry."""

    log_index: int
    entry_id: UUID
    status: Status
    received_ms: int
    is_new: bool
    kind: str | None
    sweep_id: UUID | None


def accept(db: Database, arrival: Arrival, *, quarantine_max_bytes: int) -> Outcome:
    """Store an entry; when this returns it is on disk.

    Raises ApiError 400 when the signature of an admitted key does not hold, 507 when the quarantine is full, and
    DiskFullError when the disk is.
    """
    with db.write() as connection:
        return write(connection, arrival, quarantine_max_bytes=quarantine_max_bytes)


def write(
    connection: Connection,
    arrival: Arrival,
    *,
    quarantine_max_bytes: int,
    verified_with: bytes | None = None,
    is_read_later: bool = False,
) -> Outcome:
    """`accept` inside a write transaction that the caller commits.

    `verified_with` is the public key under which the caller verified the signature.  What the sweep says is projected
    at once, or by whoever takes care of what is due when `is_read_later`.
    """
    key = _find_signer(connection, arrival)
    if key is not None and key.public_key != verified_with:
        verify(arrival.entry, key.public_key)
    known = _find_same(connection, arrival.entry)
    if known is not None:
        _store_bodies(connection, arrival)
        if known.status == "accepted" and arrival.bodies:
            _read(connection, known.sweep_id, known.log_index, is_read_later)
        return _outcome(known, is_new=False)
    received_ms, log_index = now_ms(), next_index(connection)
    envelope = arrival.envelope
    objection = keys.objection(key, envelope.source if envelope else None, received_ms, log_index)
    rival = None if objection else _find_rival(connection, arrival)
    if objection:
        _check_quarantine(connection, arrival, quarantine_max_bytes)
    status: Status = "quarantined" if objection else "conflict" if rival is not None else "accepted"
    key_id = key.key_id if key else arrival.entry.signatures[0][0]
    _insert(connection, arrival, key_id, log_index, received_ms, status, objection or arrival.unreadable, rival)
    _store_bodies(connection, arrival)
    sweep_id = envelope.sweep_id if envelope else None
    if objection == "source_not_allowed" or rival is not None:
        raise_alarm(
            connection,
            "conflict" if rival is not None else "source_not_allowed",
            key_id=key.key_id if key else None,
            sweep_id=sweep_id,
            log_index=log_index,
            other_log_index=rival,
        )
    if status == "accepted":
        _check_chain(connection, arrival, log_index)
        _read(connection, sweep_id, log_index, is_read_later)
    kind = envelope.kind if envelope else None
    return Outcome(log_index, arrival.entry_id, status, received_ms, True, kind, sweep_id)


def receipt_for(outcome: Outcome, arrival: Arrival, signer: Signer) -> SignedEntry:
    """The signed receipt of a stored entry; the same bytes for the same upload."""
    receipt = Receipt(
        v=1,
        entry_id=outcome.entry_id,
        entry_hash=arrival.entry.entry_hash,
        commitments=tuple(sorted(body.commitment for body in arrival.bodies)),
        log_index=outcome.log_index,
        received_ms=outcome.received_ms,
        inclusion_proof=None,
    )
    return signer.sign(RECEIPT_TYPE, receipt.model_dump_json().encode())


def conflict_error() -> ApiError:
    """The refusal of an entry that claims the place of another one."""
    return ApiError(
        409,
        "conflict",
        "같은 번호의 다른 기록이 이미 있습니다. 둘 다 보관하고 알림을 남겼습니다",
        "another entry has this place; both are kept and an alarm was raised",
    )


def release_quarantine(connection: Connection, key: keys.Key) -> tuple[int, int]:
    """Judge a key's quarantined entries again after its admission: (accepted, left in quarantine).

    An entry whose signature does not hold stays, with the reason `bad_signature`.
    """
    waiting = connection.execute(
        select(entries).where(entries.c.key_id == key.key_id, entries.c.reason == keys.UNKNOWN_KEY)
    ).all()
    released = 0
    for row in sorted(waiting, key=lambda row: row.log_index):
        entry = signed_entry(row)
        try:
            verify_signature(entry, row.payload_type, key.public_key)
            reason = keys.objection(key, row.source, now_ms(), row.log_index)
        except EntryError:
            reason = "bad_signature"
        values: dict[str, Any] = {"reason": reason}
        if reason is None:
            rival = _rival_of(connection, row.entry_id, row.key_id, row.seq)
            values = {
                "status": "accepted" if rival is None else "conflict",
                "conflict_with": rival,
                "reason": None if row.is_readable else "unknown_kind" if row.kind else "unknown_version",
            }
            released += 1
        connection.execute(update(entries).where(entries.c.log_index == row.log_index).values(**values))
        if values.get("conflict_with") is not None:
            raise_alarm(
                connection,
                "conflict",
                key_id=row.key_id,
                sweep_id=row.sweep_id,
                log_index=row.log_index,
                other_log_index=values["conflict_with"],
            )
        elif reason is None:
            project(connection, row.sweep_id)
    return released, len(waiting) - released


def _find_signer(connection: Connection, arrival: Arrival) -> keys.Key | None:
    if arrival.envelope is not None:
        return keys.find_key(connection, arrival.envelope.key_id)
    found = (keys.find_key(connection, key_id) for key_id, _ in arrival.entry.signatures)
    return next((key for key in found if key is not None), None)


def _read(connection: Connection, sweep_id: UUID | None, log_index: int, is_later: bool) -> None:
    if is_later:
        mark_due(connection, sweep_id, log_index)
    else:
        project(connection, sweep_id)


def verify(entry: SignedEntry, public_key: bytes) -> None:
    """ApiError 400 when this key did not sign the entry as it is."""
    try:
        verify_signature(entry, entry.payload_type, public_key)
    except EntryError as error:
        raise invalid(str(error), ko="서명이 올바르지 않습니다", code="bad_signature") from None


def _find_same(connection: Connection, entry: SignedEntry) -> Row[Any] | None:
    """The entry as it is already there: accepted with any signatures, or quarantined with just these."""
    same = entries.c.entry_hash == entry.entry_hash
    for condition in (entries.c.status != "quarantined", entries.c.signatures_hash == entry.signatures_hash):
        found = connection.execute(select(entries).where(same, condition).order_by(entries.c.log_index).limit(1))
        row = found.one_or_none()
        if row is not None:
            return row
    return None


def _find_rival(connection: Connection, arrival: Arrival) -> int | None:
    if arrival.envelope is None:
        return _rival_of(connection, arrival.entry_id, None, None)
    return _rival_of(connection, arrival.entry_id, arrival.envelope.key_id, arrival.envelope.seq)


def _rival_of(connection: Connection, entry_id: UUID, key_id: str | None, seq: int | None) -> int | None:
    """Log index of the accepted entry that has this id or this place in the key's chain."""
    accepted = select(entries.c.log_index).where(IS_ACCEPTED)
    claims = [accepted.where(entries.c.entry_id == entry_id)]
    if seq is not None:
        claims.append(accepted.where(entries.c.key_id == key_id, entries.c.seq == seq))
    return min(connection.scalars(union_all(*claims)).all(), default=None)


def _check_quarantine(connection: Connection, arrival: Arrival, max_bytes: int) -> None:
    held = connection.scalar(select(func.sum(entries.c.size)).where(IS_QUARANTINED)) or 0
    if held + arrival.size > max_bytes:
        raise ApiError(
            507,
            "quarantine_full",
            "등록되지 않은 키의 기록이 너무 많습니다. 관리자에게 키 등록을 요청하십시오",
            "too many entries of keys that nobody admitted; ask the administrator to admit the key",
        )


def _insert(
    connection: Connection,
    arrival: Arrival,
    key_id: str,
    log_index: int,
    received_ms: int,
    status: Status,
    reason: str | None,
    rival: int | None,
) -> None:
    entry, envelope = arrival.entry, arrival.envelope
    values: dict[str, Any] = {}
    if envelope is not None:
        names = ("seq", "prev", "kind", "source", "subject", "assurance", "room_id", "sweep_id")
        values = {name: getattr(envelope, name) for name in names} | {"made_ms": to_ms(envelope.time.utc)}
    connection.execute(
        insert(entries).values(
            log_index=log_index,
            entry_hash=entry.entry_hash,
            signatures_hash=entry.signatures_hash,
            entry_id=arrival.entry_id,
            key_id=key_id,
            status=status,
            reason=reason,
            conflict_with=rival,
            is_readable=arrival.unreadable is None,
            payload_type=entry.payload_type,
            payload=entry.payload,
            signatures_json=json.dumps([[key_id, signature.hex()] for key_id, signature in entry.signatures]),
            size=arrival.size,
            received_ms=received_ms,
            **values,
        )
    )
    refs = [
        {"log_index": log_index, "position": position, **ref.model_dump()} for position, ref in enumerate(arrival.refs)
    ]
    if refs:
        connection.execute(insert(body_refs), refs)


def _store_bodies(connection: Connection, arrival: Arrival) -> None:
    """Keep the bodies that are neither there nor erased."""
    wanted = {body.commitment: body for body in arrival.bodies}
    if not wanted:
        return
    there = select(body_data.c.commitment).where(body_data.c.commitment.in_(wanted))
    erased = select(erased_bodies.c.commitment).where(erased_bodies.c.commitment.in_(wanted))
    known = set(connection.scalars(there.union_all(erased)))
    rows = [
        {
            "commitment": commitment,
            "salt": body.salt,
            "data": body.data,
            "sha256": hashlib.sha256(body.data).hexdigest(),
            "arrived_ms": now_ms(),
        }
        for commitment, body in wanted.items()
        if commitment not in known
    ]
    if rows:
        connection.execute(insert(body_data), rows)


def _check_chain(connection: Connection, arrival: Arrival, log_index: int) -> None:
    """Raise an alarm when the entry does not follow its predecessor or its successor does not follow it."""
    envelope = arrival.envelope
    if envelope is None:
        return
    neighbours = connection.execute(
        select(entries.c.log_index, entries.c.seq, entries.c.prev, entries.c.entry_hash).where(
            IS_ACCEPTED,
            entries.c.key_id == envelope.key_id,
            entries.c.seq.in_((envelope.seq - 1, envelope.seq + 1)),
        )
    ).all()
    broken = [
        row.log_index
        for row in neighbours
        if (row.entry_hash != envelope.prev if row.seq < envelope.seq else row.prev != arrival.entry.entry_hash)
    ]
    if envelope.seq == 1 and envelope.prev is not None:
        broken.append(log_index)
    for other in broken:
        raise_alarm(
            connection,
            "chain_break",
            key_id=envelope.key_id,
            sweep_id=envelope.sweep_id,
            log_index=log_index,
            other_log_index=other,
        )


def _outcome(row: Row[Any], *, is_new: bool) -> Outcome:
    return Outcome(row.log_index, row.entry_id, row.status, row.received_ms, is_new, row.kind, row.sweep_id)
