"""What a case is after its steps, as a row: of findings with their sweep, of other cases with each of their steps.

Input is what was read of a sweep, or a step that has just been written; output are rows of `cases` and
`case_steps`, which hold ids, codes and times only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, delete, exists, func, insert, select

from server.cases.proving import provers_of_step, second_of
from server.interface.claimed_time import counted
from server.interface.fields import CaseBegan, FindingState
from server.interface.words import DISPOSITIONS, STEP_WORDS
from server.projections import proof_rows
from server.projections.by_eye import measure_of
from server.projections.log_records import CaseLine
from server.projections.proof_rows import Claim, note_claims, proven_among
from server.projections.sightings import SameThings, case_of, happened_of, same_things
from server.projections.sweep_record import SweepRecord, read_words
from server.signing.kept_finds import kept_case, kept_of_sweep
from server.signing.validity import allowed
from server.standing.cases import CLOSED, FOUND, NEW, Case, Taken, after_all
from server.standing.findings import state_of_finding
from server.standing.joining import Happened
from server.standing.naming import Named
from server.store.clock import from_ms, to_ms
from server.store.schema import case_steps, cases, entries, facilities, findings, kept_finds, rooms, unproven
from server.store.stored_bodies import StoredBody, bodies_of, bodies_of_entries
from server.store.stored_rows import StoredCase, StoredEntry
from sweep.entry import kinds
from sweep.report import ContractError, SweepReport, parse_json
from sweep.report.case_records import CaseStep, Reported

BEGAN: Final[Mapping[str, CaseBegan]] = {
    "person": "by_eye",
    "cleaner": "by_eye",
    "public": "public",
    "instrument": "instrument",
}
"""By what a case was opened that somebody reported."""
_beside = cases.alias("beside")
CASE_COLUMNS = (
    cases,
    facilities.c.name_ko.label("facility_ko"),
    facilities.c.name_en.label("facility_en"),
    facilities.c.district_id,
    rooms.c.name_ko.label("room_ko"),
    rooms.c.name_en.label("room_en"),
    exists()
    .where(
        _beside.c.room_id == cases.c.room_id,
        _beside.c.source == cases.c.source,
        _beside.c.joins.is_(None),
        _beside.c.state.in_(sorted(FOUND - CLOSED)),
    )
    .label("is_held"),
    exists()
    .where(findings.c.sweep_id == cases.c.sweep_id, findings.c.finding_id == cases.c.finding_id, findings.c.by_eye)
    .label("is_by_eye"),
)
"""A case beside the names of its place, whether a find of its room waits for the police, and whether eyes raised it."""


def states_of(connection: Connection, record: SweepRecord, same: SameThings | None = None) -> dict[UUID, FindingState]:
    """What stands of each finding of a sweep, also by what happened to the same thing in another sweep of the room;
    empty where nobody can say whose sweep it is.
    """
    same = same_things(connection, record) if same is None else same
    kept = kept_of_sweep(connection, record.sweep_id)
    happened = happened_of(record)
    states = {}
    for finding_id in _findings_of(record, kept):
        again = same.own.get(finding_id)
        case = again.case if again else _case_after(happened.get(finding_id, []), kept.get(finding_id))
        states[finding_id] = state_of_finding(case)
    return states


def _findings_of(record: SweepRecord, kept: Mapping[UUID, Row[Any]]) -> dict[UUID, None]:
    """Everything of a sweep that somebody measured, decided on or opened a case of."""
    found = dict.fromkeys(() if record.report is None else (one.finding_id for one in record.report.findings))
    found |= dict.fromkeys(item.finding_id for _, item in record.dispositions)
    found |= dict.fromkeys(step.finding_id for _, step in record.steps if step.finding_id is not None)
    return found | dict.fromkeys(kept)


def case_lines(connection: Connection, record: SweepRecord, same: SameThings) -> tuple[CaseLine, ...]:
    """What persons did in the cases of a sweep's findings, with whichever sweep of the room it is recorded."""
    roots = {again.joins or case_of(record.sweep_id, finding_id): finding_id for finding_id, again in same.own.items()}
    roots_of = {case_id: again.joins or case_id for case_id, (_, again) in same.others.items()}
    beside = {case_id: roots[root] for case_id, root in roots_of.items() if root in roots}
    opened = select(cases.c.case_id, cases.c.opened_ms).where(cases.c.case_id.in_(list(beside)))
    began = {row.case_id: from_ms(row.opened_ms) for row in connection.execute(opened)}
    found = [
        (row.log_index, _case_line(row, step, step.finding_id, None))
        for row, step in record.steps
        if step.finding_id is not None
    ]
    for sweep_id, other in read_words(connection, {same.others[case_id][0] for case_id in beside}).items():
        for row, step in other.steps:
            if step.case_id in beside:
                found.append((row.log_index, _case_line(row, step, beside[step.case_id], began.get(step.case_id))))
        for row, said in other.dispositions:
            case_id = case_of(sweep_id, said.finding_id)
            if case_id in beside:
                words, who = DISPOSITIONS[said.verdict].ko, (row.subject,)
                line = CaseLine(
                    beside[case_id], began.get(case_id), words, False, who, said.decided.utc, row.entry_hash
                )
                found.append((row.log_index, line))
    return tuple(line for _, line in sorted(found, key=lambda one: one[0]))


