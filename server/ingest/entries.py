"""The one ingest path for evidence: an entry is verified, stored verbatim, put in order and acknowledged.

Input is an `Arrival`; output is an `Outcome` whose receipt may be given away because the transaction is on disk.  The
same entry again changes nothing.  Another entry in the same place is kept beside the first, with an alarm, and refused
with 409.  Entries of keys that nobody admitted, and those that their key may not sign, are quarantined; those of
unknown kinds and versions are kept as unreadable.  It never re-serialises a payload and never stores a body again that
was erased.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, bindparam, delete, select

from server.ingest import erasure_entries, key_entries, quarantine
from server.ingest.arrivals import Arrival
from server.ingest.entry_rows import Outcome, Place, insert_entries, store_bodies
from server.ingest.issued_documents import say_judged_anew
from server.ingest.judging import check_chain, release_quarantine
from server.interface.errors import ApiError, invalid
from server.log import tiles
from server.log.order import leaf_of, next_index, next_place
from server.projections import case_rows, photo_rows, reference_rows
from server.projections.projecting import project
from server.signing import keys, placements
from server.signing.validity import alarm_about, claim_of, objection, rival_of
from server.store.alarms import raise_alarm
from server.store.bodies import there_or_erased
from server.store.db import Database
from server.store.pending_sweeps import mark_all_due, mark_due
from server.store.schema import PURGED, body_refs, entries
from server.store.stored_rows import EntryStatus, StoredEntry
from sweep.entry.dsse import RECEIPT_TYPE, EntryError, SignedEntry, Signer, verify_signature
from sweep.entry.envelope import Body, Envelope, InclusionProof, Receipt
from sweep.entry.kinds import (
    BODY_ERASED,
    CASE_STEP,
    KEY_KINDS,
    PHOTO_EXPIRED,
    PHOTO_KINDS,
    PHOTO_TAKEN,
    PROOF_GIVEN,
    REFERENCE_CHECKED,
    ROOM_PLACED,
)
from sweep.phrases import Phrase

UNBOUNDED = 2**62
MAX_ALIKE = 8  # derived: one that counts, perhaps conflicts with it, and one of just these signatures

# Built once: an entry passes here a hundred times a second, and building a statement takes as long as running it.
_ALIKE = (
    select(entries)
    .where(
        entries.c.entry_hash == bindparam("entry_hash"),
        entries.c.status.in_(("accepted", "conflict")) | (entries.c.signatures_hash == bindparam("signatures_hash")),
    )
    .limit(MAX_ALIKE)
)


def accept(
    db: Database, arrival: Arrival, *, quarantine_max_bytes: int, network: str = quarantine.UNKNOWN_NETWORK
) -> Outcome:
    """Store an entry that came from this network; when this returns it is on disk.

    Raises ApiError 400 when the signature of an admitted key does not hold, 507 when the quarantine is full, and
    DiskFullError when the disk is.
    """
    with db.write() as connection:
        return write(connection, arrival, quarantine_max_bytes=quarantine_max_bytes, network=network)


def write(
    connection: Connection,
    arrival: Arrival,
    *,
    quarantine_max_bytes: int,
    network: str = quarantine.UNKNOWN_NETWORK,
    verified_with: bytes | None = None,
    is_read_later: bool = False,
) -> Outcome:
    """`accept` inside a write transaction that the caller commits.

    `verified_with` is the public key under which the caller verified the signature.  What the sweep says is projected
    at once, or by whoever takes care of what is due when `is_read_later`.
    """
    key = keys.find_key(connection, arrival.key_id)
    if key is not None and key.public_key != verified_with:
        verify(arrival.entry, key.public_key)
    known = _find_same(connection, arrival.entry)
    if known is not None and known.status != PURGED:
        return _accept_duplicate(connection, arrival, known, key, quarantine_max_bytes, network, is_read_later)
    envelope = arrival.envelope
    log_index, received_ms = _place(connection, known)
    reason = objection(connection, key, claim_of(envelope) if envelope else None, log_index)
    rival = None if reason else _find_rival(connection, arrival)
    status: EntryStatus = "quarantined" if reason else "conflict" if rival is not None else "accepted"
    key_id = arrival.key_id
    if key is None:
        quarantine.check_room(connection, network, key_id, arrival.size, max_bytes=quarantine_max_bytes)
    elif reason == keys.REVOKED:
        quarantine.check_revoked_room(connection, key_id, arrival.size, max_bytes=quarantine_max_bytes)
    place = Place(log_index, received_ms, key_id, status, reason or arrival.unreadable, rival)
    insert_entries(connection, [(arrival, place)])
    if known is None:
        tiles.append(connection, log_index, [leaf_of(arrival.entry, received_ms)])
    store_bodies(connection, [(log_index, arrival.bodies)])
    if key is None:
        quarantine.add(connection, log_index, network, key_id, arrival.size)
    sweep_id = envelope.sweep_id if envelope else None
    if reason is not None:
        alarm_about(connection, reason, key_id=key_id, sweep_id=sweep_id, log_index=log_index)
    if rival is not None:
        raise_alarm(
            connection, "conflict", key_id=key_id, sweep_id=sweep_id, log_index=log_index, other_log_index=rival
        )
    if status == "accepted":
        if envelope is not None:
            _count_in(connection, arrival, envelope, key_id, log_index)
        _read(connection, sweep_id, log_index, is_read_later)
    if status == "accepted" and not is_read_later:  # it may have turned out that the sweep is another key's
        row = connection.execute(select(entries).where(entries.c.log_index == log_index)).one()
        return _outcome(row, is_new=True)
    kind = envelope.kind if envelope else None
    return Outcome(log_index, arrival.entry_id, status, received_ms, True, kind, sweep_id, reason or arrival.unreadable)


def _count_in(connection: Connection, arrival: Arrival, envelope: Envelope, key_id: str, log_index: int) -> None:
    """Look at the neighbours of an accepted entry, and let it take effect when it is about a key or an erasure."""
    check_chain(
        connection,
        key_id=key_id,
        seq=envelope.seq,
        prev=envelope.prev,
        entry_hash=arrival.entry.entry_hash,
        sweep_id=envelope.sweep_id,
        log_index=log_index,
    )
    if envelope.kind in KEY_KINDS:
        key_entries.take_effect(connection, envelope, arrival.bodies, log_index)
    if envelope.kind in {BODY_ERASED, PHOTO_EXPIRED}:
        _erase(connection, arrival, log_index, envelope.subject)
    if envelope.kind == CASE_STEP:
        case_rows.take_effect(connection, envelope.sweep_id, log_index)
    if envelope.kind == PROOF_GIVEN:
        case_rows.take_proof(connection, log_index)
    if envelope.kind == REFERENCE_CHECKED:
        reference_rows.take_effect(connection, log_index)
    if envelope.kind in PHOTO_KINDS:
        photo_rows.take_effect(connection, log_index)
    if envelope.kind == ROOM_PLACED:
        foreign = placements.take_effect(connection, log_index)
        for sweep_id in sorted(foreign):
            project(connection, sweep_id)
        say_judged_anew(connection, foreign, actor=envelope.subject)


def _erase(connection: Connection, arrival: Arrival, log_index: int, actor: str) -> None:
    bodies = ((body.media_type, body.data) for body in arrival.bodies)
    mark_all_due(connection, erasure_entries.take_effect(connection, bodies, log_index, actor=actor))


def write_own(connection: Connection, arrival: Arrival) -> Outcome:
    """`write` for an entry that this server signed; ApiError 409 when it would not count: then nothing is kept."""
    outcome = write(connection, arrival, quarantine_max_bytes=UNBOUNDED)
    if outcome.status == "accepted":
        return outcome
    if outcome.reason in keys.WAITING_CODES:
        raise ApiError(409, Phrase("server_key_not_valid", why=outcome.reason))
    raise ApiError(409, Phrase("not_recorded", why=outcome.reason or outcome.status))


def receipt_for(outcome: Outcome, arrival: Arrival, signer: Signer, proof: InclusionProof) -> SignedEntry:
    """The signed receipt of a stored entry; the same again for the same upload, with a proof in the tree of then."""
    receipt = Receipt(
        v=1,
        entry_id=outcome.entry_id,
        entry_hash=arrival.entry.entry_hash,
        commitments=tuple(sorted(body.commitment for body in arrival.bodies)),
        log_index=outcome.log_index,
        received_ms=outcome.received_ms,
        inclusion_proof=proof,
    )
    return signer.sign(RECEIPT_TYPE, receipt.model_dump_json().encode())


def conflict_error() -> ApiError:
    """The refusal of an entry that claims the place of another one."""
    return ApiError(409, Phrase("conflict"))


def _accept_duplicate(
    connection: Connection,
    arrival: Arrival,
    known: StoredEntry,
    key: keys.Key | None,
    quarantine_max_bytes: int,
    network: str,
    is_read_later: bool,
) -> Outcome:
    """The same entry once more: bodies that were missing are kept, and a stranger's are counted."""
    more = _new_bodies(connection, arrival, known)
    if known.status == "quarantined":
        size = sum(len(body.data) for body in more)
        quarantine.grow(connection, known, network, size, max_bytes=quarantine_max_bytes)
    store_bodies(connection, [(known.log_index, more)])
    if known.status == "quarantined" and known.reason == keys.UNKNOWN_KEY and key is not None:
        release_quarantine(connection, key)
        known = connection.execute(select(entries).where(entries.c.log_index == known.log_index)).one()
    elif known.status == "accepted" and arrival.bodies:
        if known.kind in {BODY_ERASED, PHOTO_EXPIRED}:
            _erase(connection, arrival, known.log_index, known.subject)
        if known.kind == REFERENCE_CHECKED:
            reference_rows.take_effect(connection, known.log_index)
        if known.kind == PHOTO_TAKEN:
            photo_rows.take_effect(connection, known.log_index)
        _read(connection, known.sweep_id, next_index(connection), is_read_later)  # pages have heard of it
    return _outcome(known, is_new=False)


