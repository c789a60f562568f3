"""The district's root key: it signs who may speak, and nothing else (sweep/LOG.md).

Input are statements that wait; output are their entries.  At the first start the key is made in the data folder, so
that a server works at once; a district that means it hands over to a key made and kept elsewhere (`sweep-server root`),
and from then on what it has to sign is carried to that key and back as files.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from server.ingest.arrivals import Arrival, read_arrival
from server.ingest.entries import write_own
from server.ingest.persons import ServerSigner
from server.interface.errors import ApiError, invalid
from server.log.order import next_index
from server.signing import keys, statements
from server.signing.placements import has_unsaid, is_all_said, say_where_rooms_lie
from server.store.audit import record
from server.store.db import Database
from sweep.entry import kinds
from sweep.entry.dsse import ENTRY_TYPE, EntryError, Signer, key_id_of, verify_signature
from sweep.entry.envelope import Body, parse_envelope, to_wire
from sweep.phrases import Phrase
from sweep.report import parse_json
from sweep.report.log_records import KeyAdmitted, KeyReinstated, KeyRevoked
from sweep.report.structure import check_structure

ROOT_FILE = "root.key"
REQUESTS_VERSION = 1
ROOT_NAME = "district root"
MOST_REQUESTS = 1_000


def open_root(db: Database, data_dir: Path, tenant: str) -> Signer | None:
    """The root key when it lies here; made, with an entry for every key there is, when the log has none yet."""
    path = data_dir / ROOT_FILE
    with db.read() as connection:
        root = keys.current_root(connection)
    if root is not None:
        signer = Signer.load_or_create(path) if path.exists() else None
        return signer if signer is not None and signer.key_id == root.key_id else None
    signer = Signer.load_or_create(path)
    with db.write() as connection:
        root = keys.current_root(connection)
        if root is None:
            found(connection, signer, tenant)
        elif root.key_id != signer.key_id:  # another process was quicker
            path.unlink()
            return None
    return signer


def found(connection: Connection, signer: Signer, tenant: str) -> None:
    """Begin the keys of a log with this root key, and say of every key that was admitted before what it is."""
    before = keys.all_keys(connection)
    keys.admit(
        connection,
        public_key=signer.public_key,
        role="root",
        probe_id=None,
        name=ROOT_NAME,
        actor="system",
        tenant=tenant,
    )
    said: set[str | None] = {None}
    while waiting := [key for key in before if key.key_id not in said]:
        ready = [key for key in waiting if key.predecessor in said] or waiting  # each after the one that it replaced
        for key in ready:
            keys.say_again(connection, key, actor="system")
            said.add(key.key_id)


def root_at_hand(connection: Connection, server_signer: ServerSigner) -> Signer | None:
    """The root key when it lies here and is the one in force; another process may have handed over meanwhile."""
    signer = server_signer.root_signer
    root = None if signer is None else keys.current_root(connection)
    return signer if signer is not None and root is not None and root.key_id == signer.key_id else None


def sign_waiting(connection: Connection, server_signer: ServerSigner) -> int:
    """Make entries of the statements whose key is at hand and counts; inside the write transaction. Returns how many.

    The others wait, and are in nobody's way.
    """
    if is_all_said(connection):
        return 0
    say_where_rooms_lie(connection)
    done = 0
    for one in statements.waiting(connection):
        signer = _signer_of(connection, one, server_signer)
        if signer is not None:
            _make_entry(connection, one, signer, server_signer.tenant)
            done += 1
    return done


def can_sign(connection: Connection, server_signer: ServerSigner) -> bool:
    """Does a statement wait whose key is at hand and counts, or is one to be made?"""
    return has_unsaid(connection) or any(
        _signer_of(connection, one, server_signer) is not None for one in statements.waiting(connection)
    )


def _signer_of(connection: Connection, one: statements.Waiting, server_signer: ServerSigner) -> Signer | None:
    of_its_own = server_signer.log_signer or server_signer.signer
    signer = root_at_hand(connection, server_signer) if one.kind in kinds.KEY_KINDS else of_its_own
    key = None if signer is None else keys.find_key(connection, signer.key_id)
    return signer if keys.objection(key, next_index(connection)) is None else None


def _make_entry(connection: Connection, one: statements.Waiting, signer: Signer, tenant: str) -> None:
    entry, envelope, bodies = statements.sign(connection, one, signer, tenant)
    write_own(connection, Arrival(entry, envelope, bodies, envelope.bodies, envelope.entry_id, None))
    statements.said(connection, one.statement_id)


def hand_over(
    connection: Connection, server_signer: ServerSigner, public_key: bytes, *, actor: str, reason: str
) -> keys.Key:
    """Let this root key admit its successor, as its last word; ApiError 409 when it is not here or the key is known.

    The successor's first word is to revoke it: that statement waits for its signature.
    """
    signer = root_at_hand(connection, server_signer)
    if signer is None:
        raise away()
    if keys.find_key(connection, key_id_of(public_key)) is not None:
        raise ApiError(409, Phrase("key_admitted_already", key_id=key_id_of(public_key)), code="key_known")
    sign_waiting(connection, server_signer)
    old = signer.key_id
    key = keys.admit(
        connection,
        public_key=public_key,
        role="root",
        probe_id=None,
        name=ROOT_NAME,
        actor=actor,
        tenant=server_signer.tenant,
        predecessor=old,
        valid_from_index=next_index(connection),
    )
    for one in statements.waiting(connection):
        if one.kind in kinds.KEY_KINDS:  # the admission: its last word, though it is not the last of its line now
            _make_entry(connection, one, signer, server_signer.tenant)
    said = KeyRevoked(v=1, key_id=old, from_index=next_index(connection), reason=reason)
    statements.say(connection, kinds.KEY_REVOKED, said, actor=actor, is_in_force=False)
    record(connection, actor=actor, action="root.handed_over", object_id=key.key_id, detail={"before": old})
    return key


def remove_key(data_dir: Path) -> None:
    """Overwrite and remove the root key that lay here; whoever had a copy of the folder still has it."""
    path = data_dir / ROOT_FILE
    with path.open("r+b") as file:
        file.write(bytes(path.stat().st_size))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()


def requests(connection: Connection, server_signer: ServerSigner) -> bytes:
    """What waits for the root key as a file to carry to it; ApiError 404 when nothing waits."""
    root = keys.current_root(connection)
    waiting = [one for one in statements.waiting(connection) if one.kind in kinds.KEY_KINDS][:MOST_REQUESTS]
    if root is None or not waiting:
        raise ApiError(404, Phrase("nothing_waits"))
    items: list[dict[str, Any]] = []
    seq, prev = None, None
    for one in waiting:
        body = statements.body_of(one)
        envelope = statements.envelope_of(connection, one, body, tenant=server_signer.tenant, key_id=root.key_id)
        if seq is not None:
            envelope = envelope.model_copy(update={"seq": seq + 1, "prev": prev})
        payload = envelope.model_dump_json().encode()
        seq, prev = envelope.seq, statements.hash_of(payload)
        items.append({"payload": _base64(payload), "salt": _base64(body.salt), "body": one.body_json})
    return json.dumps({"ansim_root_requests": REQUESTS_VERSION, "root": root.key_id, "items": items}, indent=1).encode()


def read_requests(data: bytes) -> tuple[str, list[tuple[bytes, Body]]]:
    """(key id of the root key asked for, payloads with their bodies); ApiError 400 for anything but such a file."""
    try:
        check_structure(data, max_values=20 * MOST_REQUESTS, max_depth=8)
        file = json.loads(data)
        if file["ansim_root_requests"] != REQUESTS_VERSION:
            raise ValueError
        items = [(_unbase64(one["payload"]), _unbase64(one["salt"]), str(one["body"])) for one in file["items"]]
        envelopes = [parse_envelope(payload) for payload, _, _ in items]
        bodies = [
            Body(statements.MEDIA_TYPES[envelope.kind], body.encode(), salt)
            for envelope, (_, salt, body) in zip(envelopes, items, strict=True)
        ]
        for envelope, body in zip(envelopes, bodies, strict=True):
            if envelope.kind not in kinds.KEY_KINDS or envelope.bodies != (body.ref,):
                raise ValueError
    except (ValueError, KeyError, TypeError, EntryError):
        raise invalid(Phrase("no_requests"), code="no_requests") from None
    return str(file["root"]), [(payload, body) for (payload, _, _), body in zip(items, bodies, strict=True)]


def describe(payload: bytes, body: Body) -> str:
    """What is to be signed, in one line that a person reads before they sign."""
    envelope = parse_envelope(payload)
    if envelope.kind == kinds.KEY_ADMITTED:
        said = parse_json(KeyAdmitted, body.data)
        probes = " ".join(said.probes or ()) or said.probe_id
        whose = f" of {probes}" if probes else ""
        after = f", replaces {said.predecessor}" if said.predecessor else ""
        return (
            f"admit {said.key_id} as {said.role}{whose} ({said.name}) from index {said.valid_from_index}{after}; "
            f"public key {said.public_key}; asked by {envelope.subject}"
        )
    if envelope.kind == kinds.KEY_REVOKED:
        gone = parse_json(KeyRevoked, body.data)
        return f"revoke {gone.key_id} from index {gone.from_index} ({gone.reason}); asked by {envelope.subject}"
    back = parse_json(KeyReinstated, body.data)
    return f"reinstate {back.key_id} ({back.reason}); asked by {envelope.subject}"


def sign_requests(signer: Signer, asked: Sequence[tuple[bytes, Body]]) -> bytes:
    """The signed entries as a file to carry back: one line of wire JSON each."""
    return b"".join(to_wire(signer.sign(ENTRY_TYPE, payload), (body,)) + b"\n" for payload, body in asked)


def accept_signed(connection: Connection, data: bytes) -> int:
    """Take signed entries in that came back, all or none; ApiError 400 or 409. Returns how many."""
    root = keys.current_root(connection)
    lines = [line for line in data.splitlines() if line.strip()]
    if root is None or not lines:
        raise invalid(Phrase("no_signed_entry_file"), code="malformed_entry")
    for line in lines:
        arrival = read_arrival(line)
        try:
            verify_signature(arrival.entry, ENTRY_TYPE, root.public_key)
        except EntryError as error:
            raise invalid(Phrase("not_signed_by_root_key", why=error), code="bad_signature") from None
        write_own(connection, arrival)
    return len(lines)


def away() -> ApiError:
    """The refusal of an act for which the root key has to be here."""
    return ApiError(409, Phrase("root_away"))


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _unbase64(text: Any) -> bytes:
    return base64.b64decode(str(text), validate=True)