def _case_line(row: StoredEntry, said: CaseStep, finding_id: UUID, opened: datetime | None) -> CaseLine:
    measure, second = measure_of(said), second_of(said.step)
    persons = (row.subject,) if second is None else (row.subject, second)
    words = measure or STEP_WORDS[said.step.step].ko
    return CaseLine(finding_id, opened, words, measure is not None, persons, said.decided.utc, row.entry_hash)


def insert_cases(connection: Connection, record: SweepRecord, same: SameThings) -> None:
    """The cases of a sweep's findings; those from before were deleted with its other rows."""
    head = record.report or record.opened
    kept = kept_of_sweep(connection, record.sweep_id)
    if head is None:
        _insert_finds(connection, record, kept)
        return
    found = _findings_of(record, kept)
    if not found:
        return
    started = head.started if isinstance(head, SweepReport) else head.opened
    opened_ms = to_ms(counted(started, record.received))
    happened = happened_of(record)
    measured = set() if record.report is None else {one.finding_id for one in record.report.findings}
    rows = []
    for finding_id in found:
        own, again = happened.get(finding_id, []), same.own.get(finding_id)
        changed_ms = max((one.received_ms for one in own), default=opened_ms)
        case = _case_after(own, kept.get(finding_id))
        if again is not None:
            case, changed_ms = again.case, again.changed_ms
        if finding_id not in measured or case.corrected_room is not None:
            case = replace(case, named=None)  # of what is erased or elsewhere nobody can say that it is as it was
        ids = {"case_id": case_of(head.sweep_id, finding_id), "sweep_id": head.sweep_id, "finding_id": finding_id}
        joins = {"joins": None if again is None else again.joins}
        times = {"opened_ms": opened_ms, "changed_ms": changed_ms}
        stood = kept.get(finding_id)  # where it was found, whoever has the sweep now
        room_id, source = (head.room_id, head.source) if stood is None else (stood.recorded_room_id, stood.source)
        values = _values(connection, case, room_id, source)
        rows.append(ids | joins | times | values)
    taken = [row["case_id"] for row in rows]  # a case without a sweep never takes the id of one that a finding opened
    connection.execute(delete(cases).where(cases.c.case_id.in_(taken), cases.c.sweep_id.is_(None)))
    connection.execute(insert(cases), rows)


def _case_after(own: Sequence[Happened], kept: Row[Any] | None) -> Case:
    """A case after what happened; of a find that was kept, after what happened since."""
    if kept is None:
        return after_all((one.what for one in own), NEW) or NEW
    since = [one.what for one in own if one.log_index >= kept.kept_index]
    corrected = None if kept.room_id == kept.recorded_room_id else kept.room_id
    stood = Case(kept.state, kept.steps, corrected_room=corrected)
    return after_all(since, stood) or stood


