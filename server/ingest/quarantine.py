"""The quarantine of strangers: what keys that nobody admitted have sent, bounded, listed, and purged with a note.

Input are sizes and the network a request came from; output is room for an entry or ApiError 507, which leaves the copy
with its sender.  A network may hold as much as is still free, and each of its keys as much as its network still may: no
flood from a few places fills everything, and a newcomer elsewhere finds room.  What an admitted key signed is never
counted here and never purged.  A purged entry keeps its place in the log, its hash and its size; sent again, it is
taken in again in that place.
"""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, delete, exists, func, insert, select, update

from server.interface.errors import ApiError
from server.signing.statements import say
from server.store.alarms import raise_alarm
from server.store.audit import record
from server.store.schema import IS_QUARANTINED, PURGED, body_data, body_refs, entries, quarantine
from server.store.stored_rows import StoredEntry
from sweep.entry import kinds
from sweep.phrases import Phrase
from sweep.report import display_text
from sweep.report.log_records import QuarantinePurged

ENTRY_BYTES = 4096  # guessed: what an entry takes beside its payload and bodies, and so what bounds their number
UNKNOWN_NETWORK = "unknown"
V6_PREFIX = 64  # RFC 6177: the least that one customer is given
DAY_S = 24 * 3600
PURGED_AT_ONCE = 500  # guessed: a few hundred milliseconds of the only writer


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits of one stranger's key."""

    key_id: str
    entries: int
    size: int
    networks: tuple[str, ...]
    first_received_ms: int
    last_received_ms: int
    tenants: tuple[str, ...]
    subjects: tuple[str, ...]
    """What its entries say of themselves; nobody has checked it."""
    longest_waited_s: int


def network_of(host: str | None) -> str:
    """The network that one client has to itself: an IPv4 address or the /64 around an IPv6 address."""
    try:
        address = ipaddress.ip_address(host or "")
    except ValueError:
        return UNKNOWN_NETWORK
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    if mapped is not None:
        return str(mapped)
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((int(address), V6_PREFIX), strict=False))
    return str(address)


