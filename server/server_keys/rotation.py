"""A new key for this server: admitted by the root key, the old one revoked, both by entries, and how clients follow.

Input is the data folder with `server.key`; output is `server.key.next`, which takes its place at the next start once
the log says so.  A probe that pinned the old key is shown the admissions that lead from the root key to the new one.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from server.ingest.persons import ServerSigner
from server.interface.errors import ApiError
from server.signing import keys, statements
from server.store.schema import IS_ACCEPTED, entries
from server.store.stored_bodies import bodies_of_entries
from server.store.stored_wire import bodies_on_the_wire, signed_entry
from sweep.entry import kinds
from sweep.entry.dsse import Signer
from sweep.entry.envelope import to_wire
from sweep.entry.succession import MAX_ADMISSIONS
from sweep.phrases import Phrase
from sweep.report import ContractError, parse_json
from sweep.report.log_records import KeyAdmitted

KEY_FILE, NEXT_FILE = "server.key", "server.key.next"


def rotate(connection: Connection, server_signer: ServerSigner, data_dir: Path, *, actor: str, reason: str) -> keys.Key:
    """Make the next key and have it admitted in place of this one; without the root key here both only wait for it.

    ApiError 409 while one waits already; the file of one of which the log heard nothing is used.
    """
    if is_waiting(connection):
        raise ApiError(409, Phrase("key_waits"))
    following = Signer.load_or_create(data_dir / NEXT_FILE)
    is_in_force = server_signer.root_signer is not None
    old = server_signer.signer.key_id
    keys.revoke(connection, old, actor=actor, reason=reason, is_in_force=is_in_force)
    return keys.admit(
        connection,
        public_key=following.public_key,
        role="server",
        probe_id=None,
        name="server",
        actor=actor,
        tenant=server_signer.tenant,
        predecessor=old,
        is_in_force=is_in_force,
    )


def is_waiting(connection: Connection) -> bool:
    """Does the next key of this server wait for the root key's signature?"""
    asked = [one.body_json for one in statements.waiting(connection) if one.kind == kinds.KEY_ADMITTED]
    said = [parse_json(KeyAdmitted, body.encode()) for body in asked]
    return any(one.role == "server" and one.predecessor is not None for one in said)


def succession(connection: Connection, server_signer: ServerSigner) -> list[dict[str, Any]]:
    """Admissions from the first root key to this server's key, then those of the keys before it, as they travel.

    The newest before come first: who knows one of the last keys finds the way to it, however many there were.
    """
    rows = connection.execute(
        select(entries).where(entries.c.kind == kinds.KEY_ADMITTED, IS_ACCEPTED).order_by(entries.c.log_index)
    ).all()
    roots: list[dict[str, Any]] = []
    servers: dict[str, tuple[dict[str, Any], str | None]] = {}
    stored = dict(bodies_of_entries(connection, [row.log_index for row in rows]))
    for row in rows:
        bodies = bodies_on_the_wire(stored[row.log_index])
        try:
            said = parse_json(KeyAdmitted, bodies[0].data) if bodies else None
        except ContractError:
            said = None
        if said is None or said.role not in {"root", "server"}:
            continue
        wire = json.loads(to_wire(signed_entry(row), bodies))
        if said.role == "server":
            servers[said.key_id] = (wire, said.predecessor)
        elif server_signer.signer.key_id not in servers:  # a root key after it leads to nothing
            roots.append(wire)
    found: list[dict[str, Any]] = []
    key_id: str | None = server_signer.signer.key_id
    while key_id is not None and key_id in servers:
        wire, key_id = servers[key_id]
        found.append(wire)
    return [*roots, *found][:MAX_ADMISSIONS] if found else []


def signer_from_now(connection: Connection, data_dir: Path) -> Signer:
    """The key that signs from the next start on: the next one when the log says so, else this one."""
    following = data_dir / NEXT_FILE
    is_next = following.exists() and _is_replaced(connection, data_dir)
    return Signer.load_or_create(following if is_next else data_dir / KEY_FILE)


def take_over(connection: Connection, data_dir: Path) -> bool:
    """Put the next key in the place of this server's key once it is admitted and the old one is revoked."""
    path = data_dir / NEXT_FILE
    if not path.exists() or not _is_replaced(connection, data_dir):
        return False
    path.replace(data_dir / KEY_FILE)
    folder = os.open(data_dir, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return True


def _is_replaced(connection: Connection, data_dir: Path) -> bool:
    """Is the next key admitted and this server's key revoked?"""
    following = keys.find_key(connection, Signer.load_or_create(data_dir / NEXT_FILE).key_id)
    old = keys.find_key(connection, Signer.load_or_create(data_dir / KEY_FILE).key_id)
    return following is not None and old is not None and old.revoked_from_index is not None
