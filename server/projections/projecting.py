"""Projections: what the entries of a sweep say, in tables that can be thrown away and rebuilt.

Input is what sweep_record.py read of one sweep; output are its rows in `sweeps`, `findings`, `dispositions` and
`cases`, computed anew each time.  A body that cannot be read marks its entry as unreadable and raises an alarm;
it never stops the ingest path.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import Connection, Uuid, bindparam, delete, exists, func, insert, select, update

from server.interface.claimed_time import counted
from server.interface.fields import MAX_LOG_INDEX
from server.interface.plain_text import unlike
from server.live.pg_queue import append_entries
from server.projections import photo_rows
from server.projections.case_rows import insert_cases, rebuild_steps, states_of
from server.projections.imported_words import imported_header
from server.projections.log_lines import imported_line, inspection_header, inspection_line, stored_line
from server.projections.log_records import SweepHeader
from server.projections.proof_rows import note_claims, rebuild_proofs
from server.projections.reference_rows import rebuild_checks
from server.projections.sightings import Readings, SameThings, keep_sightings, same_things, sharing, to_project
from server.projections.sweep_record import SweepRecord, read_sweep
from server.projections.visit_words import hand_of
from server.signing.placements import rebuild_placements
from server.signing.validity import settle
from server.standing.inspections import is_whole, persons_of_inspection
from server.standing.persons import persons_of
from server.standing.zones import equipment_of, unjudged_zones
from server.store.alarms import raise_alarm
from server.store.bodies import seal_read
from server.store.clock import to_ms
from server.store.crypto.body_keys import BodyKeysError
from server.store.db import Database
from server.store.faults import AwayError, BusyError, DiskFullError
from server.store.pending_sweeps import is_due, mark_all_due
from server.store.schema import IS_ACCEPTED, PROJECTIONS, dispositions, due_sweeps, entries, findings, log_rows, sweeps
from sweep.report import SweepReport, is_raised_by_eye, last_words
from sweep.report.imported_records import InspectionImported
from sweep.report.inspection_records import InspectionRecorded

REBUILT_AT_ONCE = 20  # derived: 20 ms a sweep on a Raspberry Pi, and a writer waits less than a second


def project(connection: Connection, sweep_id: UUID | None, *, rebuilt: Readings | None = None) -> None:
    """Compute the rows of one sweep anew, and of those that saw the same thing; call it inside `Database.write()`.

    `rebuilt`: the rows of other sweeps may be wrong; and what this transaction has read of them.
    """
    if sweep_id is None:
        return
    readings = Readings() if rebuilt is None else rebuilt
    is_alone = connection.dialect.name == "sqlite"  # and tells its own pages, see projector.py
    told, waiting, done = list[tuple[UUID, list[str]]](), {sweep_id}, set[UUID]()
    while waiting:
        one = min(waiting)
        # Only the first may trust the rows of other sweeps: until all that it changes are done, some are not right.
        kinds, changed = _project(
            connection, one, readings, is_alone=is_alone, trusts_rows=not done and rebuilt is None
        )
        told.append((one, kinds))
        done.add(one)
        waiting = (waiting | changed) - done
    for one, kinds in told:  # last: it takes the turn of all processes until the commit
        append_entries(connection, one, kinds)


def _project(
    connection: Connection, sweep_id: UUID, readings: Readings, *, is_alone: bool, trusts_rows: bool
) -> tuple[list[str], set[UUID]]:
    """Compute the rows of one sweep anew; returns the kinds of what was due, and sweeps that say otherwise by it."""
    shared = sharing(connection, sweep_id)
    settled = settle(connection, sweep_id)
    if settled.has_moved_entries:
        readings.clear()
    readings.forget(sweep_id)
    mark_all_due(connection, ((other, 0) for other in settled.others))
    told = [] if is_alone else _kinds_due(connection, sweep_id)
    for table in (*PROJECTIONS, due_sweeps):
        connection.execute(delete(table).where(table.c.sweep_id == sweep_id))
    record, unreadable = read_sweep(connection, sweep_id)
    was_newer = (entries.c.sweep_id == sweep_id) & (entries.c.reason == "newer_body")
    connection.execute(update(entries).where(was_newer).values(is_readable=True, reason=None))
    for row, why in unreadable:
        wrong = {"is_readable": False, "reason": why}
        connection.execute(update(entries).where(entries.c.log_index == row.log_index).values(wrong))
        raise_alarm(connection, why, key_id=row.key_id, sweep_id=sweep_id, log_index=row.log_index)
    for row, before in record.rivals:
        raise_alarm(
            connection,
            "second_report",
            key_id=row.key_id,
            sweep_id=sweep_id,
            log_index=row.log_index,
            other_log_index=before.log_index,
        )
    note_claims(connection, record.claims, sweep_id=sweep_id)
    same = same_things(connection, record, shared if trusts_rows else None, readings)
    _insert_sweep(connection, record, same)
    keep_sightings(connection, record)
    for row, item in record.dispositions:
        connection.execute(
            insert(dispositions).values(
                log_index=row.log_index,
                sweep_id=sweep_id,
                finding_id=item.finding_id,
                verdict=item.verdict,
                subject=row.subject,
                assurance=row.assurance,
                decided_ms=to_ms(item.decided.utc),
            )
        )
    for log_index, counts in settled.moved.items():
        photo_rows.drop(connection, log_index)
        if counts:
            photo_rows.take_effect(connection, log_index)
    return told, to_project(connection, shared, same)


def _kinds_due(connection: Connection, sweep_id: UUID) -> list[str]:
    """Kinds of the entries for whose sake this sweep is due."""
    return sorted(kind for kind in connection.scalars(_KINDS_DUE, {"sweep": sweep_id}) if kind is not None)


_SINCE = select(due_sweeps.c.log_index).where(due_sweeps.c.sweep_id == bindparam("sweep", type_=Uuid))
_KINDS_DUE = (
    select(entries.c.kind)
    .where(
        entries.c.sweep_id == bindparam("sweep", type_=Uuid),
        entries.c.log_index >= _SINCE.scalar_subquery(),
        IS_ACCEPTED,
    )
    .distinct()
)


def project_due(connection: Connection, sweep_id: UUID | None) -> None:
    """Project this sweep now if it is due, in the caller's write transaction."""
    if is_due(connection, sweep_id):
        project(connection, sweep_id)


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
    sweep_id: UUID | None = db.look(lambda connection: connection.scalar(oldest))
    if sweep_id is None:
        return None
    try:
        with db.write() as connection:
            sweep_id = connection.scalar(oldest) or sweep_id  # another process may have projected that one meanwhile
            project_due(connection, sweep_id)
    except (BusyError, AwayError, DiskFullError, BodyKeysError):
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
    with db.write() as connection:
        rebuild_placements(connection)
        rebuild_proofs(connection)
        rebuild_steps(connection)
        rebuild_checks(connection)
        photo_rows.rebuild_photos(connection)
    while True:
        with db.write() as connection:
            sweep_ids = _sweep_ids_after(connection, after)
            readings = Readings()
            for sweep_id in sweep_ids:
                project(connection, sweep_id, rebuilt=readings)
        done += len(sweep_ids)
        if len(sweep_ids) < REBUILT_AT_ONCE:
            break
        after = sweep_ids[-1]
    with db.read() as connection:
        spoken_of = exists().where(entries.c.sweep_id == sweeps.c.sweep_id, entries.c.status == "accepted")
        strays = connection.scalars(select(sweeps.c.sweep_id).where(~spoken_of)).all()
    for sweep_id in strays:
        with db.write() as connection:
            project(connection, sweep_id, rebuilt=Readings())
    return done


