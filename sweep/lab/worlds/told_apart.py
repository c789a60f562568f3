"""What tells a screw from a lens by geometry alone: light of single points under each lamp, no frame rendered.

Job: draw lenses and the screws of fittings on bare walls, light them by on_axis, middle-ring and off_axis lamps and
from a hand a little aside, and say how well each ratio parts those that off_axis hardly shows. Input: number of walls;
output: a table of AUCs with counts. Refuses noise, saturation and clutter: it says what physics holds ready, not what
the detector reads.

    python -m sweep.lab.worlds.told_apart --walls 3000
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence

import numpy as np

from sweep.lab.scoring.intervals import percentiles
from sweep.lab.worlds.furnish_screws import add_any_screws
from sweep.lab.worlds.plain_spots import OFF_AXIS_M
from sweep.lab.worlds.plant import plant
from sweep.lab.worlds.recipe import MIDDLE_RINGS_M, LampName, RingSet, ring_places
from sweep.lab.worlds.tuning import Training
from sweep.lens.optics import load_optics
from sweep.sim.scene.camera import Array
from sweep.sim.scene.glints import Lamps, Moment
from sweep.sim.scene.imaging import View
from sweep.sim.scene.layers import Layer
from sweep.sim.scene.room import Room, frame_of, log_uniform

WIDTH, HEIGHT, FOCAL_PX = 728, 544, 869.6
EXPOSURE_S, ON_AXIS_M, POINT_PX = 1e-3, 0.01, 2.3
LEAST_E = 1500.0
"""About ten times the noise of a point on a lit wall."""
MOST_RATIO = 0.2
"""Off_axis over on_axis light up to which a point may pass for a lens."""
RANGE_M, LEAN_RAD = (0.35, 2.5), math.radians(12.0)
ASIDE_M = (0.005, 0.02, 0.05, 0.15)
RESAMPLES = 200
RINGS: tuple[tuple[RingSet, LampName], ...] = tuple(
    (rings, name) for rings, both in MIDDLE_RINGS_M.items() for name in both
)
NAMES = (
    "off_axis", *(f"{name} of {rings}" for rings, name in RINGS), "centres apart",
    *(f"from {round(1e3 * s)} mm aside" for s in ASIDE_M),
)  # fmt: skip


def lamps_at(offset_m: float, aside_m: float = 0.0, *, clusters: bool = False) -> Lamps:
    """Eight LEDs on a ring, or two clusters left and right, 1 W/sr together."""
    turn = 2.0 * math.pi * np.arange(8) / 8
    places = offset_m * np.column_stack([np.cos(turn), np.sin(turn)])
    if clusters:
        places = np.column_stack([offset_m * np.repeat([-1.0, 1.0], 4), np.tile(np.linspace(-0.008, 0.008, 4), 2)])
    return _lit(places + np.array([aside_m, 0.0]))


def _lit(places: Array) -> Lamps:
    return Lamps(np.column_stack([places, np.zeros(8)]), np.full(8, 0.125), np.array([0.0, 0.0, 1.0]), 1.0)


def points_of(room: Room, lamps: Lamps, aside_m: float = 0.0) -> tuple[Array, Array, Array]:
    """Owner, pixels (n x 2, of a camera that turns after the wall) and electrons of every glint."""
    eye = np.array([aside_m, 0.0, 0.0])
    seen = room.glints(lamps, Moment(eye, 0.0, EXPOSURE_S, "A", np.zeros((1, 3))))
    return seen.owner, room.view.project(seen.at), seen.irradiance_w_m2 * room.view.electrons_per_w_m2


def numbers_of(room: Room) -> list[tuple[bool, list[float]]]:
    """Whether it is a lens, and its `NAMES`, for each thing of a wall whose brightest point may pass for one."""
    owner, pixels, electrons = points_of(room, lamps_at(ON_AXIS_M))
    off = points_of(room, lamps_at(OFF_AXIS_M, clusters=True))
    others = [points_of(room, _lit(ring_places(rings, name))) for rings, name in RINGS]
    moved = [points_of(room, lamps_at(ON_AXIS_M, aside), aside) for aside in ASIDE_M]
    rows = []
    for number, thing in enumerate(room.things):
        mine = np.flatnonzero(owner == number)
        if not mine.size:
            continue
        place = pixels[mine[int(np.argmax(electrons[mine]))]]

        def light(points: tuple[Array, Array, Array], place: Array = place) -> tuple[float, Array]:
            near = np.hypot(*(points[1] - place).T) < POINT_PX
            total = float(points[2][near].sum())
            return total, (points[2][near][:, None] * points[1][near]).sum(axis=0) / max(total, 1e-12)

        on, centre = light((owner, pixels, electrons))
        below, off_centre = light(off)
        if on < LEAST_E or below > MOST_RATIO * on:
            continue
        apart = float(np.hypot(*(centre - off_centre))) if below > 0.02 * on else math.nan
        ratios = [light(points)[0] / on for points in others]
        fades = [abs(math.log(max(light(points)[0], 1e-3 * on) / on)) for points in moved]
        rows.append((thing.kind == "lens", [below / on, *ratios, apart, *fades]))
    return rows


def wall_of(seed: int) -> Room:
    """A leaning wall with two fittings of screws and two lenses."""
    rng = np.random.default_rng([seed, 0x7019])
    range_m, optics = log_uniform(rng, *RANGE_M), load_optics()
    gain = optics.pupil_area_m2(2.8) * EXPOSURE_S * optics.electrons_per_joule(optics.wavelength_nm)
    view = View(WIDTH, HEIGHT, FOCAL_PX, WIDTH / 2, HEIGHT / 2, 0.0, 6.9e-6, 0.006, 2.8, 0.8, 0.7, 4.0, gain)
    lean = np.tan(rng.normal(0.0, LEAN_RAD, 2))
    across = frame_of(np.array([*lean, -1.0]), np.array([1.0, 0.0, 0.0]))
    albedo = np.full((HEIGHT, WIDTH), 0.5, np.float32)
    room = Room(view, rng, 0.0, layers=[Layer(np.array([0.0, 0.0, range_m]), across, range_m / FOCAL_PX, albedo)])
    assume = Training(rng)
    places = rng.uniform(0.1, 0.9, (4, 2)) * (WIDTH, HEIGHT)
    plant(rng, int(rng.choice([2, 3, 4])), room, assume, [(float(x), float(y)) for x, y in places[:2]])
    for x, y in places[2:]:
        add_any_screws(room, room.site(float(x), float(y)), assume)
    return room


def auc(lenses: Array, screws: Array) -> float:
    """Chance that a lens has the larger value, ties by half."""
    ordered = np.sort(screws)
    below = np.searchsorted(ordered, lenses, "left") + np.searchsorted(ordered, lenses, "right")
    return float(below.mean() / (2.0 * ordered.size))


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; see the module's text."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--walls", type=int, default=3000)
    args = parser.parse_args(arguments)
    made = [(wall, *row) for wall in range(args.walls) for row in numbers_of(wall_of(wall))]
    walls = np.array([wall for wall, _, _ in made])
    is_lens, table = np.array([lens for _, lens, _ in made]), np.array([row for _, _, row in made])
    print(f"{args.walls} walls: {int(is_lens.sum())} lenses and {int((~is_lens).sum())} screws may pass for a lens")
    rng = np.random.default_rng(4)
    for column, name in enumerate(NAMES):
        known = np.isfinite(table[:, column])
        values, lens = table[known, column], is_lens[known]
        if lens.all() or not lens.any():
            continue
        spread = []
        for _ in range(RESAMPLES):
            times = rng.multinomial(args.walls, np.full(args.walls, 1.0 / args.walls))[walls[known]]
            again, kind = np.repeat(values, times), np.repeat(lens, times)
            if kind.any() and not kind.all():
                spread.append(auc(again[kind], again[~kind]))
        low, high = percentiles(np.array(spread)) or (math.nan, math.nan)
        shown = f"AUC {auc(values[lens], values[~lens]):.2f} ({low:.2f}-{high:.2f})"
        middle = "  ".join(f"{np.median(values[which]):.3f}" for which in (lens, ~lens))
        counts = f"{int(lens.sum())} lenses, {int((~lens).sum())} screws"
        print(f"{name:18s} {shown}  medians of lenses and screws {middle}  {counts}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
