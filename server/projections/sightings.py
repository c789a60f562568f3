"""Findings of a room that are one thing in several sweeps, as projections read and keep them.

Input is what was read of a sweep, and the rows that its room's other sweeps left here; output is, by finding, the case
that it joins and what that came to, and the row that this sweep leaves.  Nothing here depends on the order of arrival:
whoever projects a sweep projects those that this changes (`projecting.py`).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, case, func, insert, or_, select

from server.interface.claimed_time import BELIEVED_ERROR, counted
from server.interface.voice import Voice
from server.projections.sweep_record import SweepRecord, read_words
from server.projections.taken_steps import taken_of
from server.standing.cases import Case, Taken, Verdict
from server.standing.findings import OPEN, state_of_finding
from server.standing.joining import (
    MOST_SEEN,
    Happened,
    Sighting,
    case_beside,
    case_of_thing,
    in_order,
    things_of,
)
from server.store.bodies import open_read, seal_read
from server.store.clock import to_ms
from server.store.schema import cases, kept_finds, sightings
from sweep.report import Finding, LocalText, Modality, SweepReport, derived_id, devices_of, thing_of, touches
from sweep.report.case_records import RoomCorrected
from sweep.report.known import Thing
from sweep.report.walls.spots import where_found

Place = tuple[UUID, UUID]
"""Sweep and finding."""
Seen = tuple[int, Thing, frozenset[Modality]]
"""When its sweep began, what it is, and what speaks for it."""


@dataclass(frozen=True, slots=True)
class SeenAgain:
    """A finding of a thing that several sweeps saw."""

    joins: UUID | None
    """The case that counts for all of them; None: it is this one."""
    case: Case
    """After what happened to any of them."""
    changed_ms: int


@dataclass(frozen=True, slots=True)
class SeenThing:
    """What a finding is about, in a line."""

    zone: LocalText
    """With wall and height, as far as they are known."""
    by: tuple[Modality, ...]


@dataclass(frozen=True, slots=True)
class SameThings:
    """What a sweep's findings have in common with other sweeps of its room."""

    own: Mapping[UUID, SeenAgain] = field(default_factory=dict)
    """By finding; none where no other sweep saw anything there."""
    related: frozenset[UUID] = frozenset()
    """Sweeps of which a finding touches one of these, or one that does."""
    others: Mapping[UUID, tuple[UUID, SeenAgain]] = field(default_factory=dict)
    """By case of the related sweeps: its sweep, and what it has to be."""


@dataclass(slots=True)
class Readings:
    """What one transaction read of sweeps for others of their rooms: each once, however many rows change with it."""

    things: dict[UUID, dict[Place, Seen]] = field(default_factory=dict)
    """By sweep; what was erased is nothing."""
    words: dict[UUID, SweepRecord] = field(default_factory=dict)

    def forget(self, sweep_id: UUID) -> None:
        """Of this sweep all is read anew."""
        self.things.pop(sweep_id, None)
        self.words.pop(sweep_id, None)

    def clear(self) -> None:
        """Of every sweep."""
        self.things.clear()
        self.words.clear()

    def words_of(self, connection: Connection, sweep_ids: Collection[UUID]) -> dict[UUID, SweepRecord]:
        """What persons did about the findings of these sweeps."""
        missing = [sweep_id for sweep_id in sweep_ids if sweep_id not in self.words]
        if missing:
            self.words |= read_words(connection, missing)
        return {sweep_id: self.words[sweep_id] for sweep_id in sweep_ids}

    def things_of(self, connection: Connection, sweep_ids: Collection[UUID]) -> dict[Place, Seen]:
        """What these sweeps saw."""
        missing = [sweep_id for sweep_id in sweep_ids if sweep_id not in self.things]
        for row in connection.execute(select(sightings).where(sightings.c.sweep_id.in_(missing))) if missing else ():
            text = open_read(connection, f"things {row.sweep_id}", row.things_sealed)
            self.things[row.sweep_id] = {
                (row.sweep_id, UUID(line["finding"])): (row.opened_ms, _thing(line), frozenset(line["by"]))
                for line in ([] if text is None else json.loads(text))
            }
        return {place: seen for sweep_id in sweep_ids for place, seen in self.things[sweep_id].items()}


def case_of(sweep_id: UUID, finding_id: UUID) -> UUID:
    """The id of the case that a finding opens."""
    return derived_id(sweep_id, f"case of {finding_id}")


def thing_in(report: SweepReport, finding: Finding) -> Thing:
    """What a finding of a report is about, as it is compared between visits."""
    return thing_of(finding, devices_of(finding, report.observations))


def happened_of(record: SweepRecord) -> dict[UUID, list[Happened]]:
    """What happened to the findings of a sweep, each in its order, in whatever order it arrived."""
    found: dict[UUID, list[Happened]] = {}
    for row, item in record.dispositions:
        said = Verdict(Voice(row.subject, item.account), item.verdict)
        one = Happened(to_ms(item.counts_from), row.log_index, row.received_ms, said)
        found.setdefault(item.finding_id, []).append(one)
    for row, step in record.steps:
        if step.finding_id is not None:
            taken = taken_of(row, step)
            one = Happened(taken.at_ms, row.log_index, row.received_ms, taken)
            found.setdefault(step.finding_id, []).append(one)
    return {finding_id: in_order(happened) for finding_id, happened in found.items()}


