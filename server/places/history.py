"""What earlier visits to a room found out about what is suspected there now: a known screw, the shop's camera.

Input is a sweep's report and the room's earlier sweeps with what persons decided about them, in a second look by eye
or later; output says, by finding,
which earlier decision speaks of the same device or place.  It marks and sorts; it lowers no score and hides nothing, or
an offender would hide where something harmless was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, select

from server.interface.fields import FindingState
from server.interface.views.sweeps import KnownBefore
from server.projections.case_rows import states_of
from server.projections.sightings import SameThings, thing_in
from server.projections.sweep_record import SweepRecord, read_sweep
from server.standing.naming import HALF_YEAR
from server.store.clock import to_ms
from server.store.schema import sweeps
from sweep.report import (
    EYE_OUTCOMES,
    SEEN_AS,
    Disposition,
    KnownThing,
    LocalText,
    Source,
    SweepReport,
    devices_of,
    sameness,
    thing_of,
)
from sweep.report import (
    last_words as last_looks,
)
from sweep.report.case_records import CaseStep, NotCamera
from sweep.report.known import Thing, is_one_place

VISITS = 5
"""Earlier visits that are looked at (guessed: a year of quarters)."""
UNSETTLING: Final = frozenset({"reopened", "camera", "defect_found"})
"""Steps of a case after which an earlier explanation holds no longer."""
MOST_KNOWN: Final = 64
"""As many things as a probe is told of a room."""


@dataclass(frozen=True, slots=True)
class Visit:
    """An earlier visit."""

    sweep_id: UUID
    report: SweepReport
    dispositions: tuple[Disposition, ...]
    """Of its findings, in their order."""
    steps: tuple[CaseStep, ...] = ()
    """Of the cases that its findings opened, in their order."""
    states: Mapping[UUID, FindingState] = field(default_factory=dict)
    """What stands of its findings."""


@dataclass(frozen=True, slots=True)
class Word:
    """What persons last said of a finding."""

    said: datetime
    is_no_camera: bool
    note: LocalText | None = None
    holds_until: date | None = None
    """From then on the case is open again, and nothing is explained; None: no such day."""


def known_before(connection: Connection, room_id: UUID, record: SweepRecord) -> tuple[KnownBefore, ...]:
    """What earlier visits say of this sweep's findings."""
    report = record.report
    if report is None or not report.findings:
        return ()
    visits = _visits(connection, room_id, to_ms(report.started.utc), report.source)
    return tuple(known_of(report, visits))


def known_of(report: SweepReport, visits: Iterable[Visit]) -> list[KnownBefore]:
    """The latest earlier decision about each finding's device or place, where it was that there is no camera.

    It is a person's verdict, or what two persons wrote into the case, until the day on which that opens again.
    """
    known: dict[UUID, KnownBefore] = {}
    settled: set[UUID] = set()
    for visit in visits:  # the latest first
        words = last_words(visit)
        for finding in report.findings:
            if finding.finding_id in settled:
                continue
            for before in visit.report.findings:
                word = words.get(before.finding_id)
                by = None if word is None else sameness(thing_in(report, finding), thing_in(visit.report, before))
                if word is None or by is None:
                    continue
                settled.add(finding.finding_id)
                is_over = word.holds_until is not None and word.holds_until <= report.started.utc.date()
                if word.is_no_camera and not is_over:
                    known[finding.finding_id] = KnownBefore(
                        finding_id=finding.finding_id, sweep_id=visit.sweep_id, by=by, note=word.note,
                        decided=word.said,
                    )  # fmt: skip
                break
    return list(known.values())


def last_words(visit: Visit) -> dict[UUID, Word]:
    """When and in what words persons last spoke, by finding, and whether it stands as no camera; of two at once, the
    case's.
    """
    is_none = {finding_id: state == "no_camera" for finding_id, state in visit.states.items()}
    words: list[tuple[datetime, UUID, Word]] = [
        (item.counts_from, item.finding_id, Word(item.decided.utc, is_none.get(item.finding_id, False), item.note))
        for item in visit.dispositions
    ]
    for look in visit.report.looked_again:
        if look.outcome == "explained" and look.reason in SEEN_AS:  # of the look itself: any later word counts more
            said = visit.report.started.utc
            words.append((said, look.finding_id, Word(said, True, SEEN_AS[look.reason])))
    for one in visit.steps:
        said = one.decided.utc
        if one.finding_id is None:
            continue
        if isinstance(one.step, NotCamera):
            what = LocalText(ko=one.step.what, en=one.step.what)
            words.append((said, one.finding_id, Word(said, is_none.get(one.finding_id, False), what, one.step.reopens)))
        elif one.step.step in UNSETTLING:
            words.append((said, one.finding_id, Word(said, False)))
    return {finding_id: word for _, finding_id, word in sorted(words, key=lambda one: one[0])}


