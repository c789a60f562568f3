"""The map of a sweep as the template draws it: walls, doors, zones with their state, positions, findings, and in words.

Input is a report, output numbers in metres of its plan (origin upper left, y downwards) and short words.  What lies far
off the plan is left out: the tables still name it.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

from server.exports.printed.drawing import area_within, inward_of, strokes_of
from server.interface.words import ZONES, demo_notice
from server.standing.zones import ZoneStands, zones_of
from sweep.report import Finding, Plan, SweepReport, TargetCoverage, Zone, ZoneCoverage, ZoneVerdict, centre_of
from sweep.report.walls.lines import ENCLOSED
from sweep.report.walls.spots import Whereabouts, where_found

Tree = dict[str, Any]


def printed_map(report: SweepReport) -> Tree:
    """The map: what is no real sweep, zones, positions, findings; the same once more in words."""
    plan = report.plan
    places = {finding.finding_id: where_found(report, finding) for finding in report.findings}
    return {
        "width_m": plan.width_m,
        "depth_m": plan.depth_m,
        "caption": f"도면 {plan.version}판 · "
        + ("현장 대조를 마친 도면" if plan.is_verified else "현장과 대조하지 않은 도면(실제와 다를 수 있음)"),
        "is_verified": plan.is_verified,
        "zones": [
            _map_zone(report, zone, index, stands, places)
            for index, (zone, stands) in enumerate(zip(plan.zones, zones_of(report), strict=True), start=1)
        ],
        "positions": [
            {"number": index, "x": position.x_m, "y": position.y_m, "facing_deg": position.facing_deg}
            for index, position in enumerate(report.positions, start=1)
            if _is_on(plan, position.x_m, position.y_m)
        ],
        "findings": [
            _map_finding(plan, finding, f"F{index}", place)
            for index, finding in enumerate(report.findings, start=1)
            if _is_on(plan, (place := places[finding.finding_id]).x_m, place.y_m)
        ],
        "words": {code: word.model_dump() for code, word in ZONES.items()},
        "strip": demo_notice(report.source),
        "alternative": _map_in_words(report),
    }


def _is_on(plan: Plan, x_m: float, y_m: float) -> bool:
    """Whether a point can be drawn: within half a metre of the room."""
    return -0.5 <= x_m <= plan.width_m + 0.5 and -0.5 <= y_m <= plan.depth_m + 0.5


def _map_finding(plan: Plan, finding: Finding, name: str, place: Whereabouts) -> Tree:
    """A disc on its wall, or an area; what may lie behind a wall is not drawn there."""
    zone = next(zone for zone in plan.zones if zone.zone_id == finding.zone_id)
    area = area_within(zone, place.x_m, place.y_m, finding.radius_m)
    return {
        "name": name,
        "x": place.x_m,
        "y": place.y_m,
        "is_place": place.spot is not None,
        "inward": (0.0, 0.0) if place.spot is None else inward_of(plan, zone, place.spot.corner),
        "area": [[round(x, 3), round(y, 3)] for x, y in area],
    }


def _map_zone(
    report: SweepReport, zone: Zone, number: int, stands: ZoneStands, places: dict[UUID, Whereabouts]
) -> Tree:
    xs, ys = [p[0] for p in zone.polygon], [p[1] for p in zone.polygon]
    x, y = centre_of(zone)
    marks = [places[finding.finding_id].y_m for finding in report.findings if finding.zone_id == zone.zone_id]
    marks += [position.y_m for position in report.positions if position.zone_id == zone.zone_id]
    return {
        "number": number,
        "name": zone.name.ko,
        "points": [[x, y] for x, y in zone.polygon],
        "is_enclosed": zone.kind in ENCLOSED,
        "strokes": [asdict(stroke) for stroke in strokes_of(report.plan, zone)],
        "x": x,
        "y": y,
        "box": [min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)],
        "label_on_top": all(mark > (min(ys) + max(ys)) / 2 for mark in marks),
        "state": stands.state,
        "word": zone_words(stands),
    }


def _map_in_words(report: SweepReport) -> str:
    """The map for whoever listens to the document."""
    zones = "; ".join(
        f"{number} {zone.name.ko}: {zone_words(stands)}"
        for number, (zone, stands) in enumerate(zip(report.plan.zones, zones_of(report), strict=True), start=1)
    )
    return f"점검 도면. {zones}. {ZONES['to_inspect'].ko} 표시 {len(report.findings)}건."


def zone_words(stands: ZoneStands) -> str:
    """The state of a zone; beside nothing detected, how many methods could not judge."""
    word = ZONES[stands.state].ko
    return f"{word}({stands.ways}가지 중 {stands.unable}가지 판정 불가)" if _is_unsure(stands) else word


def _is_unsure(stands: ZoneStands) -> bool:
    return stands.state == "nothing_detected" and stands.unable > 0


def coverage_of(report: SweepReport, zone_id: str, modality: str) -> ZoneCoverage | None:
    """Coverage of a zone by a method; None when the report has none."""
    return next((c for c in report.coverage if (c.zone_id, c.modality) == (zone_id, modality)), None)


def targets_of(report: SweepReport, zone_id: str, modality: str) -> list[TargetCoverage]:
    """What a method would have found in a zone."""
    return [one for one in report.targets if (one.zone_id, one.modality) == (zone_id, modality)]


def verdict_of(report: SweepReport, zone_id: str, modality: str) -> ZoneVerdict | None:
    """Verdict of a method on a zone; None when the report has none."""
    return next((v for v in report.verdicts if (v.zone_id, v.modality) == (zone_id, modality)), None)
