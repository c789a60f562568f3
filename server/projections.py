"""Projections: what the entries of a sweep say, in tables that can be thrown away and rebuilt.

Input are the accepted entries of one sweep in any order of arrival; output are its rows in `sweeps`, `findings`,
`dispositions` and `open_findings`, computed anew each time.  A body that cannot be read marks its entry as unreadable
and raises an alarm; it never stops the write door.  What the signing rules forbid is never read.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import BigInteger, Connection, Row, Uuid, bindparam, delete, exists, func, insert, select, update

from server import schema
from server.alarms import raise_alarm
from server.claimed_time import counted
from server.clock import from_ms, to_ms
from server.db import AwayError, BusyError, Database, DiskFullError
from server.exports.judgement import judge, open_findings
from server.fields import MAX_LOG_INDEX, BodyState
from server.log_lines import stored_line
from server.schema import (
    PROJECTIONS,
    body_data,
    body_refs,
    dispositions,
    due_sweeps,
    entries,
    erased_bodies,
    findings,
    log_rows,
    sweeps,
)
from server.validity import counting, settle
from sweep.entry import EntryError, parse_envelope
from sweep.report import ContractError, Disposition, Record, SweepOpened, SweepReport, kinds, parse_json

REBUILT_AT_ONCE = 20  # derived: 20 ms a sweep on a Raspberry Pi, and a writer waits less than a second
R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True)
class StoredBody:
    """A body that an entry names."""

    commitment: str
    media_type: str
    size: int
    state: BodyState
    data: bytes | None
    sha256: str | None


@dataclass(slots=True)
class SweepRecord:
    """What the accepted entries of one sweep hold."""

    opened: SweepOpened | None = None
    opened_row: Row[Any] | None = None
    report: SweepReport | None = None
    report_state: BodyState = "missing"
    report_row: Row[Any] | None = None
    """The entry of the report, also when its body is not there."""
    report_commitment: str | None = None
    dispositions: list[tuple[Row[Any], Disposition]] = field(default_factory=list)

    @property
    def last_received(self) -> datetime:
        """When the last of them came: the sweep cannot have ended later."""
        return from_ms(max(row.received_ms for row in (self.opened_row, self.report_row) if row is not None))

    @property
    def received(self) -> datetime:
        """When the first entry came that says when the sweep began: it cannot have begun later."""
        rows = (self.opened_row, self.report_row)
        return from_ms(min((row.received_ms for row in rows if row is not None), default=0))

    rivals: list[tuple[Row[Any], Row[Any]]] = field(default_factory=list)
    """Reports of other keys, each with the one that stood when it came."""


def bodies_of(connection: Connection, log_index: int, *, with_data: bool = True) -> tuple[StoredBody, ...]:
    """The bodies that an entry names, in its order, with what became of them."""
    statement = (
        select(
            body_refs.c.commitment,
            body_refs.c.media_type,
            body_refs.c.size,
            body_data.c.sha256,
            erased_bodies.c.erased_ms,
            *((body_data.c.data,) if with_data else ()),
        )
        .outerjoin(body_data, body_data.c.commitment == body_refs.c.commitment)
        .outerjoin(erased_bodies, erased_bodies.c.commitment == body_refs.c.commitment)
        .where(body_refs.c.log_index == log_index)
        .order_by(body_refs.c.position)
    )
    found = []
    for row in connection.execute(statement):
        state: BodyState = "present" if row.sha256 else "erased" if row.erased_ms is not None else "missing"
        data = row.data if with_data else None
        found.append(StoredBody(row.commitment, row.media_type, row.size, state, data, row.sha256))
    return tuple(found)


def read_sweep(connection: Connection, sweep_id: UUID) -> tuple[SweepRecord, list[Row[Any]]]:
    """The sweep as its accepted entries tell it, and the entries whose body cannot be read."""
    record, unreadable = SweepRecord(), []
    statement = (
        select(entries)
        .where(
            entries.c.status == "accepted",
            entries.c.sweep_id == sweep_id,
            entries.c.kind.in_(sorted(kinds.KNOWN_KINDS)),
        )
        .order_by(entries.c.log_index)
    )
    for row in counting(connection, connection.execute(statement).all()):
        try:
            _take(connection, record, row)
        except (ContractError, EntryError):
            unreadable.append(row)
    return record, unreadable


def project(connection: Connection, sweep_id: UUID | None) -> None:
    """Compute the rows of one sweep anew; call it inside `Database.write()`."""
    if sweep_id is None:
        return
    settle(connection, sweep_id)
    for table in (*PROJECTIONS, due_sweeps):
        connection.execute(delete(table).where(table.c.sweep_id == sweep_id))
    record, unreadable = read_sweep(connection, sweep_id)
    for row in unreadable:
        connection.execute(
            update(entries)
            .where(entries.c.log_index == row.log_index)
            .values(is_readable=False, reason="unreadable_body")
        )
        raise_alarm(connection, "unreadable_body", key_id=row.key_id, sweep_id=sweep_id, log_index=row.log_index)
    for row, before in record.rivals:
        raise_alarm(
            connection,
            "second_report",
            key_id=row.key_id,
            sweep_id=sweep_id,
            log_index=row.log_index,
            other_log_index=before.log_index,
        )
    _insert_sweep(connection, record)
    for row, item in record.dispositions:
        connection.execute(
            insert(dispositions).values(
                log_index=row.log_index,
                sweep_id=sweep_id,
                finding_id=item.finding_id,
                verdict=item.verdict,
                note_json=None if item.note is None else item.note.model_dump_json(),
                subject=row.subject,
                assurance=row.assurance,
                decided_ms=to_ms(item.decided.utc),
            )
        )


_MARK_DUE = insert(due_sweeps).from_select(
    ["sweep_id", "log_index"],
    select(bindparam("sweep", type_=Uuid), bindparam("index", type_=BigInteger)).where(
        ~exists().where(due_sweeps.c.sweep_id == bindparam("sweep", type_=Uuid))
    ),
)


def mark_due(connection: Connection, sweep_id: UUID | None, log_index: int) -> None:
    """Note, in the transaction that stores an entry, that its sweep is to be projected."""
    mark_all_due(connection, [(sweep_id, log_index)])


def mark_all_due(connection: Connection, stored: Iterable[tuple[UUID | None, int]]) -> None:
    """`mark_due` for entries that are stored together: (sweep, log index) of each."""
    due = [{"sweep": sweep_id, "index": log_index} for sweep_id, log_index in stored if sweep_id is not None]
    if due:
        connection.execute(_MARK_DUE, due)


def project_due(connection: Connection, sweep_id: UUID | None) -> None:
    """Project this sweep now if it is due, in the caller's write transaction."""
    if is_due(connection, sweep_id):
        project(connection, sweep_id)