def _sweep_ids_after(connection: Connection, after: UUID | None) -> Sequence[UUID]:
    statement = select(entries.c.sweep_id).where(entries.c.status == "accepted", entries.c.sweep_id.is_not(None))
    if after is not None:
        statement = statement.where(entries.c.sweep_id > after)
    return connection.scalars(statement.distinct().order_by(entries.c.sweep_id).limit(REBUILT_AT_ONCE)).all()


def _eye_looks(report: SweepReport | None) -> dict[str, int]:
    """What looks by eye cost: each that somebody made, and of places where nothing shone those that were answered."""
    made = [] if report is None else [one for one in report.eye_looks if one.answer != "not_answered"]
    controls = [one.answer for one in last_words(made) if one.is_control]
    return {
        "eye_looks": sum(not one.is_close for one in made),
        "eye_look_ms": round(1_000 * sum(one.seconds for one in made)),
        "eye_controls": len(controls),
        "eye_errors": sum(answer != "nothing" for answer in controls),
    }


def _insert_inspection(connection: Connection, record: SweepRecord, said: InspectionRecorded) -> None:
    """The row of an inspection with other instruments: persons' words, nothing measured."""
    hand = hand_of(record)
    _insert_by_persons(
        connection,
        record,
        inspection_header(record, said),
        inspection_line(record, said),
        outcome="completed" if is_whole(said) else "aborted",
        said=persons_of_inspection(said, hand.by_eye),
        claimed_ms=to_ms(said.entered.utc),
        plan_version=said.plan_version,
        persons=1 if record.confirmation is None else 2,
    )


