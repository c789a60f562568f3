"""Which stored entries count: each sweep's entries judged by the table of signing_rules.py, in the order of the log.

Input is a sweep's id; what is forbidden goes into quarantine with an alarm, and what was there for a reason that has
gone comes back.  It is called whenever something about the sweep is projected, so that a log from before a rule is read
by the rule too.  It verifies no signature: the ingest path did.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Connection, bindparam, select, union_all, update

from server.signing import keys, placements
from server.signing.kept_finds import keep_finds
from server.store.alarms import raise_alarm
from server.store.schema import IS_ACCEPTED, IS_QUARANTINED, entries
from server.store.stored_bodies import bodies_of
from server.store.stored_rows import StoredEntry
from server.verifier.placements import Placements
from server.verifier.signing_rules import JUDGED_TOGETHER, Claim, Statement, broken_rule, broken_rules_in_sweep
from sweep.entry.dsse import EntryError
from sweep.entry.envelope import Envelope, parse_envelope
from sweep.entry.kinds import KEY_ADMITTED_TYPE, KEY_KINDS, PHOTO_KINDS, ROOM_PLACED
from sweep.report import parse_json
from sweep.report.log_records import KeyAdmitted

CLAIM_COLUMNS: tuple[Any, ...] = (
    entries.c.log_index,
    entries.c.entry_id,
    entries.c.key_id,
    entries.c.seq,
    entries.c.status,
    entries.c.reason,
    entries.c.is_readable,
    entries.c.kind,
    entries.c.source,
    entries.c.tenant,
    entries.c.assurance,
    entries.c.subject,
    entries.c.room_id,
    entries.c.sweep_id,
)

_OF_ID = select(entries.c.log_index).where(IS_ACCEPTED, entries.c.entry_id == bindparam("entry_id"))
_OF_PLACE = select(entries.c.log_index).where(
    IS_ACCEPTED, entries.c.key_id == bindparam("key_id"), entries.c.seq == bindparam("seq")
)
_OF_ID_OR_PLACE = union_all(_OF_ID, _OF_PLACE)
_ABOUT = select(*CLAIM_COLUMNS).where(IS_ACCEPTED, entries.c.sweep_id.in_(bindparam("sweeps", expanding=True)))


def claim_of(envelope: Envelope) -> Claim:
    """What an envelope says of itself."""
    return Claim(
        envelope.kind,
        envelope.source,
        envelope.tenant,
        envelope.assurance,
        envelope.subject,
        envelope.room_id,
        envelope.sweep_id,
    )


def stored_claim(row: StoredEntry) -> Claim | None:
    """What a row with `CLAIM_COLUMNS` says of itself; None for an entry of an unreadable version."""
    if not row.kind:
        return None
    return Claim(row.kind, row.source, row.tenant, row.assurance, row.subject, row.room_id, row.sweep_id)


def objection(connection: Connection, key: keys.Key | None, claim: Claim | None, log_index: int) -> str | None:
    """Why an entry of this key does not count beside what counts already; None when it counts."""
    return objections(connection, [(key, claim, log_index)])[log_index]


def objections(
    connection: Connection, new: Sequence[tuple[keys.Key | None, Claim | None, int]]
) -> dict[int, str | None]:
    """`objection` of several entries at once, by their log indices; no two of them about one sweep."""
    found = {
        log_index: keys.objection(key, log_index) or _handed_over(connection, key, claim)
        for key, claim, log_index in new
    }
    judged = [
        Statement(log_index, claim, key.bearer)
        for key, claim, log_index in new
        if key is not None and claim is not None and found[log_index] is None
    ]
    places = placements.placements_of(connection, (as_uuid(item.claim.room_id) for item in judged))
    of_sweep = _beside(connection, {as_uuid(item.claim.sweep_id) for item in judged} - {None})
    for item in judged:
        others = of_sweep.get(as_uuid(item.claim.sweep_id), ())
        together = [*(one for one in others if one.log_index != item.log_index), item]
        found[item.log_index] = _judge_together(together, places)[item.log_index]
    return found


def _handed_over(connection: Connection, key: keys.Key | None, claim: Claim | None) -> str | None:
    """REVOKED for what a root key says of keys after it admitted its successor: that was its last word."""
    if key is None or claim is None or key.role != "root" or claim.kind not in KEY_KINDS:
        return None
    successor = keys.successor_of(connection, key.key_id)
    of_key = select(entries.c.log_index).where(IS_ACCEPTED, entries.c.key_id == key.key_id)
    last = connection.scalar(of_key.order_by(entries.c.log_index.desc()).limit(1)) if successor is not None else None
    admitted = [
        parse_json(KeyAdmitted, body.data).key_id
        for body in (() if last is None else bodies_of(connection, last))
        if body.media_type == KEY_ADMITTED_TYPE and body.data is not None
    ]
    return keys.REVOKED if successor in admitted else None


@dataclass(slots=True)
class Settled:
    """What judging a sweep anew changed."""

    others: set[UUID] = field(default_factory=set)
    """Sweeps to be judged after it: an entry of theirs was in conflict with one that counts no more."""
    moved: dict[int, bool] = field(default_factory=dict)
    """Log indices of its photographs that count now (True) or count no more."""
    has_moved_entries: bool = False
    """Did any entry begin or cease to count?"""


def settle(connection: Connection, sweep_id: UUID) -> Settled:
    """Judge all entries about a sweep anew and put each where it belongs; call it inside `Database.write()`."""
    settled = Settled()
    while restored := _settle_once(connection, sweep_id, settled):
        settled.others |= restored - {sweep_id}
        if sweep_id not in restored:
            break
    return settled


def _settle_once(connection: Connection, sweep_id: UUID, settled: Settled) -> set[UUID]:
    """One judgement of all; returns the sweeps of entries that were in conflict and count now."""
    restored: set[UUID] = set()
    back = entries.c.reason.in_(JUDGED_TOGETHER)
    rows = connection.execute(
        select(*CLAIM_COLUMNS)
        .where(entries.c.sweep_id == sweep_id, IS_ACCEPTED | (IS_QUARANTINED & back))
        .order_by(entries.c.log_index)
    ).all()
    found = _judge(connection, rows)
    for row in rows:
        reason = found[row.log_index]
        if reason is None and row.status == "quarantined":
            settled.has_moved_entries = True
            is_accepted = accept_row(connection, row)
            _note_photograph(settled, row, counts=is_accepted)
        elif reason is not None and (row.status, row.reason) != ("quarantined", reason):
            settled.has_moved_entries = True
            quarantine_row(connection, row, reason)
            _note_photograph(settled, row, counts=False)
            restored |= restore_rivals(connection, row.log_index)
    return restored


def _note_photograph(settled: Settled, row: StoredEntry, *, counts: bool) -> None:
    if row.kind in PHOTO_KINDS:
        settled.moved[row.log_index] = counts


def restore_rivals(connection: Connection, log_index: int) -> set[UUID]:
    """Let what was in conflict with an entry count, now that the entry does not; returns the sweeps it is about."""
    rivals = select(*CLAIM_COLUMNS).where(entries.c.conflict_with == log_index, entries.c.status == "conflict")
    restored: set[UUID] = set()
    for row in connection.execute(rivals.order_by(entries.c.log_index)).all():
        if judge_conflict(connection, row) and row.sweep_id is not None:
            restored.add(row.sweep_id)
    return restored


def judge_conflict(connection: Connection, row: StoredEntry) -> bool:
    """Put an entry that is in conflict where it belongs; True when it counts now."""
    reason = objection(connection, keys.find_key(connection, row.key_id), stored_claim(row), row.log_index)
    if reason is not None:
        quarantine_row(connection, row, reason)
        return False
    if rival_of(connection, row.entry_id, row.key_id, row.seq) is not None:
        return False
    return accept_row(connection, row)


E = TypeVar("E", bound=StoredEntry)


def counting(connection: Connection, rows: Sequence[E]) -> list[E]:
    """Those of the accepted rows about one sweep, or about none, that count; what broke a rule is left out."""
    found = _judge(connection, rows)
    return [row for row in rows if found[row.log_index] is None]


def allowed(connection: Connection, rows: Sequence[E]) -> list[E]:
    """Those of the accepted rows that their key may sign, whatever else is said of their sweeps: `settle` judged that.

    For rows that are only a part of what was said about a sweep.
    """
    places = placements.placements_of(connection, (row.room_id for row in rows))
    found, statements = _statements(connection, rows)
    for item in statements:
        is_alone = item.claim.sweep_id is None
        district = places.district_at(item.claim.room_id, item.log_index) if is_alone else None
        found[item.log_index] = broken_rule(item.claim, item.bearer, district)
    return [row for row in rows if found[row.log_index] is None]


def accept_row(connection: Connection, row: StoredEntry) -> bool:
    """Let an entry count that waited; False, with an alarm, when another one took its place meanwhile."""
    rival = rival_of(connection, row.entry_id, row.key_id, row.seq)
    if rival is not None and row.reason == keys.REVOKED and row.log_index < rival:
        _give_place(connection, row, rival)  # it stood there before its key was revoked, and stands there again
        rival = None
    unread = None if row.is_readable else "unknown_kind" if row.kind else "unknown_version"
    values = {"status": "accepted" if rival is None else "conflict", "conflict_with": rival, "reason": unread}
    connection.execute(update(entries).where(entries.c.log_index == row.log_index).values(**values))
    if rival is not None:
        raise_alarm(
            connection,
            "conflict",
            key_id=row.key_id,
            sweep_id=row.sweep_id,
            log_index=row.log_index,
            other_log_index=rival,
        )
    return rival is None


def _give_place(connection: Connection, row: StoredEntry, rival: int) -> None:
    """Let an entry be in conflict that took another one's id or number while that one's key was revoked."""
    other = connection.execute(select(*CLAIM_COLUMNS).where(entries.c.log_index == rival)).one()
    keep_finds(connection, other)
    values = {"status": "conflict", "conflict_with": row.log_index}
    connection.execute(update(entries).where(entries.c.log_index == rival).values(**values))
    raise_alarm(
        connection,
        "conflict",
        key_id=other.key_id,
        sweep_id=other.sweep_id,
        log_index=rival,
        other_log_index=row.log_index,
    )


def quarantine_row(connection: Connection, row: StoredEntry, reason: str) -> None:
    """Take an entry out of what counts, with an alarm when it broke a rule; a find that rests on it stays one."""
    if row.status == "accepted":
        keep_finds(connection, row)
    where = entries.c.log_index == row.log_index
    connection.execute(update(entries).where(where).values(status="quarantined", reason=reason, conflict_with=None))
    if row.kind == ROOM_PLACED:
        placements.forget(connection, row.log_index)
    alarm_about(connection, reason, key_id=row.key_id, sweep_id=row.sweep_id, log_index=row.log_index)


def alarm_about(connection: Connection, reason: str, *, key_id: str, sweep_id: UUID | None, log_index: int) -> None:
    """An alarm for what an admitted key may never sign; what merely waits for a person raises none."""
    if reason in keys.WAITING_CODES:
        return
    raise_alarm(connection, reason, key_id=key_id, sweep_id=sweep_id, log_index=log_index)


def rival_of(connection: Connection, entry_id: UUID, key_id: str | None, seq: int | None) -> int | None:
    """Log index of the accepted entry that has this id or this place in the key's chain."""
    if seq is None:
        return min(connection.scalars(_OF_ID, {"entry_id": entry_id}).all(), default=None)
    place = {"entry_id": entry_id, "key_id": key_id, "seq": seq}
    return min(connection.scalars(_OF_ID_OR_PLACE, place).all(), default=None)


