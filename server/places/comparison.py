"""Two visits of one room side by side: what was covered and judged, what stayed, came or went, what was repaired.

Input are two sweeps of a room with what persons said about them; output is a view.  What is "the same" is decided where
it is decided for a running sweep (`sweep.report.sameness`), and a transmitter stays where one of its tags does.
It writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, select

from server.interface.errors import ApiError, not_found
from server.interface.fields import FindingState
from server.interface.views.visits import (
    AirCompared,
    Change,
    HeardThen,
    RepairThen,
    SpotChange,
    SpotCompared,
    VisitComparison,
    VisitSide,
    ZoneCompared,
    ZoneThen,
)
from server.places.history import Visit, Word, last_words, visit_of
from server.projections.case_rows import states_of, steps_of
from server.projections.sightings import thing_in
from server.projections.sweep_record import SweepRecord, read_sweep
from server.standing.zones import zones_of
from server.store.clock import to_ms
from server.store.counting import IS_ROOT
from server.store.schema import cases, sweeps
from sweep.phrases import Phrase
from sweep.report import Finding, SweepReport, WifiObservation, sameness
from sweep.report.case_records import CaseStep, DefectFound, Rechecked, Repaired, RepairHanded
from sweep.report.walls.spots import Whereabouts, where_found

SHORT_TAG: Final = 4
"""Digits of a tag that tell one transmitter from another in speech, as on the page of transmitters."""
MOST_HEARD: Final = 24
"""Transmitters in the list (guessed: as many as anybody reads); the counts are of all."""
DAY_OF_VISIT: Final = timedelta(days=1)
"""A repair is looked at again on the day of the newer visit."""
MOST_CASES: Final = 200
"""Of a room (guessed, as in lists of cases)."""
ORDER: Final[tuple[SpotChange, ...]] = ("stayed", "unclear", "came", "went")


@dataclass(frozen=True, slots=True)
class _Transmitter:
    """Observations that share tags under the room's key."""

    tags: frozenset[tuple[str, str]]
    heard: tuple[WifiObservation, ...]


def compare_visits(connection: Connection, room_id: UUID, one: UUID, other: UUID) -> VisitComparison:
    """Two sweeps of a room, in either order; ApiError 404 when one is none of this room, 409 without both reports."""
    older, newer = sorted((_visit(connection, room_id, one), _visit(connection, room_id, other)), key=_started)
    states = states_of(connection, older[1]) | states_of(connection, newer[1])
    return VisitComparison(
        older=_side(*older),
        newer=_side(*newer),
        zones=tuple(compare_zones(older[0].report, newer[0].report)),
        air=air_of(older[0].report, newer[0].report),
        spots=tuple(spots_of(older[0], newer[0], states)),
        repairs=tuple(_repairs(connection, room_id, _started(older), _started(newer) + DAY_OF_VISIT)),
    )


def compare_zones(older: SweepReport, newer: SweepReport) -> Iterator[ZoneCompared]:
    """The zones of either plan, in the order of the newer one and then of the older one."""
    names = {zone.zone_id: zone.name for zone in (*newer.plan.zones, *older.plan.zones)}
    names |= {zone.zone_id: zone.name for zone in newer.plan.zones}
    for zone_id, name in names.items():
        yield ZoneCompared(zone_id=zone_id, name=name, older=_zone(older, zone_id), newer=_zone(newer, zone_id))


def air_of(older: SweepReport, newer: SweepReport) -> AirCompared:
    """Transmitters that stayed, came and went; nothing where the keys of the tags differ."""
    before, now = _transmitters(older), _transmitters(newer)
    keys_before, keys_now = (frozenset(key for one in side for key, _ in one.tags) for side in (before, now))
    if keys_before and keys_now and not keys_before & keys_now:
        return AirCompared(is_comparable=False, stayed=0, came=0, went=0, heard=())
    tags_before = frozenset(tag for one in before for tag in one.tags)
    tags_now = frozenset(tag for one in now for tag in one.tags)
    came = [_heard(newer, one, "came") for one in now if not one.tags & tags_before]
    went = [_heard(older, one, "went") for one in before if not one.tags & tags_now]
    loudest = sorted((*came, *went), key=lambda one: (not one.is_cited, -_level(one.max_dbm), one.tag))
    return AirCompared(
        is_comparable=True,
        stayed=len(now) - len(came),
        came=len(came),
        went=len(went),
        heard=tuple(loudest[:MOST_HEARD]),
    )


def spots_of(older: Visit, newer: Visit, states: Mapping[UUID, FindingState]) -> list[SpotCompared]:
    """What was suspected at either visit with what stands of it; each finding of the newer one meets one of the older
    one at most.
    """
    words = last_words(older) | last_words(newer)
    left = list(older.report.findings)
    spots = []

    def compared(then: Finding | None, now: Finding | None) -> SpotCompared:
        before = None if then is None else where_found(older.report, then)
        after = None if now is None else where_found(newer.report, now)
        return _spot(then, now, before, after, states)

    for finding in newer.report.findings:
        thing = thing_in(newer.report, finding)
        same = next((one for one in left if sameness(thing, thing_in(older.report, one)) is not None), None)
        if same is not None:
            left.remove(same)
        spots.append(compared(same, finding))
    spots += [compared(finding, None) for finding in left]
    return [_with_note(one, words) for one in sorted(spots, key=lambda one: ORDER.index(one.change))]


