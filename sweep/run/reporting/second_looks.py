"""Second looks as the report has them: which candidates ask for one and from where, and what came of each.

Input is what was measured and judged so far; output is looks for the persons and, at the end, `LookedAgain`.  It is
pure: a replay that has the positions of a second look comes to the same.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final
from uuid import UUID

from sweep.modality.looks import LOOK_MODALITY, Look, View, ViewName, is_again, is_again_of
from sweep.modality.measurement import Measurement
from sweep.report import (
    Finding,
    LookedAgain,
    LookKind,
    LookOutcome,
    NextPosition,
    Observation,
    Plan,
    Position,
    RecordedSweep,
    SeenAs,
    TransmitterPlace,
    WifiObservation,
)
from sweep.run.reporting.look_words import looked_text

NEARER: Final = 0.85
"""Share of the first look's distance, and"""
ASIDE_M: Final = 0.3
"""metres to either side: from there pairs of looks were rendered, to measure what a second one tells (derived: nearer,
much of the wall would lie outside the picture; farther aside, a lens in a pinhole no longer sends light back)."""
LEAST_M: Final = 0.4
"""To the spot: nearer, nothing is sharp (guessed)."""
FROM_WALL_M: Final = 0.15
"""A probe in the hand is no nearer to a wall (guessed)."""
LOOKS: Final[tuple[LookKind, ...]] = ("lens", "transmitter")


def looks_of(
    candidates: Iterable[Finding],
    plan: Plan,
    positions: Iterable[Position],
    observations: Iterable[Observation],
    places: Iterable[TransmitterPlace],
) -> tuple[Look, ...]:
    """The second looks that candidates ask for, lens before transmitter."""
    position_by_id = {one.position_id: one for one in positions}
    seen = {one.observation_id: one for one in observations}
    next_positions = {place.address.tag: place.next_stand for place in places}
    looks: list[Look] = []
    for finding in candidates:
        for kind in LOOKS:
            best = _best(finding, kind, seen)
            if best is None:
                continue
            position = position_by_id[best.position_id]
            if kind == "lens":
                views = _views_of_spot(finding, position, plan)
            else:
                views = (_light_view(finding, position, best, next_positions),)
            looks.append(
                Look(
                    finding_id=finding.finding_id,
                    zone_id=finding.zone_id,
                    kind=kind,
                    x_m=finding.x_m,
                    y_m=finding.y_m,
                    radius_m=finding.radius_m,
                    from_x_m=position.x_m,
                    from_y_m=position.y_m,
                    views=views,
                    observation_id=best.observation_id,
                )
            )
    return tuple(sorted(looks, key=lambda look: look.kind))


def _best(finding: Finding, kind: LookKind, seen: Mapping[UUID, Observation]) -> Observation | None:
    """What speaks most for a candidate at its first look, by what would look again; None: nothing of that kind."""
    for evidence in sorted(finding.evidence_for, key=lambda e: -e.weight_log10):
        if evidence.modality == LOOK_MODALITY[kind] and evidence.observation_id is not None:
            one = seen[evidence.observation_id]
            if not is_again(one.position_id):
                return one
    return None


def _views_of_spot(finding: Finding, position: Position, plan: Plan) -> tuple[View, ...]:
    """Nearer on the way from the first position to the spot, and from there to either side."""
    along = (finding.x_m - position.x_m, finding.y_m - position.y_m)
    distance_m = math.hypot(*along)
    if distance_m < LEAST_M:  # nobody knows where: as the first position looked
        angle, distance_m = math.radians(position.facing_deg), max(LEAST_M, finding.radius_m)
        along = (math.cos(angle) * distance_m, math.sin(angle) * distance_m)
    ahead = (along[0] / distance_m, along[1] / distance_m)
    left_m = max(LEAST_M, NEARER * distance_m)
    spot = (position.x_m + along[0], position.y_m + along[1])
    middle = (spot[0] - left_m * ahead[0], spot[1] - left_m * ahead[1])
    asides: dict[ViewName, float] = {"near": 0.0, "left": -ASIDE_M, "right": ASIDE_M}
    views = []
    for name, aside_m in asides.items():  # to the right of ahead is a quarter turn clockwise, y pointing down
        x_m = _inside(middle[0] - aside_m * ahead[1], plan.width_m)
        y_m = _inside(middle[1] + aside_m * ahead[0], plan.depth_m)
        facing_deg = math.degrees(math.atan2(spot[1] - y_m, spot[0] - x_m)) % 360.0
        range_m = math.hypot(spot[1] - y_m, spot[0] - x_m)
        views.append(
            View(name, finding.zone_id, round(x_m, 3), round(y_m, 3), round(facing_deg, 2) % 360.0, round(range_m, 3))
        )
    return tuple(views)