def is_due(connection: Connection, sweep_id: UUID | None) -> bool:
    """Is there an entry of this sweep that no projection has read?"""
    return connection.scalar(select(due_sweeps.c.log_index).where(due_sweeps.c.sweep_id == sweep_id)) is not None


def count_due(connection: Connection) -> int:
    """How many sweeps wait to be projected."""
    return connection.scalar(select(func.count()).select_from(due_sweeps)) or 0


class ProjectionError(Exception):
    """A sweep could not be projected because of a fault of this program, which is its cause."""

    def __init__(self, sweep_id: UUID) -> None:
        super().__init__(f"sweep {sweep_id} could not be projected")
        self.sweep_id = sweep_id


def project_next(db: Database, skipped: Collection[UUID] = (), up_to: int = MAX_LOG_INDEX) -> UUID | None:
    """Project the sweep that has waited longest, in a transaction of its own; None when none waits.

    Only sweeps that wait since a log index of `up_to` or before.

    Raises ProjectionError for a fault of our own, so that the caller can go on with the others (`skipped`).
    """
    oldest = select(due_sweeps.c.sweep_id).where(due_sweeps.c.log_index <= up_to)
    oldest = oldest.order_by(due_sweeps.c.log_index).limit(1)
    if skipped:
        oldest = oldest.where(due_sweeps.c.sweep_id.not_in(skipped))
    with db.read() as connection:
        sweep_id: UUID | None = connection.scalar(oldest)
    if sweep_id is None:
        return None
    try:
        with db.write() as connection:
            project_due(connection, sweep_id)
    except (BusyError, AwayError, DiskFullError):
        raise
    except Exception as error:
        raise ProjectionError(sweep_id) from error
    return sweep_id