def keep_sightings(connection: Connection, record: SweepRecord) -> None:
    """Leave what a sweep saw for the other sweeps of its room, sealed so that it dies with the report."""
    report = record.report
    if report is None or not report.findings or report.source == "practice":
        return
    lines = [_written(thing_in(report, one), one, where_found(report, one).where) for one in report.findings]
    sealed = seal_read(connection, record.slots, f"things {record.sweep_id}", json.dumps(lines))
    connection.execute(
        insert(sightings).values(
            sweep_id=record.sweep_id,
            room_id=report.room_id,
            source=report.source,
            opened_ms=to_ms(counted(report.started, record.received)),
            things_sealed=sealed,
        )
    )


def same_things(
    connection: Connection,
    record: SweepRecord,
    shared: Collection[UUID] | None = None,
    readings: Readings | None = None,
) -> SameThings:
    """What this sweep's findings have in common with those of other sweeps of its room and source.

    `shared`: sweeps that share a case with it, where the rows of `cases` hold for all others: what by those rows was
    settled when this sweep began is not read.  None: everything is read.  `readings`: of this transaction.
    """
    report, readings = record.report, Readings() if readings is None else readings
    if report is None or not report.findings or report.source == "practice":
        return SameThings()
    opened_ms = to_ms(counted(report.started, record.received))
    own_places = {
        (record.sweep_id, one.finding_id): (opened_ms, thing_in(report, one), _by(one)) for one in report.findings
    }
    unsettled = None if shared is None else _unsettled(connection, record, report, opened_ms, shared)
    near = _near(connection, readings, record.sweep_id, report, unsettled)
    related = frozenset(sweep_id for sweep_id, _ in near)
    if not related:
        return SameThings()
    records = readings.words_of(connection, related) | {record.sweep_id: record}
    seen = _sightings(connection, {**near, **own_places}, records)
    places = {sighting.case_id: place for place, sighting in seen.items()}
    things = things_of(seen.values())
    ours = [thing for thing in things if any(one.sweep_id == record.sweep_id for one in thing)]
    if unsettled is not None and any(case_of_thing(thing).named is not None for thing in ours):
        return same_things(connection, record, None, readings)  # what was settled may have ended that
    own: dict[UUID, SeenAgain] = {}
    others: dict[UUID, tuple[UUID, SeenAgain]] = {}
    for thing in things:
        case = case_beside(thing, seen.values())
        last_ms = max((what.received_ms for one in thing for what in one.happened), default=0)
        for one in thing:
            joins = None if one is thing[0] else thing[0].case_id
            again = SeenAgain(joins, case, last_ms or one.opened_ms)
            sweep_id, finding_id = places[one.case_id]
            if sweep_id != record.sweep_id:
                others[one.case_id] = (sweep_id, again)
            else:
                own[finding_id] = again
    return SameThings(own, related, others)


def to_project(connection: Connection, before: Iterable[UUID], now: SameThings) -> set[UUID]:
    """Sweeps whose rows say something else than they have to, since this one was projected.

    `before`: those that shared a case with it (`sharing`).
    """
    changed = set(before) - now.related
    rows = connection.execute(select(cases).where(cases.c.case_id.in_(list(now.others)))).all()
    stored = {row.case_id: (row.joins, row.state, row.stands, row.steps, row.changed_ms, row.named) for row in rows}
    for case_id, (sweep_id, again) in now.others.items():
        case = again.case
        named = None if case.named is None else case.named.day.isoformat()
        wanted = (again.joins, case.state, state_of_finding(case), case.steps, again.changed_ms, named)
        if stored.get(case_id) != wanted:
            changed.add(sweep_id)
    return changed


def sharing(connection: Connection, sweep_id: UUID) -> set[UUID]:
    """Other sweeps whose cases are joined with those of this one, as the rows say now."""
    own = connection.execute(select(cases.c.case_id, cases.c.joins).where(cases.c.sweep_id == sweep_id)).all()
    roots = [row.joins or row.case_id for row in own]
    found = select(cases.c.sweep_id).where(or_(cases.c.case_id.in_(roots), cases.c.joins.in_(roots)))
    others = found.where(cases.c.sweep_id.is_not(None), cases.c.sweep_id != sweep_id)
    return set(connection.scalars(others)) if roots else set()


def seen_things(connection: Connection, sweep_ids: Iterable[UUID | None]) -> dict[UUID, SeenThing]:
    """What the cases of these sweeps are about, by case; nothing of what was erased."""
    wanted = {sweep_id for sweep_id in sweep_ids if sweep_id is not None}
    rows = connection.execute(select(sightings).where(sightings.c.sweep_id.in_(wanted))) if wanted else ()
    found = {}
    for row in rows:
        text = open_read(connection, f"things {row.sweep_id}", row.things_sealed)
        for line in () if text is None else json.loads(text):
            zone = line["name"] or {"ko": line["zone"], "en": line["zone"]}
            seen = SeenThing(LocalText.model_validate(zone), tuple(line["by"]))
            found[case_of(row.sweep_id, UUID(line["finding"]))] = seen
    return found