def _insert_imported(connection: Connection, record: SweepRecord, said: InspectionImported) -> None:
    """The row of what an office's list says of the past."""
    header = imported_header(record, said)
    _insert_by_persons(
        connection,
        record,
        header,
        imported_line(record, said),
        outcome="completed",
        said=said.result,
        claimed_ms=to_ms(header.started.utc),
        plan_version=0,
        persons=said.persons or 1,
    )


def _insert_by_persons(
    connection: Connection, record: SweepRecord, header: SweepHeader, line: str, **values: str | int
) -> None:
    row = record.inspection_row
    connection.execute(
        insert(sweeps).values(
            sweep_id=header.sweep_id,
            room_id=header.room_id,
            source=header.source,
            mode=header.mode,
            equipment="not_measured",
            started_ms=to_ms(header.counted_start),
            ended_ms=None if header.ended is None else to_ms(counted(header.ended, record.last_received)),
            received_ms=to_ms(record.received),
            candidates=0,
            not_assessable_zones=0,
            inspectors_sealed=seal_read(
                connection, record.slots, f"inspectors {header.sweep_id}", json.dumps(header.inspectors)
            ),
            probe_id="",
            report_log_index=None if row is None else row.log_index,
            report_commitment=record.report_commitment,
            report_state=record.report_state,
            **values,
        )
    )
    insert_cases(connection, record, SameThings())
    sealed = seal_read(connection, record.slots, f"line {header.sweep_id}", line)
    connection.execute(insert(log_rows).values(sweep_id=header.sweep_id, sealed=sealed))


def _insert_sweep(connection: Connection, record: SweepRecord, same: SameThings) -> None:
    if record.inspection is not None:
        _insert_inspection(connection, record, record.inspection)
        return
    if record.imported is not None and not record.is_withdrawn:
        _insert_imported(connection, record, record.imported)
        return
    head = record.report or record.opened
    if head is None:
        insert_cases(connection, record, same)
        return
    report = record.report
    states = states_of(connection, record, same)
    hand = hand_of(record)
    started = head.started if isinstance(head, SweepReport) else head.opened
    connection.execute(
        insert(sweeps).values(
            sweep_id=head.sweep_id,
            room_id=head.room_id,
            source=head.source,
            mode=head.mode,
            outcome=report.outcome if report else None,
            equipment=equipment_of(report),
            said=persons_of(states.values(), hand.by_eye),
            started_ms=to_ms(counted(started, record.received)),
            ended_ms=None if report is None else to_ms(counted(report.ended, record.last_received)),
            claimed_ms=to_ms(started.utc),
            received_ms=to_ms(record.received),
            candidates=len(report.findings) if report else 0,
            not_assessable_zones=0 if report is None else unjudged_zones(report),
            inspectors_sealed=seal_read(
                connection, record.slots, f"inspectors {head.sweep_id}", json.dumps(head.inspectors)
            ),
            probe_id=head.probe_id,
            plan_version=head.plan.version if isinstance(head, SweepReport) else head.plan_version,
            report_log_index=record.report_row.log_index if record.report_row is not None else None,
            report_commitment=record.report_commitment,
            report_state=record.report_state,
            persons=unlike(head.inspectors),
            **_eye_looks(report),
        )
    )
    sweep_id = head.sweep_id
    insert_cases(connection, record, same)
    line = stored_line(record, states)
    sealed = seal_read(connection, record.slots, f"line {sweep_id}", line)
    connection.execute(insert(log_rows).values(sweep_id=sweep_id, sealed=sealed))
    if report is not None and report.findings:
        rows = [
            {"sweep_id": sweep_id, "finding_id": one.finding_id, "by_eye": is_raised_by_eye(one)}
            for one in report.findings
        ]
        connection.execute(insert(findings), rows)
