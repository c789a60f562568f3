"""What the city's root key says of keys, and who may erase there: verified before anything acts.

Input are entries as they came down; output is the table `city_keys`, the same acts in this server's own log, and the
state of each entry.  The root key is pinned at the first contact: the one that the origin of the city's signed head
names; it is followed when it hands over.  The city's log has other indices than this one, so a revocation acts here
from the first entry of the key that stands in the city's log at or after the index named, or has not arrived there yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, func, insert, select, update

from server.ingest.arrivals import Arrival
from server.ingest.judging import release_quarantine
from server.ingest.persons import ServerSigner
from server.interface.errors import ApiError
from server.log.order import next_index
from server.relay.city import City, change
from server.server_keys.root import root_at_hand
from server.signing import keys
from server.signing.key_bodies import read_key_body
from server.store.schema import IS_ACCEPTED, city_keys, entries, relayed
from sweep.entry import kinds
from sweep.entry.dsse import ENTRY_TYPE, EntryError, verify_signature
from sweep.entry.envelope import Envelope
from sweep.phrases import Phrase
from sweep.report.log_records import KeyAdmitted, KeyReinstated, KeyRevoked

ACTOR = keys.FOLLOWING
State = Literal["acted", "asked", "ignored", "pending", "refused"]
"""`asked`: it waits for this server's own root key, which is elsewhere."""
ADMITTED_ROLES = frozenset({"probe", "demo", "server"})
"""The servers of other Pis are nobody's here."""


@dataclass(frozen=True, slots=True)
class CityKey:
    """A key as the city's root admitted it."""

    key_id: str
    public_key: bytes
    role: str
    probe_id: str | None
    valid_from_index: int
    revoked_from_index: int | None


def pin_root(connection: Connection, city: City, root_id: str, arrival: Arrival) -> bytes | None:
    """The city's root key: the pinned one, or pinned now when this entry is its admission of itself."""
    if city.root_key is not None:
        return city.root_key
    envelope = arrival.envelope
    if envelope is None or envelope.kind != kinds.KEY_ADMITTED:
        return None
    said = read_key_body(envelope, arrival.bodies)
    if not isinstance(said, KeyAdmitted) or (said.key_id, said.role) != (root_id, "root"):
        return None
    root_key = bytes.fromhex(said.public_key)
    verify_signature(arrival.entry, ENTRY_TYPE, root_key)
    change(connection, root_key=root_key)
    return root_key


def follow(
    connection: Connection,
    server_signer: ServerSigner,
    root_key: bytes,
    envelope: Envelope,
    arrival: Arrival,
    city_index: int,
) -> State:
    """Do what an entry of the city's root says.  EntryError when it is not the root's, ApiError when it cannot be."""
    verify_signature(arrival.entry, ENTRY_TYPE, root_key)
    said = read_key_body(envelope, arrival.bodies)
    if said.key_id in _own(server_signer):
        return "ignored"  # what this server's keys are here, its own root says
    is_in_force = root_at_hand(connection, server_signer) is not None
    match said:
        case KeyAdmitted():
            _note_key(connection, said)
            if said.role == "root":
                if said.predecessor is not None:
                    change(connection, root_key=bytes.fromhex(said.public_key))
                return "acted"
            is_pen = said.role in keys.RELAY_OF and said.probe_id is None
            if _find_role(connection, said.key_id) not in ADMITTED_ROLES or not (
                is_pen or said.tenant == server_signer.tenant
            ):
                return "ignored"  # its pen speaks for all of its districts, a probe for one
            _admit(connection, said, is_in_force=is_in_force)
        case KeyRevoked():
            _revoke_in_table(connection, said.key_id, min(said.from_index, city_index))
            key = keys.find_key(connection, said.key_id)
            if key is None or key.role == "root":
                return "ignored"
            index = index_here(connection, said.key_id, said.from_index)
            if key.revoked_from_index is not None and key.revoked_from_index <= index:
                return "acted"
            keys.revoke(
                connection, said.key_id, actor=ACTOR, reason=said.reason, from_index=index, is_in_force=is_in_force
            )
        case KeyReinstated():
            _revoke_in_table(connection, said.key_id, None)
            key = keys.find_key(connection, said.key_id)
            if key is None or key.revoked_from_index is None:
                return "ignored"
            keys.reinstate(connection, said.key_id, actor=ACTOR, reason=said.reason, is_in_force=is_in_force)
    if not is_in_force:
        return "asked"
    release_quarantine(connection, keys.the_key(connection, said.key_id))
    return "acted"