def _insert_finds(connection: Connection, record: SweepRecord, kept: Mapping[UUID, Row[Any]]) -> None:
    """The finds of a sweep of which neither opening nor report counts: what persons found stays found."""
    happened = happened_of(record)
    rows = {row.log_index: row for row, _ in (*record.dispositions, *record.steps)}
    for finding_id in dict.fromkeys([*kept, *happened]):
        own = happened.get(finding_id, [])
        before = kept.get(finding_id)
        case = _case_after(own, before)
        if before is None and case.state not in FOUND:
            continue
        first = before or rows[own[0].log_index]
        room_id = rows[own[0].log_index].room_id if before is None else before.recorded_room_id
        opened_ms = own[0].received_ms if before is None else before.opened_ms
        changed_ms = max((one.received_ms for one in own), default=opened_ms)
        ids = {"case_id": case_of(record.sweep_id, finding_id), "sweep_id": record.sweep_id, "finding_id": finding_id}
        times = {"opened_ms": opened_ms, "changed_ms": changed_ms}
        values = _values(connection, case, room_id, first.source)
        connection.execute(insert(cases).values(**ids, **times, **values))


def take_effect(connection: Connection, sweep_id: UUID | None, log_index: int) -> None:
    """A step counts: that of a case of no sweep is read now, the rest with its sweep."""
    row = connection.execute(select(entries).where(entries.c.log_index == log_index)).one()
    step = read_step(connection, row)
    if sweep_id is None and step is not None:
        connection.execute(insert(case_steps).values(log_index=log_index, case_id=step.case_id))
        _refresh(connection, step.case_id)


def take_proof(connection: Connection, log_index: int) -> None:
    """A proof counts: a case without a sweep is read anew, the rest with its sweep."""
    about = proof_rows.take_effect(connection, log_index)
    step = None if about is None or about.sweep_id is not None else read_step(connection, about)
    if step is not None:
        _refresh(connection, step.case_id)


def read_step(connection: Connection, row: StoredEntry) -> CaseStep | None:
    """The step that an entry holds; None when its body is away or broken."""
    return _read(bodies_of(connection, row.log_index))


def read_each_step(connection: Connection, rows: Sequence[StoredEntry]) -> dict[int, CaseStep]:
    """`read_step` of each of these entries, by its number."""
    read = (
        (log_index, _read(found)) for log_index, found in bodies_of_entries(connection, [row.log_index for row in rows])
    )
    return {log_index: step for log_index, step in read if step is not None}


def _read(bodies: Iterable[StoredBody]) -> CaseStep | None:
    for body in bodies:
        if body.media_type == kinds.CASE_STEP_TYPE and body.data is not None:
            try:
                return parse_json(CaseStep, body.data)
            except ContractError:
                return None
    return None


def case_of_row(row: StoredCase) -> Case:
    """A case as its row has it, without persons."""
    reopens, named = (None if day is None else date.fromisoformat(day) for day in (row.reopens, row.named))
    return Case(
        row.state, row.steps, reopens=reopens, named=None if named is None else Named(named), is_held=row.is_held
    )


def steps_of(connection: Connection, case_id: UUID, sweep_id: UUID | None) -> Sequence[tuple[StoredEntry, CaseStep]]:
    """The steps of a case that count, in the order of the log; of a case without a sweep those in its own room."""
    return read_steps(connection, case_id, sweep_id)[0]


def read_steps(
    connection: Connection, case_id: UUID, sweep_id: UUID | None
) -> tuple[Sequence[tuple[StoredEntry, CaseStep]], Sequence[Claim]]:
    """The steps of a case that count, and those that wait until their persons have proven them."""
    where: ColumnElement[bool] = entries.c.sweep_id == sweep_id
    if sweep_id is None:
        where = entries.c.log_index.in_(select(case_steps.c.log_index).where(case_steps.c.case_id == case_id))
    statement = select(entries).where(where, entries.c.kind == kinds.CASE_STEP, entries.c.status == "accepted")
    rows = allowed(connection, connection.execute(statement.order_by(entries.c.log_index)).all())
    read = ((row, read_step(connection, row)) for row in rows)
    found = [(row, step) for row, step in read if step is not None and step.case_id == case_id]
    in_place = [(row, step) for row, step in found if sweep_id is not None or row.room_id == found[0][0].room_id]
    proven = proven_among(connection, [row for row, _ in in_place])
    steps: list[tuple[StoredEntry, CaseStep]] = []
    claims = []
    for row, step in in_place:
        needed = provers_of_step(step.step, opens=sweep_id is None and not steps)
        missing = proven.missing(row, needed, second_of(step.step))
        if missing:
            claims.append(Claim(row, step, missing))
        else:
            steps.append((row, step))
    return steps, claims


