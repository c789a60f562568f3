"""The log as a file: a package of sweep/LOG.md, which proves what it holds without this server.

Input is a connection whose transaction sees one state of the log, and the server's keys; output are lines, first the
header with a signed checkpoint of just these entries, then every entry, at last the signed manifest.  What a scope
withholds is named as withheld, so that a body which is not there is never silently gone.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from server.store.clock import now_ms
from server.store.schema import PURGED, entries
from server.store.stored_bodies import StoredBody, bodies_of
from server.store.stored_rows import StoredEntry
from server.store.stored_wire import signed_entry
from server.verifier.bodies import STRUCTURE, Carried, is_carried
from server.verifier.package_lines import MANIFEST_TYPE, PACKAGE_VERSION, Scope
from server.verifier.strict import write_exact
from sweep.entry.dsse import Signer

PAGE = 200
STRUCTURE_KINDS = {kind for kind, _ in STRUCTURE}


@dataclass(slots=True)
class Packed:
    """What went into a package so far."""

    entries: int = 0
    bodies: Counter[str] = field(default_factory=Counter)
    """By state, of those that envelopes of a readable version name."""


def package_lines(
    connection: Connection, *, origin: str, scope: Scope, checkpoint: str, packed: Packed | None = None
) -> Iterator[bytes]:
    """Header and entries, each with its line end; `packed` counts along."""
    packed = packed or Packed()
    yield _line({"ansim_log": PACKAGE_VERSION, "origin": origin, "scope": scope, "checkpoint": checkpoint})
    after = -1
    while True:
        rows = connection.execute(
            select(entries).where(entries.c.log_index > after).order_by(entries.c.log_index).limit(PAGE)
        ).all()
        for row in rows:
            packed.entries += 1
            yield _line(_purged(row) if row.status == PURGED else entry_line(connection, row, scope, packed))
        if len(rows) < PAGE:
            return
        after = rows[-1].log_index


def signed_package(
    connection: Connection,
    signer: Signer,
    *,
    origin: str,
    scope: Scope,
    checkpoint: str,
    root_hash: bytes,
    packed: Packed,
) -> Iterator[bytes]:
    """All lines of a package; `checkpoint` and `root_hash` are of all entries that the connection sees."""
    digest = hashlib.sha256()
    for line in package_lines(connection, origin=origin, scope=scope, checkpoint=checkpoint, packed=packed):
        digest.update(line)
        yield line
    manifest = {
        "v": 1,
        "origin": origin,
        "scope": scope,
        "tree_size": packed.entries,
        "root_hash": root_hash.hex(),
        "made_ms": now_ms(),
        "lines_sha256": digest.hexdigest(),
        "bodies": {state: packed.bodies[state] for state in ("present", "withheld", "erased", "missing")},
    }
    yield _line(signer.sign(MANIFEST_TYPE, write_exact(manifest)).to_json())


def _purged(row: StoredEntry) -> dict[str, Any]:
    return {
        "log_index": row.log_index,
        "status": PURGED,
        "received_ms": row.received_ms,
        "entry_hash": row.entry_hash,
        "signatures_hash": row.signatures_hash,
    }


def entry_line(connection: Connection, row: StoredEntry, scope: Scope | Carried, packed: Packed) -> dict[str, Any]:
    """An entry as a line of this scope says it; `packed` counts its bodies."""
    carried, states = [], {}
    is_read = row.kind is not None
    is_told = is_read or scope == "full"  # what a version nobody reads names nobody knows, so nothing is said of it
    has_any = scope != "structure" or row.kind in STRUCTURE_KINDS
    for body in bodies_of(connection, row.log_index, with_data=has_any) if is_told else ():
        is_there = body.state == "present"
        state: str = "withheld" if is_there else body.state
        if is_there and is_carried(scope, row.status, row.kind or "", body.media_type):
            state = "present"
            carried.append(_body(body))
        elif is_read:
            states[body.commitment] = state
        if is_read:
            packed.bodies[state] += 1
    return {
        "log_index": row.log_index,
        "status": row.status,
        "received_ms": row.received_ms,
        "dsse": signed_entry(row).to_json(),
        "bodies": carried,
        "states": states,
    }


def _body(body: StoredBody) -> dict[str, str]:
    return {
        "media_type": body.media_type,
        "salt": base64.b64encode(body.salt or b"").decode(),
        "data": base64.b64encode(body.data or b"").decode(),
    }


def _line(value: dict[str, Any]) -> bytes:
    return write_exact(value) + b"\n"