def find_city_key(connection: Connection, key_id: str) -> CityKey | None:
    """A key that the city's root admitted."""
    row = connection.execute(select(city_keys).where(city_keys.c.key_id == key_id)).one_or_none()
    if row is None:
        return None
    return CityKey(row.key_id, row.public_key, row.role, row.probe_id, row.valid_from_index, row.revoked_from_index)


def check_eraser(connection: Connection, arrival: Arrival, city_index: int) -> None:
    """EntryError unless an admitted server key of the city signed this, valid at its place in the city's log."""
    envelope = arrival.envelope
    key = None if envelope is None else find_city_key(connection, envelope.key_id)
    if key is None or key.role not in {"server", "demo"} or key.probe_id is not None:
        raise EntryError(Phrase("erasure_not_signed_by_city"))
    is_revoked = key.revoked_from_index is not None and city_index >= key.revoked_from_index
    if is_revoked or city_index < key.valid_from_index:
        raise EntryError(Phrase("key_not_valid_there", key_id=key.key_id))
    verify_signature(arrival.entry, ENTRY_TYPE, key.public_key)


def index_here(connection: Connection, key_id: str, city_index: int) -> int:
    """Where in this log an index of the city's lies for what a key signed: at its first entry from there on."""
    own = (
        select(func.min(entries.c.log_index))
        .join(relayed, relayed.c.log_index == entries.c.log_index)
        .where(entries.c.key_id == key_id, IS_ACCEPTED)
    )
    is_later = (relayed.c.city_index >= city_index) | (relayed.c.state == "due")
    found = connection.scalar(own.where(is_later))
    return next_index(connection) if found is None else found


def _admit(connection: Connection, said: KeyAdmitted, *, is_in_force: bool) -> None:
    before = said.predecessor
    is_known = before is not None and keys.find_key(connection, before) is not None
    known = keys.find_key(connection, said.key_id)
    if known is not None and known.role != said.role:
        raise ApiError(409, Phrase("key_admitted_as", key_id=said.key_id, role=known.role), code="key_known")
    valid_from = 0 if said.valid_from_index == 0 else index_here(connection, said.key_id, said.valid_from_index)
    keys.admit(
        connection,
        public_key=bytes.fromhex(said.public_key),
        role=said.role,
        probe_id=said.probe_id,
        name=said.name,
        actor=ACTOR,
        tenant=said.tenant,
        predecessor=before if is_known else None,
        valid_from_index=valid_from,
        is_in_force=is_in_force,
    )


def _find_role(connection: Connection, key_id: str) -> str | None:
    """The role in which the city's root admitted a key."""
    key = find_city_key(connection, key_id)
    return None if key is None else key.role


def _role(connection: Connection, said: KeyAdmitted) -> str:
    """The role that counts: older cities admitted the servers of Pis as they had admitted themselves (pens.py)."""
    if said.role not in keys.RELAY_OF or said.probe_id is not None:
        return said.role
    pens = select(city_keys.c.key_id).where(city_keys.c.role == said.role, city_keys.c.probe_id.is_(None))
    known = set(connection.scalars(pens))
    is_pen = not known or said.key_id in known or said.predecessor in known
    return said.role if is_pen else keys.RELAY_OF[said.role]


def _note_key(connection: Connection, said: KeyAdmitted) -> None:
    values: dict[str, Any] = {
        "public_key": bytes.fromhex(said.public_key),
        "role": _role(connection, said),
        "probe_id": said.probe_id,
        "tenant": said.tenant,
        "valid_from_index": said.valid_from_index,
    }
    if find_city_key(connection, said.key_id) is None:
        connection.execute(insert(city_keys).values(key_id=said.key_id, **values))
    else:
        connection.execute(update(city_keys).where(city_keys.c.key_id == said.key_id).values(**values))


def _revoke_in_table(connection: Connection, key_id: str, from_index: int | None) -> None:
    where = city_keys.c.key_id == key_id
    connection.execute(update(city_keys).where(where).values(revoked_from_index=from_index))


def _own(server_signer: ServerSigner) -> set[str]:
    signers = (server_signer.signer, server_signer.demo_signer, server_signer.log_signer, server_signer.root_signer)
    return {signer.key_id for signer in signers if signer is not None}