def repairs_of(steps: Iterable[tuple[datetime, CaseStep]], since: datetime, until: datetime) -> Iterator[RepairThen]:
    """Steps about the building with when they came in, of those after `since` and not after `until`."""
    defects: dict[UUID, DefectFound] = {}
    for when, taken in steps:
        step = taken.step
        if isinstance(step, DefectFound):
            defects[taken.case_id] = step
        if not isinstance(step, (DefectFound, RepairHanded, Repaired, Rechecked)) or not since < when <= until:
            continue
        defect = defects.get(taken.case_id)
        yield RepairThen(
            case_id=taken.case_id,
            when=when,
            step=step.step,
            defect=None if defect is None else defect.defect,
            holds=step.holds if isinstance(step, Rechecked) else None,
        )


def _repairs(connection: Connection, room_id: UUID, since: datetime, until: datetime) -> list[RepairThen]:
    of_room = select(cases.c.case_id, cases.c.sweep_id).where(
        cases.c.room_id == room_id, cases.c.changed_ms > to_ms(since), IS_ROOT
    )
    found = []
    for case_id, sweep_id in connection.execute(of_room.order_by(cases.c.case_id).limit(MOST_CASES)).all():
        steps = ((step.decided.utc, step) for _, step in steps_of(connection, case_id, sweep_id))
        found += list(repairs_of(steps, since, until))
    return sorted(found, key=lambda one: one.when)


def _visit(connection: Connection, room_id: UUID, sweep_id: UUID) -> tuple[Visit, SweepRecord]:
    here = select(sweeps.c.sweep_id).where(sweeps.c.sweep_id == sweep_id, sweeps.c.room_id == room_id)
    if connection.scalar(here) is None:
        raise not_found(Phrase("sweep_not_found"))
    record, _ = read_sweep(connection, sweep_id)
    if record.report is None:
        raise ApiError(409, Phrase("no_report"))
    return visit_of(connection, record.report, record), record


def _started(visit: tuple[Visit, SweepRecord]) -> datetime:
    return visit[0].report.started.utc


def _side(visit: Visit, record: SweepRecord) -> VisitSide:
    report = visit.report
    return VisitSide(
        sweep_id=visit.sweep_id,
        started=report.started.utc,
        source=report.source,
        mode=report.mode,
        plan_version=report.plan.version,
        measures=() if record.visit is None else record.visit[1].measures,
    )


def _zone(report: SweepReport, zone_id: str) -> ZoneThen:
    stands = next((one for one in zones_of(report) if one.zone_id == zone_id), None)
    return ZoneThen(
        state=None if stands is None else stands.state,
        targets=tuple(one for one in report.targets if one.zone_id == zone_id),
    )


def _transmitters(report: SweepReport) -> list[_Transmitter]:
    """Observations put together by the tags they share; those under a sweep's own key cannot be compared."""
    groups: list[_Transmitter] = []
    for one in report.observations:
        if not isinstance(one, WifiObservation):
            continue
        tags = frozenset((token.key_id, token.tag) for token in one.addresses if token.scheme == "room")
        if not tags:
            continue
        mine = [group for group in groups if group.tags & tags]
        groups = [group for group in groups if not group.tags & tags]
        groups.append(
            _Transmitter(
                tags.union(*(group.tags for group in mine)), (*(seen for group in mine for seen in group.heard), one)
            )
        )
    return groups


def _heard(report: SweepReport, one: _Transmitter, change: Change) -> HeardThen:
    loudest = max(one.heard, key=lambda seen: _level(None if seen.rssi_dbm is None else seen.rssi_dbm.max))
    cited = {evidence.observation_id for finding in report.findings for evidence in finding.evidence_for}
    return HeardThen(
        tag=min(tag for _, tag in one.tags)[:SHORT_TAG],
        change=change,
        zone=next((zone.name for zone in report.plan.zones if zone.zone_id == loudest.zone_id), None),
        max_dbm=None if loudest.rssi_dbm is None else loudest.rssi_dbm.max,
        is_cited=any(seen.observation_id in cited for seen in one.heard),
    )


def _level(dbm: float | None) -> float:
    return -200.0 if dbm is None else dbm


def _with_note(spot: SpotCompared, words: Mapping[UUID, Word]) -> SpotCompared:
    """What persons last found it to be; of a place that stayed, what they said at the newer visit."""
    said = [words[one] for one in (spot.newer_finding_id, spot.older_finding_id) if one is not None and one in words]
    return spot.model_copy(update={"note": said[0].note}) if said else spot


def _spot(
    then: Finding | None,
    now: Finding | None,
    older: Whereabouts | None,
    newer: Whereabouts | None,
    states: Mapping[UUID, FindingState],
) -> SpotCompared:
    return SpotCompared(
        change=_change(older, newer),
        older_finding_id=None if then is None else then.finding_id,
        newer_finding_id=None if now is None else now.finding_id,
        older_where=None if older is None else older.where,
        newer_where=None if newer is None else newer.where,
        older_state=None if then is None else states.get(then.finding_id, "to_inspect"),
        newer_state=None if now is None else states.get(now.finding_id, "to_inspect"),
        note=None,
    )


def _change(older: Whereabouts | None, newer: Whereabouts | None) -> SpotChange:
    """What only one of both knows is not unchanged."""
    if older is None:
        return "came"
    if newer is None:
        return "went"
    known = [(one.spot is not None, one.spot is not None and one.spot.up_m is not None) for one in (older, newer)]
    return "stayed" if known[0] == known[1] else "unclear"