def drain(db: Database) -> int:
    """Project, one by one, the sweeps that wait now; those of which entries arrive meanwhile are left to their turn."""
    with db.read() as connection:
        last = connection.scalar(select(func.max(due_sweeps.c.log_index)))
    done = 0
    while last is not None and project_next(db, up_to=last) is not None:
        done += 1
    return done


def catch_up(db: Database, sweep_id: UUID) -> None:
    """Project this sweep now if it is due; costs one read when it is not."""
    with db.read() as connection:
        if not is_due(connection, sweep_id):
            return
    with db.write() as connection:
        project_due(connection, sweep_id)


def rebuild(db: Database) -> int:
    """Compute all projections anew from the entries; returns the number of sweeps.

    Sweep by sweep, a few in each transaction: a running server takes entries in between, every sweep can be read all
    the while, and one that was interrupted is done by calling it again.
    """
    done, after = 0, None
    while True:
        with db.write() as connection:
            sweep_ids = _sweep_ids_after(connection, after)
            for sweep_id in sweep_ids:
                project(connection, sweep_id)
        done += len(sweep_ids)
        if len(sweep_ids) < REBUILT_AT_ONCE:
            break
        after = sweep_ids[-1]
    with db.read() as connection:
        spoken_of = exists().where(entries.c.sweep_id == sweeps.c.sweep_id, entries.c.status == "accepted")
        strays = connection.scalars(select(sweeps.c.sweep_id).where(~spoken_of)).all()
    for sweep_id in strays:
        with db.write() as connection:
            project(connection, sweep_id)
    return done


def _sweep_ids_after(connection: Connection, after: UUID | None) -> Sequence[UUID]:
    statement = select(entries.c.sweep_id).where(entries.c.status == "accepted", entries.c.sweep_id.is_not(None))
    if after is not None:
        statement = statement.where(entries.c.sweep_id > after)
    return connection.scalars(statement.distinct().order_by(entries.c.sweep_id).limit(REBUILT_AT_ONCE)).all()


def _take(connection: Connection, record: SweepRecord, row: Row[Any]) -> None:
    """Add one entry to the record; raises ContractError when its body is broken or contradicts its envelope."""
    match row.kind:
        case kinds.OPENED:
            opened = _read(connection, row, kinds.OPENED_TYPE, SweepOpened)
            if opened is not None and record.opened is None:
                _agree(row, opened.sweep_id, opened.room_id, opened.source, opened.probe_id)
                record.opened, record.opened_row = opened, row
        case kinds.REPORT:
            _take_report(connection, record, row)
        case kinds.DISPOSITION:
            item = _read(connection, row, kinds.DISPOSITION_TYPE, Disposition)
            if item is not None:
                _agree(row, item.sweep_id, row.room_id, row.source)
                record.dispositions.append((row, _in_its_time(item, from_ms(row.received_ms))))
        case _:
            pass  # `body.erased` acts when it is written and says nothing about the sweep itself


def _in_its_time(item: Disposition, received: datetime) -> Disposition:
    """The disposition with the time that counts, so that one dated ahead is not the last word for ever."""
    return item.model_copy(update={"decided": item.decided.model_copy(update={"utc": counted(item.decided, received)})})