def _new_bodies(connection: Connection, arrival: Arrival, known: StoredEntry) -> tuple[Body, ...]:
    """Bodies to keep of an entry that is there; ApiError 400 for one that nothing refers to.

    Which bodies the envelope of an unknown version names nobody here can check: its bodies are those that came first.
    """
    if arrival.envelope is None:
        named = set(connection.scalars(select(body_refs.c.commitment).where(body_refs.c.log_index == known.log_index)))
        if any(body.commitment not in named for body in arrival.bodies):
            raise invalid(Phrase("body_did_not_come_first"), code="malformed_entry")
    known_bodies = there_or_erased(connection, {body.commitment for body in arrival.bodies})
    return tuple(body for body in arrival.bodies if body.commitment not in known_bodies)


def _place(connection: Connection, purged: StoredEntry | None) -> tuple[int, int]:
    """(log index, time of receipt) of a new entry: the next one, or its own from before it was purged."""
    if purged is None:
        return next_place(connection)
    connection.execute(delete(entries).where(entries.c.log_index == purged.log_index))
    return purged.log_index, purged.received_ms


def _read(connection: Connection, sweep_id: UUID | None, log_index: int, is_later: bool) -> None:
    mark_due(connection, sweep_id, log_index)
    if not is_later:
        project(connection, sweep_id)


def verify(entry: SignedEntry, public_key: bytes) -> None:
    """ApiError 400 when this key did not sign the entry as it is."""
    try:
        verify_signature(entry, entry.payload_type, public_key)
    except EntryError as error:
        raise invalid(error, code="bad_signature") from None


def _find_same(connection: Connection, entry: SignedEntry) -> StoredEntry | None:
    """The entry as it is already there: counted with any signatures, else quarantined or purged with just these."""
    found = connection.execute(_ALIKE, {"entry_hash": entry.entry_hash, "signatures_hash": entry.signatures_hash}).all()
    ranks = {"accepted": 0, "conflict": 0, "quarantined": 1}
    return min(found, key=lambda row: (ranks.get(row.status, 2), row.log_index), default=None)


def _find_rival(connection: Connection, arrival: Arrival) -> int | None:
    if arrival.envelope is None:
        return rival_of(connection, arrival.entry_id, None, None)
    return rival_of(connection, arrival.entry_id, arrival.envelope.key_id, arrival.envelope.seq)


def _outcome(row: StoredEntry, *, is_new: bool) -> Outcome:
    return Outcome(row.log_index, row.entry_id, row.status, row.received_ms, is_new, row.kind, row.sweep_id, row.reason)
