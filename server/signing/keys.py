"""Keys that may speak: admission by role, revocation, replacement, and whether a key is valid at a place in the log.

Input is a public key with its role, or the log index of an entry; output is the key's record or the reason for which
an entry of it does not count.  A key is valid from one log index to another: no clock and no time that an entry claims
decides anything.  What it may sign stands in signing_rules.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from server.interface.errors import ApiError, not_found
from server.log.order import next_index
from server.signing.statements import is_asked, say
from server.store.audit import record
from server.store.clock import now_ms
from server.store.schema import IS_ACCEPTED, entries, keys
from server.verifier import log_signers as pen_rules
from server.verifier.log_signers import Admitted, LogSigners
from server.verifier.signing_rules import Bearer, KeyRole
from sweep.entry import kinds
from sweep.entry.crypto import has_small_order
from sweep.entry.dsse import key_id_of
from sweep.entry.envelope import DEFAULT_TENANT
from sweep.phrases import Phrase
from sweep.report import display_text
from sweep.report.log_records import RELAYS, KeyAdmitted, KeyReinstated, KeyRevoked

PUBLIC_KEY_BYTES = 32
FOLLOWING = pen_rules.CITY
"""Actor of what a Pi's server admits because its city did."""
RELAY_OF = pen_rules.RELAY_OF
UNKNOWN_KEY = "key_unknown"
BAD_SIGNATURE = "bad_signature"
REVOKED = "key_revoked"
NOT_YET_VALID = "key_not_valid"
WAITING_CODES = frozenset({UNKNOWN_KEY, BAD_SIGNATURE, REVOKED, NOT_YET_VALID})
"""Reasons of which the key's state is the cause, not what it signed."""
COLUMNS: tuple[Any, ...] = (
    keys.c.key_id,
    keys.c.public_key,
    keys.c.role,
    keys.c.probe_id,
    keys.c.name,
    keys.c.valid_from_index,
    keys.c.revoked_from_index,
    keys.c.tenant,
    keys.c.predecessor,
    keys.c.probes,
    keys.c.admitted_by,
)
_OF_IDS = select(*COLUMNS).where(
    keys.c.key_id.in_(bindparam("key_ids", expanding=True))
)  # built once: entries pass here


@dataclass(frozen=True, slots=True)
class Key:
    """An admitted key."""

    key_id: str
    public_key: bytes
    role: KeyRole
    probe_id: str | None
    name: str
    valid_from_index: int
    """0: whatever it signed before its admission counts too."""
    revoked_from_index: int | None
    tenant: str | None
    """Null only in a log that was begun before keys had one, until the server starts."""
    predecessor: str | None = None
    line: str = ""
    """The first key of its line of predecessors; empty: itself."""
    probes: frozenset[str] = frozenset()
    """Of a relay: the probes that stand beside it."""
    admitted_by: str = ""

    @property
    def bearer(self) -> Bearer:
        """The key as the rules see it."""
        return Bearer(self.role, self.probe_id, self.tenant, self.line or self.key_id, self.probes)


def admit(
    connection: Connection,
    *,
    public_key: bytes,
    role: KeyRole,
    probe_id: str | None,
    name: str,
    actor: str,
    tenant: str = DEFAULT_TENANT,
    predecessor: str | None = None,
    valid_from_index: int = 0,
    probes: frozenset[str] = frozenset(),
    is_in_force: bool = True,
) -> Key:
    """Admit a key, by default with what it signed before; the same again changes nothing.

    A known key of which nothing counts yet is corrected, and of a relay its probes at any time; one with another role,
    probe or tenant that has spoken already is ApiError 409.  Not `is_in_force`: only the statement is made that the
    root key has to sign first.
    """
    if len(public_key) != PUBLIC_KEY_BYTES:
        raise ApiError(400, Phrase("public_key_length"), code="invalid_key")
    if has_small_order(public_key):
        raise ApiError(400, Phrase("public_key_anybody_can_sign"), code="invalid_key")
    key_id = key_id_of(public_key)
    known = find_key(connection, key_id)
    detail = {"role": role, "probe": probe_id, "tenant": tenant, "predecessor": predecessor}
    if role in RELAYS:
        detail["probes"] = " ".join(sorted(probes))
    if known is not None:
        is_same = (known.public_key, known.role, known.probe_id, known.tenant) == (public_key, role, probe_id, tenant)
        if is_same and known.probes == probes:
            return known
        if not is_same and (known.public_key != public_key or has_spoken(connection, key_id)):
            raise ApiError(409, Phrase("key_admitted_as", key_id=key_id, role=known.role), code="key_known")
    _refuse_foreign_probe(connection, key_id, probe_id, tenant)
    asked = Key(key_id, public_key, role, probe_id, name, valid_from_index, None, tenant, predecessor, probes=probes)
    if known is not None:
        asked = replace(asked, valid_from_index=known.valid_from_index, predecessor=known.predecessor)
    said = admission(asked)
    if not is_in_force and is_asked(connection, kinds.KEY_ADMITTED, said):
        return asked
    say(connection, kinds.KEY_ADMITTED, said, actor=actor, is_in_force=is_in_force)
    action = "key.asked" if not is_in_force else "key.admitted" if known is None else "key.corrected"
    record(connection, actor=actor, action=action, object_id=key_id, detail=detail)
    if not is_in_force:
        return asked
    take_admission(connection, said, actor=actor)
    return the_key(connection, key_id)