def _take_report(connection: Connection, record: SweepRecord, row: Row[Any]) -> None:
    """The first report stands; a later one replaces it only when its key wrote both and it cites the first."""
    before = record.report_row
    if before is not None:
        if before.key_id != row.key_id:
            record.rivals.append((row, before))
        if before.key_id != row.key_id or before.entry_id not in parse_envelope(row.payload).refs:
            return
    report = _read(connection, row, kinds.REPORT_TYPE, SweepReport)
    if report is not None:
        _agree(row, report.sweep_id, report.room_id, report.source, report.probe_id)
    body = next((body for body in bodies_of(connection, row.log_index, with_data=False) if _is_report(body)), None)
    record.report, record.report_row = report, row
    record.report_state = "missing" if body is None else body.state
    record.report_commitment = None if body is None else body.commitment


def _is_report(body: StoredBody) -> bool:
    return body.media_type == kinds.REPORT_TYPE


def _read(connection: Connection, row: Row[Any], media_type: str, model: type[R]) -> R | None:
    """The entry's body of this type as a record; None when it is not there; raises ContractError when broken."""
    for body in bodies_of(connection, row.log_index):
        if body.media_type == media_type:
            return None if body.data is None else parse_json(model, body.data)
    raise ContractError(f"{row.kind} without a body of type {media_type}")


def _agree(row: Row[Any], sweep_id: UUID, room_id: UUID | None, source: str, probe_id: str | None = None) -> None:
    if (sweep_id, room_id, source) != (row.sweep_id, row.room_id, row.source):
        raise ContractError("the body speaks of another sweep, room or source than the envelope")
    if row.source == "live" and probe_id is not None and probe_id != row.subject:
        raise ContractError("the body names another probe than the envelope")


def _insert_sweep(connection: Connection, record: SweepRecord) -> None:
    head = record.report or record.opened
    if head is None:
        return
    report = record.report
    result, _ = judge(report, record.report_state, [item for _, item in record.dispositions])
    started = head.started if isinstance(head, SweepReport) else head.opened
    connection.execute(
        insert(sweeps).values(
            sweep_id=head.sweep_id,
            room_id=head.room_id,
            source=head.source,
            mode=head.mode,
            outcome=report.outcome if report else None,
            result=result,
            started_ms=to_ms(counted(started, record.received)),
            ended_ms=None if report is None else to_ms(counted(report.ended, record.last_received)),
            claimed_ms=to_ms(started.utc),
            received_ms=to_ms(record.received),
            candidates=len(report.findings) if report else 0,
            not_assessable_zones=_not_assessable_zones(report) if report else 0,
            inspectors_json=json.dumps(head.inspectors, ensure_ascii=False),
            probe_id=head.probe_id,
            plan_version=head.plan.version if isinstance(head, SweepReport) else head.plan_version,
            report_log_index=record.report_row.log_index if record.report_row is not None else None,
            report_commitment=record.report_commitment,
            report_state=record.report_state,
        )
    )
    sweep_id = head.sweep_id
    line = stored_line(record.report, record.opened, record.received, record.report_state, record.dispositions)
    connection.execute(insert(log_rows).values(sweep_id=sweep_id, row_json=line))
    decisions = [(row.subject, item) for row, item in record.dispositions]
    reported = {} if report is None else {finding.finding_id: finding for finding in report.findings}
    standing = open_findings(tuple(reported), decisions)
    if standing:
        rows = [{"sweep_id": sweep_id, "finding_id": known, "state": state} for known, state in standing.items()]
        connection.execute(insert(schema.open_findings), rows)
    if reported:
        connection.execute(
            insert(findings),
            [
                {"sweep_id": sweep_id, "finding_id": known, "zone_id": item.zone_id, "strength": item.strength}
                for known, item in reported.items()
            ],
        )


def _not_assessable_zones(report: SweepReport) -> int:
    """Zones of the plan of which no modality says clear or candidate."""
    judged = {verdict.zone_id for verdict in report.verdicts if verdict.verdict != "not_assessable"}
    return sum(zone.zone_id not in judged for zone in report.plan.zones)
