"""A simulated room for `--sim` and for tests: where the inspector stands, what hides where, and the captures that
follow.

Input is a plan, a seed and where a camera hides (if anywhere); output is the manifest and, position by position, real
capture files: strobed frames from the renderer, radio captures from the traffic generators and the serial bytes of
the real firmware in the emulator. What hides where is known here only and never leaves it: the detectors get files.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal

import numpy as np

from sweep.phrases import Phrase
from sweep.report import Plan, Zone, ZoneKind, centre_of

UP_DEG, DOWN_DEG = 270.0, 90.0
DWELL_S = 30.0
STEP_S = 8.0
WALL_MARGIN_M = 0.12
STAND_BACK_M = 0.3

"""What a quick sweep visits."""

HiddenKind = Literal[
    "wifi_camera", "analog_camera", "wifi_on_motion", "analog_1200", "analog_2400", "ble_setup",
    "recorder_1mm", "recorder_1mm_ircut", "recorder_2mm", "lte",
]  # fmt: skip
"""The kinds of `sweep city`; the first streams, the second is the analogue one at 5.8 GHz."""
USUAL_APERTURE_MM: Final = (1.4, 2.2)
APERTURE_MM: Final[dict[HiddenKind, tuple[float, float]]] = {
    "recorder_1mm": (0.9, 1.1), "recorder_1mm_ircut": (0.9, 1.1), "recorder_2mm": (1.8, 2.2),
}  # fmt: skip
"""Of kinds that are told apart by their lens; the others have the usual one."""


@dataclass(frozen=True, slots=True)
class SimulatedPosition:
    """Where the inspector stands in a zone and looks."""

    position_id: str
    zone_id: str
    x_m: float
    y_m: float
    facing_deg: float


@dataclass(frozen=True, slots=True)
class HiddenCamera:
    """A camera behind a hole in the wall that the zone's standpoint looks at."""

    kind: HiddenKind
    zone_id: str
    x_m: float
    y_m: float
    range_m: float
    bearing_deg: float
    height_share: float
    """Height in the picture, 0 top to 1 bottom."""
    aperture_mm: float


@dataclass(frozen=True, slots=True)
class World:
    """Everything that is true of one simulated sweep."""

    plan: Plan
    seed: int
    positions: tuple[SimulatedPosition, ...]
    camera: HiddenCamera | None


def make_world(plan: Plan, seed: int, camera_zone: str | None, kind: HiddenKind = "wifi_camera") -> World:
    """A room in which a camera hides in `camera_zone` (None: nowhere); ValueError for a zone not on the plan."""
    rng = np.random.default_rng([seed, 0xA5])
    positions = tuple(_position(plan, zone, number) for number, zone in enumerate(plan.zones, start=1))
    camera = None
    if camera_zone is not None:
        position = next((s for s in positions if s.zone_id == camera_zone), None)
        if position is None:
            names = ", ".join(zone.zone_id for zone in plan.zones)
            raise ValueError(Phrase("zone_not_on_plan_choose", zone=camera_zone, zones=names))
        camera = _hide(plan, position, kind, rng)
    return World(plan, seed, positions, camera)


def visit_only(room: World, kinds: frozenset[ZoneKind]) -> World:
    """The same room with standpoints in zones of these kinds only; all of them when the room has none."""
    wanted = {zone.zone_id for zone in room.plan.zones if zone.kind in kinds}
    kept = tuple(position for position in room.positions if position.zone_id in wanted)
    return replace(room, positions=kept or room.positions)


def _position(plan: Plan, zone: Zone, number: int) -> SimulatedPosition:
    """In the middle of the zone's open side, looking at the wall that is nearer."""
    x_m, y_m = centre_of(zone)
    top, bottom = min(y for _, y in zone.polygon), max(y for _, y in zone.polygon)
    looks_up = y_m < plan.depth_m / 2.0
    stand_y = bottom - STAND_BACK_M if looks_up else top + STAND_BACK_M
    return SimulatedPosition(
        f"p{number}", zone.zone_id, round(x_m, 3), round(stand_y, 3), UP_DEG if looks_up else DOWN_DEG
    )


def _hide(plan: Plan, position: SimulatedPosition, kind: HiddenKind, rng: np.random.Generator) -> HiddenCamera:
    wall_y = WALL_MARGIN_M if position.facing_deg == UP_DEG else plan.depth_m - WALL_MARGIN_M
    side = float(rng.uniform(-0.28, 0.28))
    depth = abs(position.y_m - wall_y)
    right_x = position.x_m + (side if position.facing_deg == UP_DEG else -side)
    return HiddenCamera(
        kind=kind,
        zone_id=position.zone_id,
        x_m=right_x,
        y_m=wall_y,
        range_m=math.hypot(depth, side),
        bearing_deg=math.degrees(math.atan2(side, depth)),
        height_share=float(rng.uniform(0.35, 0.65)),
        aperture_mm=float(rng.uniform(*APERTURE_MM.get(kind, USUAL_APERTURE_MM))),
    )


@dataclass(frozen=True, slots=True)
class Schedule:
    """When the inspector stood where."""

    started: datetime
    ended: datetime
    dwells: tuple[tuple[datetime, datetime], ...]


def lay_out_time(started: datetime, positions: Sequence[SimulatedPosition], dwell_s: float = DWELL_S) -> Schedule:
    """Dwells of equal length with a walk between them, beginning ten seconds after the start."""
    begin = started + timedelta(seconds=10.0)
    dwells = []
    for _ in positions:
        dwells.append((begin, begin + timedelta(seconds=dwell_s)))
        begin += timedelta(seconds=dwell_s + STEP_S)
    return Schedule(started, dwells[-1][1] + timedelta(seconds=10.0), tuple(dwells))


def distance_m(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Distance in the plan, never below an arm's length: antennas do not touch."""
    return max(0.3, math.dist(a, b))


def path_loss_db(distance: float, exponent: float = 2.2) -> float:
    """Log-distance loss relative to one metre; indoor exponent guessed within 1.8 to 3."""
    return 10.0 * exponent * math.log10(distance)