def say_again(connection: Connection, key: Key, *, actor: str) -> None:
    """Say of a key that was admitted before keys were entries what it is, and whether it is revoked."""
    say(connection, kinds.KEY_ADMITTED, admission(key), actor=actor)
    if key.revoked_from_index is not None:
        gone = KeyRevoked(v=1, key_id=key.key_id, from_index=key.revoked_from_index, reason="-")
        say(connection, kinds.KEY_REVOKED, gone, actor=actor)


def admission(key: Key) -> KeyAdmitted:
    """What an admission says of this key."""
    more = {"probes": tuple(sorted(key.probes))} if key.role in RELAYS else {}
    return KeyAdmitted(
        v=1,
        key_id=key.key_id,
        public_key=key.public_key.hex(),
        algorithm="ed25519",
        role=key.role,
        tenant=key.tenant or DEFAULT_TENANT,
        probe_id=key.probe_id,
        name=display_text(key.name, limit=200) or key.key_id,
        valid_from_index=key.valid_from_index,
        predecessor=key.predecessor,
        **more,
    )


def take_admission(connection: Connection, said: KeyAdmitted, *, actor: str) -> None:
    """Let the table of keys say what an admission says; a server that is not this log's own is a relay (pens.py)."""
    pens = LogSigners()
    for key in all_keys(connection):
        pens.take(admitted(key))
    role = pens.take(Admitted(said.key_id, said.role, said.probe_id, said.predecessor, said.name, actor))
    values = {
        "public_key": bytes.fromhex(said.public_key),
        "role": role,
        "probes": json.dumps(said.probes or ()) if role in RELAYS else None,
        "probe_id": said.probe_id,
        "tenant": said.tenant,
        "name": said.name,
        "valid_from_index": said.valid_from_index,
        "predecessor": said.predecessor,
    }
    known = connection.scalar(select(keys.c.key_id).where(keys.c.key_id == said.key_id))
    if known is None:
        new = {"key_id": said.key_id, "admitted_by": actor, "admitted_ms": now_ms()}
        connection.execute(insert(keys).values(**new, **values))
    else:
        connection.execute(update(keys).where(keys.c.key_id == said.key_id).values(**values))


def admitted(key: Key) -> Admitted:
    """What was said of a key, for pens.py."""
    return Admitted(key.key_id, key.role, key.probe_id, key.predecessor, key.name, key.admitted_by)


def take_revocation(connection: Connection, key_id: str, from_index: int | None) -> None:
    """Let the table of keys say that a key is revoked from an index on, or is not."""
    connection.execute(update(keys).where(keys.c.key_id == key_id).values(revoked_from_index=from_index))


def revoke(
    connection: Connection,
    key_id: str,
    *,
    actor: str,
    reason: str,
    from_index: int | None = None,
    is_in_force: bool = True,
) -> Key:
    """Revoke a key from a log index on, by default from now; ApiError 404, or 400 for an index to come.

    Call `judging.judge_anew` after it when the index lies in the past.
    """
    key, now = the_key(connection, key_id), next_index(connection)
    if key.role == "root":
        raise ApiError(409, Phrase("root_key"))
    index = now if from_index is None else from_index
    if not 0 <= index <= now:
        raise ApiError(400, Phrase("no_such_index", now=now, last=now))
    said = KeyRevoked(v=1, key_id=key_id, from_index=index, reason=display_text(reason, limit=200) or "-")
    say(connection, kinds.KEY_REVOKED, said, actor=actor, is_in_force=is_in_force)
    detail = {"from_index": index, "before": key.revoked_from_index, "reason": reason}
    action = "key.revoked" if is_in_force else "key.asked"
    record(connection, actor=actor, action=action, object_id=key_id, detail=detail)
    if not is_in_force:
        return key
    take_revocation(connection, key_id, index)
    return replace(key, revoked_from_index=index)


def reinstate(connection: Connection, key_id: str, *, actor: str, reason: str, is_in_force: bool = True) -> Key:
    """Take a revocation back; ApiError 404, or 409 when the key is not revoked or was replaced."""
    key = the_key(connection, key_id)
    if key.revoked_from_index is None:
        raise ApiError(409, Phrase("not_revoked", key_id=key_id))
    if successor_of(connection, key_id) is not None:
        raise ApiError(409, Phrase("key_replaced_by_another", key_id=key_id), code="key_replaced")
    said = KeyReinstated(v=1, key_id=key_id, reason=display_text(reason, limit=200) or "-")
    say(connection, kinds.KEY_REINSTATED, said, actor=actor, is_in_force=is_in_force)
    detail = {"before": key.revoked_from_index, "reason": reason}
    action = "key.reinstated" if is_in_force else "key.asked"
    record(connection, actor=actor, action=action, object_id=key_id, detail=detail)
    if not is_in_force:
        return key
    take_revocation(connection, key_id, None)
    return replace(key, revoked_from_index=None)


