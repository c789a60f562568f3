"""The way down: this server asks its city what changed, and takes it once it is verified.

Input is a page of the city's answer; output are acts in this server's own log (keys), the city's erasures as entries in
it, places, and the sealed shift at rest until it expires.  What does not verify is kept with its reason, raises an
alarm and is not followed.
"""

from __future__ import annotations

import base64
import binascii

from sqlalchemy import Connection, delete, func, insert, select, update

from server.ingest import entries as ingest
from server.ingest.arrivals import Arrival, read_arrival
from server.ingest.persons import ServerSigner
from server.interface.errors import ApiError
from server.relay import places
from server.relay.city import ENTRY_REFUSED, City, change, find_city
from server.relay.city_root import State, check_eraser, follow, pin_root
from server.relay.client import CityClient, CityRefusesError
from server.relay.sealing import Identity, SealedError
from server.relay.shift import Down, DownEntry, Shift
from server.relay.up import watch_head
from server.server_keys.root import sign_waiting
from server.store.alarms import raise_alarm
from server.store.clock import now_ms
from server.store.db import Database
from server.store.erasure import destroy_dead_keys
from server.store.schema import body_refs, city_entries, sealed_shifts
from server.store.schema import entries as entry_table
from sweep.entry import kinds
from sweep.entry.dsse import EntryError
from sweep.phrases import Phrase, phrase_of
from sweep.report import BodyErased, ContractError, parse_json

MAX_ANSWER_BYTES = 16 * 1024 * 1024
MAX_VALUES = MAX_ANSWER_BYTES // 4
MOST_PAGES = 1_000  # guessed: a city of 50,000 changes, in one go


def pull(db: Database, client: CityClient, own_signer: ServerSigner, identity: Identity) -> Phrase | None:
    """Take everything that changed at the city; trouble in one line, or None.  Raises CityAwayError."""
    head = watch_head(db, client)
    if isinstance(head, Phrase):
        return head
    _, _, root_id = head.origin.rpartition("/")
    is_begun_anew = False
    try:
        for _ in range(MOST_PAGES):
            with db.read() as connection:
                city = find_city(connection)
            if city is None:
                return None
            target = f"/api/relay/down?after={city.down_after}&recipient={identity.recipient}"
            down, shift, sealed = _opened(client.get_signed(target), identity)
            with db.write() as connection:
                _take(connection, own_signer, city, root_id, down, shift, sealed)
            if down.entries:
                destroy_dead_keys(db)
            if down.is_more:
                continue
            if is_begun_anew or not _lacks(db, shift):
                return None
            with db.write() as connection:  # a room that was none of the shift before
                change(connection, down_after=0)
            is_begun_anew = True
    except CityRefusesError as error:
        return phrase_of(error)
    except (ContractError, SealedError) as error:
        return Phrase("city_answer_unreadable", why=error)
    return None


def expire(db: Database) -> int:
    """Remove what came down for a shift that is over and was not used; returns how many rooms."""
    with db.read() as connection:
        city = find_city(connection)
    if city is None or city.expires_ms is None or now_ms() < city.expires_ms:
        return 0
    with db.write() as connection:
        removed = places.remove_unused(connection)
        connection.execute(delete(sealed_shifts))
        change(connection, expires_ms=None, down_after=0)
    return removed


def _opened(answer: bytes, identity: Identity) -> tuple[Down, Shift, bytes]:
    """The answer, the shift in it, and the shift as it is sealed; ContractError or SealedError."""
    down = parse_json(Down, answer, max_bytes=MAX_ANSWER_BYTES, max_values=MAX_VALUES)
    try:
        sealed = base64.b64decode(down.sealed, validate=True)
    except (binascii.Error, ValueError):
        raise ContractError(Phrase("sealed_not_base64")) from None
    data = identity.unseal(sealed)
    return down, parse_json(Shift, data, max_bytes=MAX_ANSWER_BYTES, max_values=MAX_VALUES), sealed


def _take(
    connection: Connection, own_signer: ServerSigner, city: City, root_id: str, down: Down, shift: Shift, sealed: bytes
) -> None:
    if shift.tenant != own_signer.tenant:
        raise ContractError(Phrase("city_of_another_tenant", theirs=shift.tenant, ours=own_signer.tenant))
    for one in down.entries:
        _take_entry(connection, own_signer, find_city(connection) or city, root_id, one)
    _erase_what_came(connection)
    sign_waiting(connection, own_signer)
    places.take_places(connection, shift)
    if shift.assignments and not down.is_more:
        places.remove_unused(connection, keep={room.room_id for room in shift.assignments[0].rooms})
    expires_ms = now_ms() + max(0, shift.expires_ms - shift.made_ms)  # by the one clock that will look at it
    _keep_sealed(connection, shift, sealed, expires_ms)
    change(connection, down_after=down.after, expires_ms=expires_ms)


