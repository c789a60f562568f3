"""What earlier visits to a room found out about what is suspected there now: a known screw, the shop's camera.

Input is a sweep's report and the room's earlier sweeps with what persons decided about them; output says, by finding,
which earlier decision speaks of the same device or place.  It marks and sorts; it lowers no score and hides nothing, or
an offender would hide where something harmless was.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import Connection, select

from server.interface.views.sweeps import KnownBefore
from server.projections.sweep_record import SweepRecord, read_sweep
from server.store.clock import to_ms
from server.store.schema import sweeps
from sweep.report import Disposition, Finding, LocalText, SweepReport, WifiObservation
from sweep.report.case_records import CaseStep, NotCamera

VISITS = 5
"""Earlier visits that are looked at (guessed: a year of quarters)."""
UNSETTLING: Final = frozenset({"reopened", "camera", "defect_found"})
"""Steps of a case after which an earlier explanation holds no longer."""
LEAST_RADIUS_M = 0.3
"""Two circles that are drawn smaller than a hand can point mean one place (as the lens places a glint)."""


@dataclass(frozen=True, slots=True)
class Visit:
    """An earlier visit."""

    sweep_id: UUID
    report: SweepReport
    dispositions: tuple[Disposition, ...]
    """Of its findings, in their order."""
    steps: tuple[CaseStep, ...] = ()
    """Of the cases that its findings opened, in their order."""


@dataclass(frozen=True, slots=True)
class _Word:
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
    earlier = (
        select(sweeps.c.sweep_id)
        .where(
            sweeps.c.room_id == room_id,
            sweeps.c.started_ms < to_ms(report.started.utc),
            sweeps.c.source == report.source,
        )
        .order_by(sweeps.c.started_ms.desc())
        .limit(VISITS)
    )
    visits = []
    for sweep_id in connection.scalars(earlier).all():
        found, _ = read_sweep(connection, sweep_id)
        if found.report is not None and (found.dispositions or found.steps):
            decided = tuple(sorted((item for _, item in found.dispositions), key=lambda item: item.counts_from))
            steps = sorted((step for _, step in found.steps), key=lambda step: step.decided.utc)
            visits.append(Visit(sweep_id, found.report, decided, tuple(steps)))
    return tuple(known_of(report, visits))


def known_of(report: SweepReport, visits: Iterable[Visit]) -> list[KnownBefore]:
    """The latest earlier decision about each finding's device or place, where it was that there is no camera.

    It is a person's verdict, or what two persons wrote into the case, until the day on which that opens again.
    """
    known: dict[UUID, KnownBefore] = {}
    settled: set[UUID] = set()
    for visit in visits:  # the latest first
        words = _last_words(visit)
        for finding in report.findings:
            if finding.finding_id in settled:
                continue
            for before in visit.report.findings:
                word = words.get(before.finding_id)
                by = None if word is None else _same(report, finding, visit.report, before)
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


def _last_words(visit: Visit) -> dict[UUID, _Word]:
    """By finding; of two that were said at once, that of the case."""
    words: list[tuple[datetime, UUID, _Word]] = [
        (item.counts_from, item.finding_id, _Word(item.decided.utc, item.verdict == "no_camera", item.note))
        for item in visit.dispositions
    ]
    for one in visit.steps:
        said = one.decided.utc
        if one.finding_id is None:
            continue
        if isinstance(one.step, NotCamera):
            what = LocalText(ko=one.step.what, en=one.step.what)
            words.append((said, one.finding_id, _Word(said, True, what, one.step.reopens)))
        elif one.step.step in UNSETTLING:
            words.append((said, one.finding_id, _Word(said, False)))
    return {finding_id: word for _, finding_id, word in sorted(words, key=lambda one: one[0])}


def _same(now: SweepReport, finding: Finding, then: SweepReport, before: Finding) -> Literal["device", "place"] | None:
    ours, theirs = _devices(now, finding), _devices(then, before)
    if ours or theirs:  # one device at another's place is another suspicion
        return "device" if ours & theirs else None
    if finding.zone_id != before.zone_id:
        return None
    apart_m = math.dist((finding.x_m, finding.y_m), (before.x_m, before.y_m))
    return "place" if apart_m <= max(LEAST_RADIUS_M, min(finding.radius_m, before.radius_m)) else None


def _devices(report: SweepReport, finding: Finding) -> set[tuple[str, str]]:
    """Tags under the room's key of the transmitters that a finding cites."""
    cited = {evidence.observation_id for evidence in finding.evidence_for}
    return {
        (token.key_id, token.tag)
        for one in report.observations
        if one.observation_id in cited and isinstance(one, WifiObservation)
        for token in one.addresses
        if token.scheme == "room"
    }