def known_things(connection: Connection, room_id: UUID, now: datetime) -> tuple[KnownThing, ...]:
    """What earlier live visits explained in a room, for the probe that looks there next; what was last called anything
    else is not among it.
    """
    settled: list[tuple[Thing, KnownThing | None]] = []
    visits = _visits(connection, room_id, to_ms(now), "live")
    for visit in visits:
        words = last_words(visit)
        for finding in visit.report.findings:
            word, thing = words.get(finding.finding_id), thing_in(visit.report, finding)
            if word is None or any(sameness(thing, before) for before, _ in settled):
                continue
            is_over = word.holds_until is not None and word.holds_until <= now.date()
            known = None
            if word.is_no_camera and not is_over:
                known = KnownThing(
                    zone_id=finding.zone_id, x_m=finding.x_m, y_m=finding.y_m, radius_m=finding.radius_m,
                    devices=devices_of(finding, visit.report.observations), what=word.note, decided=word.said,
                )  # fmt: skip
            settled.append((thing, known))
    known_by_case = [known for _, known in settled if known is not None]
    return (*known_by_case, *seen_by_eye((visit.report for visit in reversed(visits)), now.date()))[:MOST_KNOWN]


def seen_by_eye(reports: Iterable[SweepReport], today: date) -> list[KnownThing]:
    """What an eye that was asked to look called a screw or a reflection, in visits from the first to the last.

    It holds for half a year, which no repetition makes longer; then somebody has to say so who never did.  Whatever
    else is said of the place ends it, and so does a finding there.
    """
    named: list[tuple[KnownThing, frozenset[str]]] = []
    for report in reports:
        persons = frozenset(report.inspectors)
        found = [thing_of(finding, ()) for finding in report.counted_findings]
        named = [one for one in named if all(sameness(thing_of(one[0], ()), thing) is None for thing in found)]
        for look in last_looks(report.eye_looks):
            if look.observation_id is None or look.answer == "not_answered":
                continue
            begins = report.started.utc - (HALF_YEAR if look.is_known else timedelta(0))  # who named it is not known
            here = KnownThing(
                zone_id=look.zone_id, x_m=look.x_m, y_m=look.y_m, radius_m=look.radius_m, decided=begins, is_look=True,
                what=EYE_OUTCOMES[look.answer], up_m=None if look.spot is None else look.spot.up_m,
            )  # fmt: skip
            same = [one for one in named if is_one_place(one[0], here)]
            named = [one for one in named if one not in same]
            if look.answer == "screw_or_reflection":
                named.append(_named_again(same[0], here, persons) if same else (here, persons))
    return [known for known, _ in named if today - known.decided.date() < HALF_YEAR]


def _named_again(
    before: tuple[KnownThing, frozenset[str]], here: KnownThing, persons: frozenset[str]
) -> tuple[KnownThing, frozenset[str]]:
    known, spoken = before
    is_new = here.decided - known.decided >= HALF_YEAR and not persons <= spoken
    return here if is_new else known, spoken | persons


def _visits(connection: Connection, room_id: UUID, before_ms: int, source: Source) -> list[Visit]:
    """The latest visits before that time about whose findings persons said anything, the latest first."""
    earlier = (
        select(sweeps.c.sweep_id)
        .where(sweeps.c.room_id == room_id, sweeps.c.started_ms < before_ms, sweeps.c.source == source)
        .order_by(sweeps.c.started_ms.desc())
        .limit(VISITS)
    )
    visits = []
    for sweep_id in connection.scalars(earlier).all():
        found, _ = read_sweep(connection, sweep_id)
        is_named = found.report is not None and any(one.outcome == "explained" for one in found.report.looked_again)
        is_told = is_named or (found.report is not None and found.report.eye_looks)
        if found.report is not None and (found.dispositions or found.steps or is_told):
            visits.append(visit_of(connection, found.report, found))
    return visits


def visit_of(connection: Connection, report: SweepReport, record: SweepRecord) -> Visit:
    """A sweep's report with what persons said of it, each in its order, and what stands by that alone: the other sweeps
    that saw the same thing are visits of their own.
    """
    decided = tuple(sorted((item for _, item in record.dispositions), key=lambda item: item.counts_from))
    steps = sorted((step for _, step in record.steps), key=lambda step: step.decided.utc)
    return Visit(report.sweep_id, report, decided, tuple(steps), states_of(connection, record, SameThings()))