def _lacks(db: Database, shift: Shift) -> bool:
    """Is a room of the shift, or its newest plan, not here?"""
    with db.read() as connection:
        return any(
            not places.has_plan(connection, room.room_id, room.plan_version)
            for one in shift.assignments
            for room in one.rooms
        )


def _take_entry(connection: Connection, own_signer: ServerSigner, city: City, root_id: str, one: DownEntry) -> None:
    """Follow one entry, or keep it with the reason why not."""
    wire = one.wire.encode()
    try:
        arrival = read_arrival(wire)
    except ApiError as error:
        raise ContractError(Phrase("entry_invalid", log_index=one.log_index, why=error)) from None
    envelope = arrival.envelope
    known = select(city_entries.c.entry_hash).where(city_entries.c.entry_hash == arrival.entry.entry_hash)
    if envelope is None or connection.scalar(known) is not None:
        return
    state: State
    detail, commitment = "", None
    try:
        if envelope.kind in kinds.KEY_KINDS:
            root_key = pin_root(connection, city, root_id, arrival)
            if root_key is None:
                raise EntryError(Phrase("city_root_key_not_known"))
            state = follow(connection, own_signer, root_key, envelope, arrival, one.log_index)
        elif envelope.kind == kinds.BODY_ERASED:
            commitment, state = _check_erasure(connection, arrival, one.log_index)
        else:
            state = "ignored"
    except (EntryError, ContractError, ApiError) as error:
        state, detail = "refused", str(error)
        raise_alarm(connection, ENTRY_REFUSED, key_id=envelope.key_id, sweep_id=None, log_index=None)
    connection.execute(
        insert(city_entries).values(
            entry_hash=arrival.entry.entry_hash,
            city_index=one.log_index,
            kind=envelope.kind,
            wire=wire,
            commitment=commitment,
            state=state,
            detail=detail,
            taken_ms=now_ms(),
        )
    )


def _check_erasure(connection: Connection, arrival: Arrival, city_index: int) -> tuple[str, State]:
    """(commitment of the body that it names, its state); EntryError when nobody of the city may say so."""
    is_here = select(entry_table.c.log_index).where(entry_table.c.entry_hash == arrival.entry.entry_hash)
    found = [parse_json(BodyErased, body.data) for body in arrival.bodies if body.media_type == kinds.ERASED_TYPE]
    if not found:
        raise EntryError(Phrase("erasure_without_target"))
    if connection.scalar(is_here.limit(1)) is not None:
        return found[0].commitment, "acted"  # this server's own, or it came by another way
    check_eraser(connection, arrival, city_index)
    return found[0].commitment, "pending"


def _erase_what_came(connection: Connection) -> None:
    """Let verified erasures of bodies that an entry here names into the log, where they take effect."""
    is_named = select(body_refs.c.commitment).where(body_refs.c.commitment == city_entries.c.commitment).exists()
    statement = select(city_entries).where(city_entries.c.state == "pending", is_named)
    for row in connection.execute(statement.order_by(city_entries.c.city_index)).all():
        outcome = ingest.write(connection, read_arrival(row.wire), quarantine_max_bytes=ingest.UNBOUNDED)
        if outcome.status == "accepted":
            where = city_entries.c.entry_hash == row.entry_hash
            connection.execute(update(city_entries).where(where).values(state="acted"))


def _keep_sealed(connection: Connection, shift: Shift, sealed: bytes, expires_ms: int) -> None:
    """Keep the shift as it came, once for each time that something came, each until it expires."""
    connection.execute(delete(sealed_shifts).where(sealed_shifts.c.expires_ms < now_ms()))
    if not any((shift.facilities, shift.rooms, shift.plans, *_later(shift))):
        return
    last = connection.scalar(select(func.max(sealed_shifts.c.taken_ms))) or 0
    values = {"taken_ms": max(last + 1, now_ms()), "sealed": sealed, "expires_ms": expires_ms}
    connection.execute(insert(sealed_shifts).values(**values))


def _later(shift: Shift) -> tuple[object, ...]:
    """What no server reads yet."""
    return shift.cases, shift.checklists, shift.verifiers