def openers(connection: Connection, rows: Iterable[StoredCase]) -> dict[UUID, CaseBegan]:
    """By what each case was opened; none of those whose first step nobody can read any more."""
    found: dict[UUID, CaseBegan] = {}
    of_no_sweep = []
    for row in rows:
        if row.finding_id is None:
            of_no_sweep.append(row.case_id)
        else:
            found[row.case_id] = "by_eye" if row.is_by_eye else "probe"
    first = select(func.min(case_steps.c.log_index)).where(case_steps.c.case_id.in_(of_no_sweep))
    statement = select(entries).where(entries.c.log_index.in_(first.group_by(case_steps.c.case_id)))
    firsts = allowed(connection, connection.execute(statement).all()) if of_no_sweep else ()
    for step in read_each_step(connection, firsts).values():
        if isinstance(step.step, Reported):
            found[step.case_id] = BEGAN[step.step.by]
    return found


def rebuild_steps(connection: Connection) -> None:
    """Compute anew what hangs on no sweep."""
    connection.execute(delete(case_steps))
    connection.execute(delete(unproven).where(unproven.c.sweep_id.is_(None)))
    connection.execute(delete(cases).where(cases.c.sweep_id.is_(None)))
    statement = select(entries.c.log_index).where(
        entries.c.kind == kinds.CASE_STEP, entries.c.status == "accepted", entries.c.sweep_id.is_(None)
    )
    for log_index in connection.scalars(statement.order_by(entries.c.log_index)).all():
        take_effect(connection, None, log_index)
    of_no_sweep = select(kept_finds.c.case_id).where(kept_finds.c.sweep_id.is_(None))
    for case_id in connection.scalars(of_no_sweep).all():
        _refresh(connection, case_id)


def _refresh(connection: Connection, case_id: UUID) -> None:
    """The row of a case that no sweep opened."""
    connection.execute(delete(cases).where(cases.c.case_id == case_id, cases.c.sweep_id.is_(None)))
    (steps, claims), kept = read_steps(connection, case_id, None), kept_case(connection, case_id)
    note_claims(connection, claims, case_id=case_id)
    if connection.scalar(select(cases.c.case_id).where(cases.c.case_id == case_id)) is not None:
        return  # a sweep's case has this id
    if kept is not None:
        own = [Happened(row.received_ms, row.log_index, row.received_ms, Taken(step.step)) for row, step in steps]
        values = _values(connection, _case_after(own, kept), kept.recorded_room_id, kept.source)
        values |= {"opened_ms": kept.opened_ms, "changed_ms": kept.changed_ms}
    else:
        case = after_all(step.step for _, step in steps)
        if case is None or steps[0][0].room_id is None:
            return
        first, last = steps[0][0], steps[-1][0]
        values = _values(connection, case, first.room_id, first.source)
        values |= {"opened_ms": first.received_ms, "changed_ms": last.received_ms}
    connection.execute(insert(cases).values(case_id=case_id, sweep_id=None, finding_id=None, **values))


def _values(connection: Connection, case: Case, room_id: UUID | None, source: str) -> dict[str, Any]:
    return {
        "room_id": _room_of(connection, case, room_id),
        "recorded_room_id": room_id,
        "source": source,
        "state": case.state,
        "stands": state_of_finding(case),
        "steps": case.steps,
        "due": None if case.due is None else case.due.isoformat(),
        "reopens": None if case.reopens is None else case.reopens.isoformat(),
        "named": None if case.named is None else case.named.day.isoformat(),
    }


def _room_of(connection: Connection, case: Case, room_id: UUID | None) -> UUID | None:
    """The room of a case: the corrected one, unless that lies in another district, whose case it cannot become."""
    if case.corrected_room is None:
        return room_id
    places = rooms.join(facilities, facilities.c.facility_id == rooms.c.facility_id)
    of_rooms = select(facilities.c.district_id).select_from(places)
    found = connection.scalars(of_rooms.where(rooms.c.room_id.in_([room_id, case.corrected_room])).distinct()).all()
    return case.corrected_room if len(found) < 2 else room_id