def tenant_of(payload: bytes) -> str | None:
    """The tenant that a stored envelope names; None for an unreadable one."""
    try:
        return parse_envelope(payload).tenant
    except EntryError:
        return None


def _judge(connection: Connection, rows: Sequence[StoredEntry]) -> dict[int, str | None]:
    places = placements.placements_of(connection, (row.room_id for row in rows))
    found, statements = _statements(connection, rows)
    alone = [item for item in statements if item.claim.sweep_id is None]
    for item in alone:
        found |= _judge_together([item], places)
    return found | _judge_together([item for item in statements if item.claim.sweep_id is not None], places)


def _judge_together(statements: Sequence[Statement], places: Placements) -> dict[int, str | None]:
    """Those about one sweep, or a single one about none."""
    if len(statements) == 1 and statements[0].claim.sweep_id is None:
        item = statements[0]
        district = places.district_at(item.claim.room_id, item.log_index)
        return {item.log_index: broken_rule(item.claim, item.bearer, district)}
    return broken_rules_in_sweep(statements, places.district_at)


def _statements(connection: Connection, rows: Sequence[StoredEntry]) -> tuple[dict[int, str | None], list[Statement]]:
    """(what is against the key of each, by log index, those that nothing is)."""
    bearers = keys.find_keys(connection, {row.key_id for row in rows}) if rows else {}
    found: dict[int, str | None] = {}
    statements = []
    for row in rows:
        key, claim = bearers.get(row.key_id), stored_claim(row)
        found[row.log_index] = keys.objection(key, row.log_index)
        if found[row.log_index] is None and key is not None and claim is not None:
            statements.append(Statement(row.log_index, claim, key.bearer))
    return found, statements


def _beside(connection: Connection, sweep_ids: Collection[UUID | None]) -> dict[UUID | None, list[Statement]]:
    """What counts already about these sweeps."""
    if not sweep_ids:
        return {}
    rows = connection.execute(_ABOUT, {"sweeps": sorted(filter(None, sweep_ids))}).all()
    of_sweep: dict[UUID | None, list[Statement]] = {}
    for item in _statements(connection, rows)[1]:
        of_sweep.setdefault(as_uuid(item.claim.sweep_id), []).append(item)
    return of_sweep


def as_uuid(value: UUID | str | None) -> UUID | None:
    """An id of a claim as a column holds it."""
    return UUID(value) if isinstance(value, str) else value