def check_room(connection: Connection, network: str, key_id: str, size: int, *, max_bytes: int) -> None:
    """Raise ApiError 507 unless another entry of `size` bytes fits into what this network and key may hold."""
    total_size, total = _held(connection)
    network_size, of_network = _held(connection, quarantine.c.network == network)
    key_size, of_key = _held(connection, quarantine.c.network == network, quarantine.c.key_id == key_id)
    bounds = (
        (max_bytes, size, total_size, network_size, key_size),
        (max_bytes // ENTRY_BYTES, 1, total, of_network, of_key),
    )
    for most, wanted, held, held_by_network, held_by_key in bounds:
        free = most - held
        if held_by_network + wanted > free or held_by_key + wanted > free - held_by_network:
            raise full_error()


def check_revoked_room(connection: Connection, key_id: str, size: int, *, max_bytes: int) -> None:
    """Raise ApiError 507 when a revoked key has sent too much since; its backlog fits in, a thief's flood does not."""
    where = (IS_QUARANTINED, entries.c.key_id == key_id, entries.c.reason == "key_revoked")
    held = connection.scalar(select(func.coalesce(func.sum(entries.c.size + ENTRY_BYTES), 0)).where(*where))
    if int(held or 0) + size + ENTRY_BYTES > max_bytes:
        raise ApiError(507, Phrase("quarantine_full_revoked"), code="quarantine_full")


def add(connection: Connection, log_index: int, network: str, key_id: str, size: int) -> None:
    """Count an entry that was quarantined just now."""
    connection.execute(
        insert(quarantine).values(log_index=log_index, network=network, key_id=key_id, size=size, waited_s=0)
    )


def grow(connection: Connection, entry: StoredEntry, network: str, more: int, *, max_bytes: int) -> None:
    """Count bodies that came later for an entry in quarantine; ApiError 507 when they do not fit in."""
    if more == 0:
        return
    row = connection.execute(select(quarantine).where(quarantine.c.log_index == entry.log_index)).one_or_none()
    if row is not None:
        for payer in dict.fromkeys((row.network, network)):  # the network that began it, and whoever sends more
            check_room(connection, payer, row.key_id, more, max_bytes=max_bytes)
        grown = update(quarantine).where(quarantine.c.log_index == entry.log_index)
        connection.execute(grown.values(size=quarantine.c.size + more))
    elif entry.reason == "key_revoked":
        check_revoked_room(connection, entry.key_id, more, max_bytes=max_bytes)
    connection.execute(update(entries).where(entries.c.log_index == entry.log_index).values(size=entries.c.size + more))


def forget(connection: Connection, log_indices: Iterable[int]) -> None:
    """Count entries no more: they count as evidence now, or are purged."""
    connection.execute(delete(quarantine).where(quarantine.c.log_index.in_(tuple(log_indices))))


def waiting(connection: Connection) -> tuple[Waiting, ...]:
    """What waits, key by key, the largest first."""
    rows = connection.execute(
        select(quarantine, entries.c.received_ms, entries.c.tenant, entries.c.subject)
        .join(entries, entries.c.log_index == quarantine.c.log_index)
        .order_by(quarantine.c.log_index)
    ).all()
    found = []
    for key_id, size in _sizes((row.key_id, row.size) for row in rows).most_common():
        own = [row for row in rows if row.key_id == key_id]
        found.append(
            Waiting(
                key_id,
                len(own),
                size,
                _distinct(row.network for row in own),
                min(row.received_ms for row in own),
                max(row.received_ms for row in own),
                _distinct(row.tenant for row in own),
                _distinct(row.subject for row in own),
                max(row.waited_s for row in own),
            )
        )
    return tuple(found)


def discard(connection: Connection, key_id: str, *, actor: str, reason: str) -> int:
    """Purge all that waits of a key; returns how many entries. What an admitted key signed is not among it."""
    theirs = select(quarantine.c.log_index).where(quarantine.c.key_id == key_id).order_by(quarantine.c.log_index)
    done = 0
    while indices := connection.scalars(theirs.limit(PURGED_AT_ONCE)).all():
        done += _purge(connection, indices, actor=actor, reason=reason)
    return done


def grow_old(connection: Connection, elapsed_s: int, *, max_days: int) -> int:
    """Let what waits grow older by the time that the server ran and purge what is too old; returns how many.

    Age is counted so, because a step of the clock must never purge anything.
    """
    connection.execute(update(quarantine).values(waited_s=quarantine.c.waited_s + elapsed_s))
    old = select(quarantine.c.log_index).where(quarantine.c.waited_s > max_days * DAY_S)
    indices = connection.scalars(old.order_by(quarantine.c.log_index).limit(PURGED_AT_ONCE)).all()
    return _purge(connection, indices, actor="system", reason=f"waited more than {max_days} days")


def full_error() -> ApiError:
    """The refusal of a stranger's entry for which there is no room."""
    return ApiError(507, Phrase("quarantine_full_unadmitted"), code="quarantine_full")


def _held(connection: Connection, *where: ColumnElement[bool]) -> tuple[int, int]:
    size, count = func.coalesce(func.sum(quarantine.c.size), 0), func.count()
    row = connection.execute(select(size, count).where(*where)).one()
    return int(row[0]), int(row[1])


def _purge(connection: Connection, indices: Sequence[int], *, actor: str, reason: str) -> int:
    """Take payload, signatures and bodies away and leave the place in the log; a note tells who and why."""
    if not indices:
        return 0
    rows = connection.execute(
        select(entries.c.log_index, entries.c.key_id, entries.c.size).where(entries.c.log_index.in_(indices))
    ).all()
    named = select(body_refs.c.commitment).where(body_refs.c.log_index.in_(indices))
    commitments = connection.scalars(named.distinct()).all()
    connection.execute(delete(body_refs).where(body_refs.c.log_index.in_(indices)))
    is_needed = exists().where(body_refs.c.commitment == body_data.c.commitment)
    for start in range(0, len(commitments), PURGED_AT_ONCE):
        some = commitments[start : start + PURGED_AT_ONCE]
        connection.execute(delete(body_data).where(body_data.c.commitment.in_(some), ~is_needed))
    emptied = {column.name: None for column in entries.c if column.nullable} | {
        "status": PURGED,
        "reason": PURGED,
        "is_readable": False,
        "payload": b"",
        "signatures_json": "[]",
    }
    connection.execute(update(entries).where(entries.c.log_index.in_(indices)).values(**emptied))
    forget(connection, indices)
    say(
        connection,
        kinds.QUARANTINE_PURGED,
        QuarantinePurged(v=1, indices=_runs(indices), reason=display_text(reason, limit=200) or "-"),
        actor=actor,
    )
    for key_id, size in _sizes((row.key_id, row.size) for row in rows).items():
        own = [row.log_index for row in rows if row.key_id == key_id]
        detail = {"entries": len(own), "bytes": size, "first": min(own), "last": max(own), "reason": reason}
        record(connection, actor=actor, action="quarantine.purged", object_id=key_id, detail=detail)
        raise_alarm(connection, "quarantine_purged", key_id=key_id, sweep_id=None, log_index=min(own))
    return len(rows)


def _runs(indices: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """First and last of each run without holes."""
    runs: list[tuple[int, int]] = []
    for index in sorted(indices):
        if runs and runs[-1][1] == index - 1:
            runs[-1] = (runs[-1][0], index)
        else:
            runs.append((index, index))
    return tuple(runs)


def _sizes(pairs: Iterable[tuple[str, int]]) -> Counter[str]:
    found: Counter[str] = Counter()
    for key_id, size in pairs:
        found[key_id] += size
    return found


def _distinct(values: Iterable[str | None]) -> tuple[str, ...]:
    """The first few distinct values."""
    return tuple(dict.fromkeys(value for value in values if value is not None))[:5]
