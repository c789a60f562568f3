"""The reference checks of probes: which entries hold them, when they were made, and what they read.

Input is an entry that has just been accepted, or a probe; output are rows of `reference_checks`, which hold names,
codes and times only, and records that are read from the bodies each time: what is erased or revoked is gone at once.
A probe that goes out of control raises one alarm, and the next one after it was in control again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, insert, select, update

from server.interface.claimed_time import counted
from server.signing.validity import counting
from server.store.alarms import raise_alarm
from server.store.clock import from_ms, to_ms
from server.store.schema import IS_ACCEPTED, entries, reference_checks
from server.store.stored_bodies import StoredBody, bodies_of, bodies_of_entries
from server.store.stored_rows import StoredEntry
from sweep.entry import kinds
from sweep.phrases import Phrase
from sweep.report import ContractError, ReferenceChecked, parse_json

OUT_OF_CONTROL = "out_of_control"


def take_effect(connection: Connection, log_index: int) -> None:
    """A check counts: it is written down and, where the probe has just gone out of control, an alarm is raised."""
    row = connection.execute(select(entries).where(entries.c.log_index == log_index)).one()
    connection.execute(delete(reference_checks).where(reference_checks.c.log_index == log_index))
    try:
        told = _read(row, bodies_of(connection, log_index))
    except ContractError:
        wrong = {"is_readable": False, "reason": "unreadable_body"}
        connection.execute(update(entries).where(entries.c.log_index == log_index).values(wrong))
        raise_alarm(connection, "unreadable_body", key_id=row.key_id, sweep_id=None, log_index=log_index)
        return
    if told is None or told.check.checked is None:
        return
    values = {
        "log_index": log_index,
        "probe_id": told.probe_id,
        "source": row.source,
        "status": told.check.status,
        "checked_ms": to_ms(counted(told.check.checked, from_ms(row.received_ms))),
    }
    if told.check.status == OUT_OF_CONTROL and not _was_out(connection, values):
        raise_alarm(connection, "probe_out_of_control", key_id=row.key_id, sweep_id=None, log_index=log_index)
    connection.execute(insert(reference_checks).values(values))


def checks_of(
    connection: Connection, probe_id: str, limit: int, tenant: str | None = None
) -> list[tuple[Row[Any], ReferenceChecked]]:
    """The last checks of a probe that count, the newest first, with their entries; `tenant`: of this district only."""
    statement = _checks(tenant).where(reference_checks.c.probe_id == probe_id)
    newest = statement.order_by(reference_checks.c.checked_ms.desc(), entries.c.log_index.desc()).limit(limit)
    return _counting(connection, newest)


def last_checks(
    connection: Connection, probe_ids: Collection[str], tenant: str | None = None
) -> list[tuple[Row[Any], ReferenceChecked]]:
    """The same: the last check of each of these probes, at most a few hundred, by probe."""
    of_probe = func.row_number().over(
        partition_by=reference_checks.c.probe_id,
        order_by=(reference_checks.c.checked_ms.desc(), entries.c.log_index.desc()),
    )
    ranked = _checks(tenant).where(reference_checks.c.probe_id.in_(probe_ids)).add_columns(of_probe.label("rank"))
    every = ranked.subquery()
    return _counting(connection, select(every).where(every.c.rank == 1).order_by(every.c.probe_id))


def _checks(tenant: str | None) -> Select[Any]:
    """Checks that were accepted, as entries; of a district or of all."""
    statement = (
        select(entries, reference_checks.c.checked_ms, reference_checks.c.probe_id)
        .join(reference_checks, reference_checks.c.log_index == entries.c.log_index)
        .where(IS_ACCEPTED)
    )
    return statement if tenant is None else statement.where(entries.c.tenant == tenant)


def _counting(connection: Connection, checks: Select[Any]) -> list[tuple[Row[Any], ReferenceChecked]]:
    found: Sequence[Row[Any]] = counting(connection, connection.execute(checks).all())
    bodies = bodies_of_entries(connection, [row.log_index for row in found])
    read = ((row, _read(row, of_row)) for row, (_, of_row) in zip(found, bodies, strict=True))
    return [(row, told) for row, told in read if told is not None]


def rebuild_checks(connection: Connection) -> None:
    """Compute anew which entries hold checks."""
    connection.execute(delete(reference_checks))
    statement = select(entries.c.log_index).where(entries.c.kind == kinds.REFERENCE_CHECKED, IS_ACCEPTED)
    for log_index in connection.scalars(statement.order_by(entries.c.log_index)).all():
        take_effect(connection, log_index)


def _read(row: StoredEntry, bodies: Iterable[StoredBody]) -> ReferenceChecked | None:
    """The check that an entry holds; None when its body is away.  Raises ContractError for one that cannot be read, and
    for that of another probe than the one that signed.
    """
    for body in bodies:
        if body.media_type == kinds.REFERENCE_TYPE and body.data is not None:
            told = parse_json(ReferenceChecked, body.data)
            if row.source in {"live", "practice"} and told.probe_id != row.subject:
                raise ContractError(Phrase("check_of_another_probe"))
            return told
    return None


def _was_out(connection: Connection, values: dict[str, Any]) -> bool:
    """Whether the check before this one said so already."""
    before = (
        select(reference_checks.c.status)
        .where(
            reference_checks.c.probe_id == values["probe_id"],
            reference_checks.c.source == values["source"],
            reference_checks.c.checked_ms <= values["checked_ms"],
        )
        .order_by(reference_checks.c.checked_ms.desc(), reference_checks.c.log_index.desc())
        .limit(1)
    )
    return connection.scalar(before) == OUT_OF_CONTROL
