"""Keys that may speak: admission by role, and the judgement whether an entry of a key counts.

Input is a public key with its role, or the facts of an arriving entry; output is the key's record or the reason for
which an entry is quarantined.  Revocation acts from a log index and validity on the time of arrival: a time that an
entry claims decides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from server.audit import record
from server.clock import now_ms
from server.errors import ApiError
from server.fields import KeyRole
from server.schema import keys
from sweep.entry import key_id_of
from sweep.report import Source

PUBLIC_KEY_BYTES = 32
UNKNOWN_KEY = "key_unknown"
COLUMNS = (
    keys.c.key_id,
    keys.c.public_key,
    keys.c.role,
    keys.c.probe_id,
    keys.c.name,
    keys.c.valid_from_ms,
    keys.c.valid_until_ms,
    keys.c.revoked_from_index,
)


@dataclass(frozen=True, slots=True)
class Key:
    """An admitted key."""

    key_id: str
    public_key: bytes
    role: KeyRole
    probe_id: str | None
    name: str
    valid_from_ms: int
    valid_until_ms: int | None
    revoked_from_index: int | None


def admit(
    connection: Connection,
    *,
    public_key: bytes,
    role: KeyRole,
    probe_id: str | None,
    name: str,
    actor: str,
    predecessor: str | None = None,
) -> Key:
    """Admit a key from now on; the same again changes nothing, the same key in another role is ApiError 409."""
    if len(public_key) != PUBLIC_KEY_BYTES:
        raise ApiError(400, "invalid_key", "공개 키는 32바이트입니다", "an Ed25519 public key has 32 bytes")
    key_id = key_id_of(public_key)
    known = find_key(connection, key_id)
    if known is not None:
        if (known.public_key, known.role, known.probe_id) == (public_key, role, probe_id):
            return known
        raise ApiError(409, "key_known", "다른 역할로 등록된 키입니다", f"key {key_id} is admitted as {known.role}")
    connection.execute(
        insert(keys).values(
            key_id=key_id,
            public_key=public_key,
            role=role,
            probe_id=probe_id,
            name=name,
            valid_from_ms=now_ms(),
            predecessor=predecessor,
            admitted_by=actor,
            admitted_ms=now_ms(),
        )
    )
    record(connection, actor=actor, action="key.admitted", object_id=key_id, detail={"role": role, "probe": probe_id})
    return Key(key_id, public_key, role, probe_id, name, now_ms(), None, None)


def find_key(connection: Connection, key_id: str) -> Key | None:
    """The admitted key of this id."""
    row = connection.execute(select(*COLUMNS).where(keys.c.key_id == key_id)).one_or_none()
    return None if row is None else Key(*row)


def all_keys(connection: Connection) -> tuple[Key, ...]:
    """Every admitted key, in the order of admission."""
    return tuple(Key(*row) for row in connection.execute(select(*COLUMNS).order_by(keys.c.admitted_ms, keys.c.key_id)))


def objection(key: Key | None, source: Source | None, received_ms: int, log_index: int) -> str | None:
    """Why an entry of this key does not count, as a code; None when it counts.

    `source` is None for an entry of a version that nobody here can read.
    """
    if key is None:
        return UNKNOWN_KEY
    if key.revoked_from_index is not None and log_index >= key.revoked_from_index:
        return "key_revoked"
    if received_ms < key.valid_from_ms or (key.valid_until_ms is not None and received_ms > key.valid_until_ms):
        return "key_not_valid"
    if source is not None and (source == "live") == (key.role == "demo"):
        return "source_not_allowed"
    return None