def replace_key(
    connection: Connection, key_id: str, *, public_key: bytes, actor: str, reason: str, is_in_force: bool = True
) -> Key:
    """Admit the successor of a key, with its role, probe, tenant and name, and revoke the key itself from now on.

    A key that was revoked before keeps its index.  ApiError 404; 409 when it has a successor, the new key is known
    already or it is one of the server's own, which the server must make itself.
    """
    old = the_key(connection, key_id)
    if old.bearer.signatory in {"root", "server", "demo server"}:
        raise ApiError(409, Phrase("own_key"))
    if successor_of(connection, key_id) is not None:
        raise ApiError(409, Phrase("key_already_replaced", key_id=key_id), code="key_replaced")
    if find_key(connection, key_id_of(public_key)) is not None:
        raise ApiError(409, Phrase("key_admitted_already", key_id=key_id_of(public_key)), code="key_known")
    if old.revoked_from_index is None:
        revoke(connection, key_id, actor=actor, reason=reason, is_in_force=is_in_force)
    return admit(
        connection,
        public_key=public_key,
        role=old.role,
        probe_id=old.probe_id,
        name=old.name,
        actor=actor,
        tenant=old.tenant or DEFAULT_TENANT,
        predecessor=key_id,
        probes=old.probes,
        is_in_force=is_in_force,
    )


def _refuse_foreign_probe(connection: Connection, key_id: str, probe_id: str | None, tenant: str) -> None:
    """ApiError 409 for the name of a probe that a key of another district bears: people command a probe by its name."""
    others = select(keys.c.tenant).where(
        keys.c.probe_id == probe_id,
        keys.c.tenant != tenant,
        keys.c.key_id != key_id,
        keys.c.revoked_from_index.is_(None),
    )
    if probe_id is not None and connection.scalar(others.limit(1)) is not None:
        raise ApiError(409, Phrase("probe_known", probe_id=probe_id))


def find_key(connection: Connection, key_id: str) -> Key | None:
    """The admitted key of this id."""
    return find_keys(connection, {key_id}).get(key_id)


def the_key(connection: Connection, key_id: str) -> Key:
    """The admitted key of this id; ApiError 404."""
    key = find_key(connection, key_id)
    if key is None:
        raise not_found(Phrase("key_not_found"))
    return key


def find_keys(connection: Connection, key_ids: Collection[str]) -> dict[str, Key]:
    """The admitted keys among these ids."""
    rows = connection.execute(_OF_IDS, {"key_ids": sorted(key_ids)}).all()
    predecessor = select(keys.c.predecessor)
    return {
        row.key_id: _key(row, lambda key_id: connection.scalar(predecessor.where(keys.c.key_id == key_id)))
        for row in rows
    }


def current_root(connection: Connection) -> Key | None:
    """The root key that may sign now: the last of its line."""
    roots = [key for key in all_keys(connection) if key.role == "root"]
    replaced = {key.predecessor for key in roots}
    return next((key for key in roots if key.key_id not in replaced), None)


def all_keys(connection: Connection) -> tuple[Key, ...]:
    """Every admitted key, in the order of admission."""
    rows = connection.execute(select(*COLUMNS).order_by(keys.c.admitted_ms, keys.c.key_id)).all()
    predecessors = {row.key_id: row.predecessor for row in rows}
    return tuple(_key(row, predecessors.get) for row in rows)


def objection(key: Key | None, log_index: int) -> str | None:
    """Why nothing that this key signed counts at this place in the log, as a code; None when it may count."""
    if key is None:
        return UNKNOWN_KEY
    if key.revoked_from_index is not None and log_index >= key.revoked_from_index:
        return REVOKED
    if log_index < key.valid_from_index:
        return NOT_YET_VALID
    return None


def _key(row: Row[Any], predecessor_of: Callable[[str], str | None]) -> Key:
    *known, probes, admitted_by = list(row)
    values: list[Any] = [*known, _line_of(row, predecessor_of), frozenset(json.loads(probes or "[]")), admitted_by]
    return Key(*values)


def _line_of(row: Row[Any], predecessor_of: Callable[[str], str | None]) -> str:
    """Follow the predecessors; each was admitted before its successor, so that there is no circle."""
    key_id: str = row.key_id
    predecessor: str | None = row.predecessor
    while predecessor is not None:
        key_id = predecessor
        predecessor = predecessor_of(key_id)
    return key_id


def successor_of(connection: Connection, key_id: str) -> str | None:
    """The key that was admitted in the place of this one."""
    return connection.scalar(select(keys.c.key_id).where(keys.c.predecessor == key_id).limit(1))


def has_spoken(connection: Connection, key_id: str) -> bool:
    """Does an entry of this key count?"""
    spoken = select(entries.c.log_index).where(entries.c.key_id == key_id, IS_ACCEPTED).limit(1)
    return connection.scalar(spoken) is not None