def _unsettled(
    connection: Connection, record: SweepRecord, report: SweepReport, opened_ms: int, shared: Collection[UUID]
) -> dict[UUID, UUID]:
    """Cases of the room's other sweeps, each with its sweep, whose thing this sweep can still change or join.

    A thing is settled for a sweep that began after each of its sightings when it had been closed by then, or was seen
    too often to be joined; unless it is named, which what is seen later may end.
    """
    first_id = min(case_of(record.sweep_id, finding.finding_id) for finding in report.findings)
    same_time = and_(cases.c.opened_ms == opened_ms, cases.c.case_id >= first_id)
    counts = or_(
        cases.c.opened_ms > opened_ms, same_time, cases.c.named.is_not(None), cases.c.sweep_id.in_(list(shared))
    )
    # What was said counts from a time that may be so much later than its receipt.
    latest_ms = opened_ms - BELIEVED_ERROR // timedelta(milliseconds=1)
    is_open = or_(cases.c.stands.in_(sorted(OPEN)), cases.c.changed_ms > latest_ms)
    root = func.coalesce(cases.c.joins, cases.c.case_id)
    of_room = (
        select(cases.c.case_id, cases.c.sweep_id)
        .join(sightings, sightings.c.sweep_id == cases.c.sweep_id)
        .where(*_of_room(record.sweep_id, report))
    )
    can_be_joined = and_(func.count() < MOST_SEEN, func.sum(case((is_open, 1), else_=0)) > 0)
    things = of_room.with_only_columns(root).group_by(root)
    things = things.having(or_(func.sum(case((counts, 1), else_=0)) > 0, can_be_joined))
    return {row.case_id: row.sweep_id for row in connection.execute(of_room.where(root.in_(things)))}


def _of_room(sweep_id: UUID, report: SweepReport) -> tuple[ColumnElement[bool], ...]:
    """What sightings of other sweeps can be of the same thing."""
    room = (sightings.c.room_id == report.room_id, sightings.c.source == report.source)
    return (*room, sightings.c.sweep_id != sweep_id)


def _near(
    connection: Connection,
    readings: Readings,
    sweep_id: UUID,
    report: SweepReport,
    unsettled: Mapping[UUID, UUID] | None,
) -> dict[Place, Seen]:
    """Findings of other sweeps that touch one of this report, or one that does, with when they began."""
    if unsettled is None:
        others = set(connection.scalars(select(sightings.c.sweep_id).where(*_of_room(sweep_id, report))))
    else:
        others = set(unsettled.values())
    left = readings.things_of(connection, others)
    if unsettled is not None:
        left = {place: seen for place, seen in left.items() if case_of(*place) in unsettled}
    waiting = [thing_in(report, finding) for finding in report.findings]
    found: dict[Place, Seen] = {}
    while waiting and left:
        thing = waiting.pop()
        for place in [place for place, (_, other, _) in left.items() if touches(thing, other)]:
            found[place] = left.pop(place)
            waiting.append(found[place][1])
    return found


def _sightings(
    connection: Connection, places: Mapping[Place, Seen], records: Mapping[UUID, SweepRecord]
) -> dict[Place, Sighting]:
    """Findings that may be one thing with others: not a find that was kept, nor what was moved to another room."""
    kept = set(connection.scalars(select(kept_finds.c.case_id).where(kept_finds.c.sweep_id.in_(list(records)))))
    happened = {sweep_id: happened_of(record) for sweep_id, record in records.items()}
    pictured = {taken.case_id for record in records.values() for _, taken in record.photographs}
    seen = {}
    for (sweep_id, finding_id), (opened_ms, thing, by) in places.items():
        case_id, own = case_of(sweep_id, finding_id), tuple(happened[sweep_id].get(finding_id, ()))
        is_moved = any(isinstance(one.what, Taken) and isinstance(one.what.step, RoomCorrected) for one in own)
        if case_id not in kept and not is_moved:
            seen[(sweep_id, finding_id)] = Sighting(case_id, sweep_id, opened_ms, thing, own, case_id in pictured, by)
    return seen


def _written(thing: Thing, finding: Finding, where: LocalText) -> dict[str, Any]:
    return {
        "finding": str(finding.finding_id),
        "zone": thing.zone_id,
        "circle": [thing.x_m, thing.y_m, thing.radius_m],
        "devices": sorted(thing.devices),
        "name": where.model_dump(),
        "by": sorted(_by(finding)),
    }


def _by(finding: Finding) -> frozenset[Modality]:
    return frozenset(one.modality for one in finding.evidence_for)


def _thing(line: dict[str, Any]) -> Thing:
    x_m, y_m, radius_m = line["circle"]
    return Thing(line["zone"], x_m, y_m, radius_m, frozenset((key, tag) for key, tag in line["devices"]))