def _inside(at_m: float, size_m: float) -> float:
    return min(max(at_m, min(FROM_WALL_M, size_m / 2.0)), max(size_m - FROM_WALL_M, size_m / 2.0))


def _light_view(
    finding: Finding,
    position: Position,
    heard: Observation,
    next_positions: Mapping[str, NextPosition | None],
) -> View:
    """Where it was heard at first; where the light has its answer there already, at the position that tells most."""
    x_m, y_m, zone_id = position.x_m, position.y_m, finding.zone_id
    if isinstance(heard, WifiObservation) and heard.stimulus is not None and heard.stimulus.p_value is not None:
        token = min(heard.addresses, key=lambda a: (a.key_id, a.tag))
        best = next_positions.get(token.tag)
        if best is not None and best.zone_id is not None:
            x_m, y_m, zone_id = best.x_m, best.y_m, best.zone_id
    return View("light", zone_id, x_m, y_m, position.facing_deg)


def is_recording(manifest: RecordedSweep) -> bool:
    """Whether what there is to measure lies in files, so that nobody can look again."""
    return any(one.paths for one in manifest.positions)


def recorded_of(looks: Iterable[Look], position_ids: Collection[str]) -> tuple[Look, ...]:
    """Those that a recording with these positions holds: nobody can make another."""
    return tuple(look for look in looks if any(is_again_of(one, look.zone_id, look.kind) for one in position_ids))


def first_of(measurements: Iterable[Measurement]) -> list[Measurement]:
    """What was measured at the first look."""
    return [one for one in measurements if not is_again(one.position_id)]


def is_looked(zone_id: str, kind: LookKind, measurements: Iterable[Measurement]) -> bool:
    """Whether a candidate's zone was looked at again in such a way that something can be said of it."""
    return any(
        is_again_of(one.position_id, zone_id, kind) and one.modality == LOOK_MODALITY[kind] and one.blind_reason is None
        for one in measurements
    )


def looked_again_of(
    candidates: Iterable[Finding],
    findings: Iterable[Finding],
    positions: Sequence[Position],
    measurements: Sequence[Measurement],
    *,
    by_eye: Collection[str] = (),
    named: Mapping[str, SeenAs] = MappingProxyType({}),
    why_not: str = "finished_early",
) -> tuple[LookedAgain, ...]:
    """What became of each second look that was asked for. `candidates`: judged by the first looks alone; `findings`: by
    all; `by_eye`: zones where a person looked and saw nothing; `named`: where a person says what it is; `why_not`: code
    for those that were not made.
    """
    standing = {
        (one.zone_id, kind)
        for one in findings
        for kind in LOOKS
        if any(e.modality == LOOK_MODALITY[kind] for e in one.evidence_for)
    }
    looked: list[LookedAgain] = []
    for finding in candidates:
        for kind in LOOKS:
            if not any(e.modality == LOOK_MODALITY[kind] for e in finding.evidence_for):
                continue
            ours = [one for one in positions if is_again_of(one.position_id, finding.zone_id, kind)]
            seconds = 0.0
            if ours:
                seconds = (max(one.end_ns for one in ours) - min(one.start_ns for one in ours)) / 1e9
            outcome: LookOutcome = "gone"
            seen_as = named.get(finding.zone_id)
            if seen_as is not None:
                outcome = "explained"
            elif finding.zone_id in by_eye:
                outcome = "nothing_seen_by_eye"
            elif not is_looked(finding.zone_id, kind, measurements):
                outcome = "not_done"
            elif (finding.zone_id, kind) in standing:
                outcome = "stands" if finding.explained is None else "explained"
            reason = why_not if outcome == "not_done" else seen_as
            looked.append(
                LookedAgain(
                    finding_id=finding.finding_id,
                    zone_id=finding.zone_id,
                    kind=kind,
                    outcome=outcome,
                    reason=reason,
                    seconds=round(seconds, 3),
                    text=looked_text(kind, outcome, reason),
                )
            )
    return tuple(looked)
