"""What the equipment says of a zone over all its methods, and of a sweep over all its zones.

Input is a report; output are `ZoneStands` and one `EquipmentResult`.  Persons change nothing here.  Everything that
shows a zone's or a sweep's result by the equipment has it from here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from server.interface.fields import EquipmentResult, ZoneState
from sweep.report import SweepReport, TargetCoverage, ZoneCoverage, ZoneVerdict


@dataclass(frozen=True, slots=True)
class ZoneStands:
    """A zone over all methods that report of it."""

    zone_id: str
    state: ZoneState
    ways: int
    """Methods that report of it."""
    unable: int
    """Those among them that could not judge."""


def zones_of(report: SweepReport) -> tuple[ZoneStands, ...]:
    """Each zone of the plan, in its order."""
    return tuple(_zone(report, zone.zone_id) for zone in report.plan.zones)


def equipment_of(report: SweepReport | None) -> EquipmentResult:
    """What the equipment says of the whole room; None: no report came, or its body was erased."""
    if report is None:
        return "no_report"
    states = [zone.state for zone in zones_of(report)]
    if "to_inspect" in states:
        return "to_inspect"
    unjudged = unjudged_zones(report)
    if unjudged == len(states):
        return "not_assessable"
    if unjudged or report.outcome == "aborted":
        return "partly"
    return "clear" if set(states) == {"clear"} else "nothing_detected"


def unjudged_zones(report: SweepReport) -> int:
    """Zones of which no method could say anything."""
    return sum(zone.state in {"not_assessable", "not_looked"} for zone in zones_of(report))


def method_state(
    coverage: ZoneCoverage | None, verdict: ZoneVerdict | None, targets: Sequence[TargetCoverage]
) -> ZoneState:
    """What one method says of one zone: clear as a zone is, of all `targets` of its own; that it did not look weighs
    more than that it could not judge.
    """
    if verdict is not None and verdict.verdict != "not_assessable":
        if verdict.verdict == "candidate":
            return "to_inspect"
        return "clear" if _is_clear([verdict], targets) else "nothing_detected"
    if coverage is None or coverage.status == "not_looked":
        return "not_looked"
    return "not_assessable"


def _zone(report: SweepReport, zone_id: str) -> ZoneStands:
    verdicts = [one for one in report.verdicts if one.zone_id == zone_id]
    coverage = [one for one in report.coverage if one.zone_id == zone_id]
    ways = {one.modality for one in verdicts} | {one.modality for one in coverage}
    able = {one.modality for one in verdicts if one.verdict != "not_assessable"}
    named = any(one.zone_id == zone_id for one in report.findings)
    state: ZoneState = "not_looked"
    if named or any(one.verdict == "candidate" for one in verdicts):
        state = "to_inspect"
    elif _is_clear(verdicts, [one for one in report.targets if one.zone_id == zone_id]):
        state = "clear"
    elif able:
        state = "nothing_detected"
    elif any(one.status != "not_looked" for one in coverage):
        state = "not_assessable"
    return ZoneStands(zone_id, state, ways=len(ways), unable=len(ways - able))


def _is_clear(verdicts: Sequence[ZoneVerdict], targets: Sequence[TargetCoverage]) -> bool:
    """Is every target of the zone clear by one method at least, by weights of the field?"""
    of_field = {(one.target, one.modality) for one in targets if one.source == "field"}
    clear = {target for one in verdicts for target in one.clear_of if (target, one.modality) in of_field}
    every = {target for one in verdicts for target in (*one.clear_of, *one.not_clear_of)}
    every |= {one.target for one in targets}
    return bool(every) and every <= clear
