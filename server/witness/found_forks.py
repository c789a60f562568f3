"""Heads of this log that are not of this log: the operator's side of a fork, with both heads kept.

Input are signed heads as a witness shows them; output are rows beside this log's own head of the same size, and an
alarm that names the key which signed.  A head that no key of this log ever signed proves nothing and is passed over, so
that a witness accuses nobody.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, select, update

from server.log import tiles
from server.log.heads import Heads
from server.store.alarms import raise_alarm
from server.store.clock import now_ms
from server.store.schema import keys, log_forks
from sweep.entry import notes
from sweep.entry.dsse import key_id_of

MOST_SHOWN = 100  # guessed: a witness shows the forks of all its time
MOST_KEPT = 1_000  # guessed: whoever has stolen a key signs as many as they want


@dataclass(frozen=True, slots=True)
class FoundFork:
    """A head of another log under this log's name, and this log's own."""

    fork_id: str
    size: int
    note: str
    own_note: str
    """Of the same size, or of this log as it was when it is smaller."""
    key_id: str
    """Who signed the other one."""
    found_ms: int
    settled_ms: int | None
    """When the witness signed this log again and had decided every fork of it."""


def keep_foreign(connection: Connection, heads: Heads, shown: Iterable[str]) -> int:
    """Keep those heads that are not of this log, with an alarm; how many are new. Inside the write transaction."""
    origin, size = heads.origin(connection), tiles.tree_size(connection)
    server_keys = connection.scalars(select(keys.c.public_key).where(keys.c.role == "server")).all()
    verifiers = [notes.VerifierKey(origin, notes.ED25519, public_key) for public_key in server_keys]
    kept = connection.scalar(select(func.count()).select_from(log_forks)) or 0
    new = 0
    for text in list(shown)[:MOST_SHOWN]:
        signed = _signed(text, origin, verifiers)
        if signed is None:
            continue
        head, key = signed
        if head.size <= size and tiles.root(connection, head.size) == head.root:
            continue
        fork_id = hashlib.sha256(head.text.encode()).hexdigest()[:16]
        is_known = connection.scalar(select(log_forks.c.fork_id).where(log_forks.c.fork_id == fork_id)) is not None
        if is_known or kept + new >= MOST_KEPT:
            continue
        values = {
            "fork_id": fork_id,
            "size": head.size,
            "note": text,
            "own_note": heads.note(connection, min(head.size, size)),
            "key_id": key_id_of(key.public_key),
            "found_ms": now_ms(),
        }
        connection.execute(insert(log_forks).values(**values))
        raise_alarm(
            connection,
            "log_forked",
            key_id=key_id_of(key.public_key),
            sweep_id=None,
            log_index=min(head.size, size) - 1,
            other_log_index=head.size - 1,
        )
        new += 1
    return new


def settle(connection: Connection) -> None:
    """The witness signed this log and has decided its forks: nothing is open any more."""
    connection.execute(update(log_forks).where(log_forks.c.settled_ms.is_(None)).values(settled_ms=now_ms()))


def unsettled(connection: Connection) -> int:
    """How many are open."""
    statement = select(func.count()).select_from(log_forks).where(log_forks.c.settled_ms.is_(None))
    return connection.scalar(statement) or 0


def found_forks(connection: Connection) -> tuple[FoundFork, ...]:
    """All of them, the newest first."""
    rows = connection.execute(select(log_forks).order_by(log_forks.c.found_ms.desc(), log_forks.c.fork_id))
    return tuple(FoundFork(*row) for row in rows)


def _signed(
    text: str, origin: str, verifiers: Iterable[notes.VerifierKey]
) -> tuple[notes.Checkpoint, notes.VerifierKey] | None:
    try:
        note = notes.parse_note(text)
        head = notes.parse_checkpoint(note.text)
        key = next((key for key in verifiers if notes.is_signed_by(note, key)), None)
    except notes.NoteError:
        return None
    return None if key is None or head.origin != origin else (head, key)
