"""The plain entries of a commit group, stored together with a dozen statements instead of a dozen each.

Input are arrivals that wait for the same writer, each with the public key under which its signature was verified;
output are the outcomes of those that were stored.  Plain is an entry about which nothing has to be said or kept beside
it: its key is admitted and may sign it, it is new, its place is free, its neighbours in the chain fit, and nothing else
in the group has its key, its id or its sweep.  All others are left to entries.py, which knows every case and would have
stored these just so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, select, tuple_, union_all

from server.ingest.arrivals import Arrival
from server.ingest.entry_rows import Outcome, Place, insert_entries, store_bodies
from server.log import tiles
from server.log.order import leaf_of, next_place
from server.signing import keys
from server.signing.validity import claim_of, objections
from server.store.pending_sweeps import mark_all_due
from server.store.schema import IS_ACCEPTED, entries
from server.store.stored_rows import StoredEntry
from sweep.entry.envelope import Envelope
from sweep.entry.kinds import (
    BODY_ERASED,
    CASE_STEP,
    KEY_KINDS,
    PHOTO_EXPIRED,
    PHOTO_KINDS,
    PROOF_KINDS,
    REFERENCE_CHECKED,
    ROOM_PLACED,
)

ACTING_KINDS = (
    KEY_KINDS | PHOTO_KINDS | PROOF_KINDS | {BODY_ERASED, CASE_STEP, PHOTO_EXPIRED, REFERENCE_CHECKED, ROOM_PLACED}
)
"""What changes something beside itself when it counts."""
_WAYS = (
    entries.c.entry_hash.in_(bindparam("hashes", expanding=True)),
    IS_ACCEPTED & entries.c.entry_id.in_(bindparam("entry_ids", expanding=True)),
    IS_ACCEPTED & tuple_(entries.c.key_id, entries.c.seq).in_(bindparam("places", expanding=True)),
)
_COLUMNS: tuple[Any, ...] = (
    entries.c.entry_hash,
    entries.c.entry_id,
    entries.c.key_id,
    entries.c.seq,
    entries.c.prev,
)
_NEAR = union_all(*(select(*_COLUMNS).where(way) for way in _WAYS))  # one look-up by an index each, never a scan


def write_plain(connection: Connection, group: Sequence[tuple[Arrival, bytes | None]]) -> dict[int, Outcome]:
    """Store the plain ones of a group in the caller's write transaction: outcomes by their number in the group.

    Call it before anything else of the group is written.
    """
    alone = _alone(group)
    if not alone:
        return {}
    signers = keys.find_keys(connection, {envelope.key_id for envelope in alone.values()})
    near = _near(connection, [(group[number][0].entry.entry_hash, envelope) for number, envelope in alone.items()])
    first, received_ms = next_place(connection)
    placed: dict[int, tuple[Arrival, Place]] = {}
    verified = {
        number: key
        for number, envelope in alone.items()
        if (key := signers.get(envelope.key_id)) is not None and key.public_key == group[number][1]
    }
    # which of the next places each will have makes no difference: nothing in this group changes what a key may sign
    against = objections(
        connection, [(key, claim_of(alone[number]), first + number) for number, key in verified.items()]
    )
    for number, key in verified.items():
        arrival, log_index = group[number][0], first + len(placed)
        if against[first + number] is None and _fits(arrival.entry.entry_hash, alone[number], near):
            place = Place(log_index, received_ms, key.key_id, "accepted", arrival.unreadable)
            placed[number] = (arrival, place)
    if not placed:
        return {}
    insert_entries(connection, list(placed.values()))
    tiles.append(connection, first, [leaf_of(arrival.entry, received_ms) for arrival, _ in placed.values()])
    store_bodies(connection, [(place.log_index, arrival.bodies) for arrival, place in placed.values()])
    mark_all_due(connection, ((alone[number].sweep_id, place.log_index) for number, (_, place) in placed.items()))
    return {
        number: Outcome(
            place.log_index,
            arrival.entry_id,
            "accepted",
            received_ms,
            True,
            alone[number].kind,
            alone[number].sweep_id,
            place.reason,
        )
        for number, (arrival, place) in placed.items()
    }


def _alone(group: Sequence[tuple[Arrival, bytes | None]]) -> dict[int, Envelope]:
    """Those verified entries whose key, id and sweep no other one of the group has, by their number in it."""
    marks = [_marks(arrival) for arrival, _ in group]
    times = Counter(mark for own in marks for mark in own)
    return {
        number: arrival.envelope
        for number, (arrival, verified_with) in enumerate(group)
        if arrival.envelope is not None
        and arrival.envelope.kind not in ACTING_KINDS
        and verified_with is not None
        and all(times[mark] == 1 for mark in marks[number])
    }


def _marks(arrival: Arrival) -> set[object]:
    signers = {key_id for key_id, _ in arrival.entry.signatures}
    about = set() if arrival.envelope is None else {("sweep", arrival.envelope.sweep_id)} - {("sweep", None)}
    return {arrival.entry_id} | signers | about


def _near(connection: Connection, new: Iterable[tuple[str, Envelope]]) -> Sequence[StoredEntry]:
    """What is stored already and has the hash, id or place of one of these entries, or the place beside it."""
    hashes, envelopes = zip(*new, strict=True)
    sought = {
        "hashes": hashes,
        "entry_ids": [envelope.entry_id for envelope in envelopes],
        "places": [(envelope.key_id, envelope.seq + step) for envelope in envelopes for step in (-1, 0, 1)],
    }
    return connection.execute(_NEAR, sought).all()


def _fits(entry_hash: str, envelope: Envelope, near: Iterable[StoredEntry]) -> bool:
    """Is the entry new, its id and place free, and are its neighbours those that it and they name?"""
    if envelope.seq == 1 and envelope.prev is not None:
        return False
    for row in near:
        if row.entry_hash == entry_hash:
            return False
        if row.entry_id == envelope.entry_id:
            return False
        if row.key_id != envelope.key_id:
            continue
        is_before, is_after = row.seq == envelope.seq - 1, row.seq == envelope.seq + 1
        if row.seq == envelope.seq or (is_before and row.entry_hash != envelope.prev):
            return False
        if is_after and row.prev != entry_hash:
            return False
    return True
