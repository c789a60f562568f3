"""Transmitters inside and behind the walls of the city's rooms, placed by the real `locate`: `python -m
sweep.lab.city.places OUT`.

Output is JSON: by world and kind of room rows of (true zone or -1, level at each position, probability of each zone),
and by world how often the region of 90 % held what was inside, with the least error that a glint's spot has.  `sweep
city` samples the rows; the weights of `sweep/judge` are counted on them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

import numpy as np

from sweep.judge.locate import RING_M, Location, locate
from sweep.lab.city.rooms import WORLDS, World
from sweep.lens.weigh import MIN_RADIUS_M
from sweep.report import Plan
from sweep.sim.world import make_world

PLACED: Final = 300
"""By world, kind of room, and inside or outside."""
POWER_DBM: Final = (-29.0, 8.0)
"""Level at 1 m: 8 to 20 dBm less 40 dB (2.4 GHz) or 47 dB (5 GHz)."""


def place(world: World, plan: Plan, rng: np.random.Generator, placed: int = PLACED) -> tuple[list[list[float]], int]:
    """Rows, `placed` inside and as many beyond, and how many of those inside lie in their region."""
    positions = np.array([(one.x_m, one.y_m) for one in make_world(plan, 1, None).positions])
    rows, held = [], 0
    for number in range(2 * placed):
        zone = number % len(plan.zones) if number < placed else -1
        at = spot_in(plan, zone, rng) if zone >= 0 else spot_beyond(plan, rng)
        power = rng.normal(*POWER_DBM) - (0.0 if zone >= 0 else max(0.0, rng.normal(*world.wall_db)))
        far = np.sqrt(((positions - at) ** 2).sum(axis=1) + 0.8**2)
        levels = power - 10.0 * world.exponent * np.log10(far) + rng.normal(0.0, world.shadowing_db, len(positions))
        found = locate(plan, positions, levels)
        rows.append([zone, *np.round(levels).tolist(), *(round(found.zones[z.zone_id], 3) for z in plan.zones)])
        held += zone >= 0 and holds(found, at)
    return rows, held


def holds(found: Location, at: Any) -> bool:
    """Whether a spot that is off by MIN_RADIUS_M touches the region."""
    gaps = np.maximum(np.abs(found.region_xy_m - at) - np.array(found.cell_xy_m) / 2.0, 0.0)
    return bool(np.hypot(*gaps.T).min() <= MIN_RADIUS_M)


def spot_in(plan: Plan, zone: int, rng: np.random.Generator) -> Any:
    """Anywhere in a zone."""
    xs, ys = zip(*plan.zones[zone].polygon, strict=True)
    return np.array([rng.uniform(min(xs), max(xs)), rng.uniform(min(ys), max(ys))])


def spot_beyond(plan: Plan, rng: np.random.Generator) -> Any:
    """Anywhere behind the walls."""
    while True:
        at = rng.uniform([-RING_M, -RING_M], [plan.width_m + RING_M, plan.depth_m + RING_M])
        if not (0.0 < at[0] < plan.width_m and 0.0 < at[1] < plan.depth_m):
            return at


def main() -> None:
    """Write all worlds to the file of the first argument."""
    runs: dict[str, Any] = {}
    for number, (name, world) in enumerate(WORLDS.items()):
        rng = np.random.default_rng([7, number])
        found = {room.name: place(world, room.plan, rng) for room in world.rooms}
        held = [sum(one[1] for one in found.values()), PLACED * len(found)]
        runs[name] = {"places": {room: one[0] for room, one in found.items()}, "region_holds": held}
    Path(sys.argv[1]).write_text(json.dumps(runs, separators=(",", ":")), encoding="utf-8")


if __name__ == "__main__":
    main()
