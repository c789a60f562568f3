"""With what probability a lens in a zone would have been found: the walls' cells times the detector's measured curve.

Job: for each cell of a zone's surfaces and each position, find the direction in which the cell lay, at what range and
angle, how much light a lens there would have returned against the noise that was measured in that direction, and in
how many triples; the measured curve says how often that is found.  Input: `ZoneLooks`; output: a probability by target
with its interval, and the walls unrolled.  What is not known exactly is drawn: where the inspector stood and how high
he held the probe, where he faced, how the map of directions drifted, how bright the lens is and where it looks, what
the counts behind the curve allow.  Two positions within a forearm of each other are one look; the misses of different
ones go together as far as they were counted to.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from sweep.lens.evidence.detection import LOG_SNR, DetectionCurves, Floats, Kind, load_curves
from sweep.lens.evidence.judge import shipped_build
from sweep.lens.evidence.walls import Grid, grid_of
from sweep.lens.follow.view import RANGES_M
from sweep.lens.optics import Optics, load_optics
from sweep.modality.directions import CELLS, REACH_DEG, STEP_DEG
from sweep.modality.targets import Chance, Estimate, Look, ZoneLooks, unknown
from sweep.phrases import Phrase
from sweep.report import Target, WallView
from sweep.report.walls.lines import HEIGHT_M
from sweep.report.walls.spots import EYE_M

DRAWS: Final = 32
"""Of everything that is not known exactly; the error of their mean is small beside their spread (derived)."""
PLACE_SD_M: Final = 0.2
"""Of where the inspector says that he stood: a tap on the plan (guessed)."""
EYE_SD_M: Final = 0.15
"""Of the height of the probe (guessed)."""
FACING_SD_DEG: Final = 8.0
"""Of the way he faces when a position begins, which the plan takes along a wall (guessed)."""
LOST_SD_DEG: Final = 75.0
"""The same for a map that begins where nobody knows: nearly every way (guessed)."""
PITCH_SD_DEG: Final = 6.0
"""Of a probe that is held level when a position begins (guessed)."""
DRIFT_SD: Final = 0.04
"""Of the angle that registered frames add up to, as a share of it: parallax of a hand that moves (guessed)."""
BRIGHTNESS_SD: Final = 0.15
"""log10, of lamps and camera by nominal numbers; measured ones leave a third of it (guessed)."""
AIM_M: Final = ((0.35, 0.35), (0.2, 1.4))
"""What a hidden camera looks at: about the middle of the zone, sideways spread, between these heights (guessed)."""
SAME_PLACE_M: Final = 0.2
"""Stands closer than this show a lens from the same side: one look (as the second look's table was counted)."""
LENSES: Final[dict[Target, tuple[float, Kind]]] = {
    "pinhole_1mm": (1.0, "clear"),
    "pinhole_1mm_ircut": (1.0, "reflective"),
    "lens_2mm": (2.0, "clear"),
}
"""Aperture in millimetres and filter."""
COUNTED_TOGETHER: Final[Kind] = "clear"
"""Of whom the curves that ship tell: they count lenses with any filter together, most of them without.  A filter that
reflects returns more light and is found less often at the same light, which only a curve of its own knows."""
TARGETS: Final[tuple[Target, ...]] = (*LENSES, "recorder")
MOST_CHARACTERS: Final = 1_500
"""Of the unrolled walls of a zone, so that with their frame they stay within 2 kB."""


def estimate_lens(
    zone: ZoneLooks, forest: str | None = None, measured: Mapping[Kind, DetectionCurves] | None = None
) -> Estimate:
    """The answer for a zone; the same for the same looks, in whatever order they come.

    `forest`: build of the judge, None: the one that ships. `measured`: curves of a field test; what they lack, those
    that ship tell.
    """
    looks = sorted(
        (look for look in zone.looks if look.measured.seen is not None), key=lambda look: look.position.position_id
    )
    if not any(look.position.zone_id == zone.zone.zone_id for look in looks):
        return unknown(TARGETS, zone.why_nothing() if not zone.here() else "directions_unknown")
    grid = grid_of(zone.plan, zone.zone)
    by_target = curves_in_force(forest or shipped_build(), measured or {})
    found: dict[Target, Floats] = {}
    for curves in {id(one): one for one in by_target.values()}.values():
        targets = [target for target in LENSES if by_target.get(target) is curves]
        seed = zlib.crc32(zone.zone.zone_id.encode())
        found |= detected(grid, looks, curves, aim_m=_middle(zone), seed=seed, targets=targets)
    # A recorder without a radio shows by nothing but its lens, which is a pinhole like the others.
    shown: dict[Target, Target] = {target: target for target in LENSES} | {"recorder": "pinhole_1mm"}
    chances = [
        _chance(target, by_target[lens], found[lens].mean(axis=1)) if lens in found
        else Chance(target, "derived", reason=why_untold(lens, measured or {}))
        for target, lens in shown.items()
    ]  # fmt: skip
    walls = unrolled(grid, found["pinhole_1mm"].mean(axis=0)) if "pinhole_1mm" in found else ()
    return Estimate(tuple(chances), walls)


def curves_in_force(forest: str, measured: Mapping[Kind, DetectionCurves]) -> dict[Target, DetectionCurves]:
    """Whose curve tells of a target: that of the field test, else, where it was counted for such lenses, that which
    ships; none that was counted with another forest.
    """
    told: dict[Target, DetectionCurves] = {}
    for target, (_, kind) in LENSES.items():
        known = [measured[kind]] if kind in measured else []
        if kind == COUNTED_TOGETHER:
            known.append(load_curves())
        for curves in known:
            if curves.forest == forest:
                told.setdefault(target, curves)
    return told


def why_untold(target: Target, measured: Mapping[Kind, DetectionCurves]) -> str:
    """Code of the reason why no curve tells of a lens."""
    kind = LENSES[target][1]
    return "curves_of_another_forest" if kind == COUNTED_TOGETHER or kind in measured else "filter_not_counted"


def _middle(zone: ZoneLooks) -> tuple[float, float]:
    xs, ys = zip(*zone.zone.polygon, strict=True)
    return sum(xs) / len(xs), sum(ys) / len(ys)


def _chance(target: Target, curves: DetectionCurves, means: Floats) -> Chance:
    """The mean over draws and their 90 % interval, which is taken as normal in the logit."""
    shares = np.clip(means, 1e-4, 1.0 - 1e-4)
    logits = np.log(shares / (1.0 - shares))
    spread = 1.645 * float(logits.std())
    low, high = (1.0 / (1.0 + math.exp(-(float(logits.mean()) + side * spread))) for side in (-1.0, 1.0))
    mean = float(means.mean())
    return Chance(target, curves.source, round(mean, 4), round(min(low, mean), 4), round(max(high, mean), 4))


def detected(
    grid: Grid,
    looks: Sequence[Look],
    curves: DetectionCurves,
    *,
    aim_m: tuple[float, float],
    seed: int,
    draws: int = DRAWS,
    targets: Collection[Target] = tuple(LENSES),
) -> dict[Target, Floats]:
    """Probability that a lens in a cell was found, draws x cells, by target."""
    rng = np.random.default_rng(seed)
    shape = (draws, len(grid.points_m))
    rates = curves.draw(rng, draws)
    # each cell sees every brightness once, so that its mean over draws is steady
    strata = np.tile((np.arange(draws) + 0.5)[:, None] / draws, (1, shape[1]))
    lenses = _Lenses(rng.permuted(strata, axis=0), rng.random(shape), _axes(grid, aim_m, rng, draws))
    is_nominal = any("lens_uncalibrated" in look.measured.limits for look in looks)
    brighter = rng.normal(0.0, BRIGHTNESS_SD * (1.0 if is_nominal else 1.0 / 3.0), (draws, 1))
    places: list[tuple[tuple[float, float], dict[Target, Floats]]] = []
    for look in looks:
        eye = (look.position.x_m, look.position.y_m)
        is_visible = grid.visible_from(*eye)
        if not is_visible.any():
            continue
        missed = _missed_from(grid, look, curves, rates, lenses, brighter, is_visible, rng)
        for place, before in places:
            if math.dist(place, eye) < SAME_PLACE_M:
                for target in targets:
                    np.minimum(before[target], missed[target], out=before[target])
                break
        else:
            places.append((eye, missed))
    found: dict[Target, Floats] = {}
    for target in targets:
        misses = [missed[target] for _, missed in places] or [np.ones(shape)]
        apart, as_one = np.prod(misses, axis=0), np.min(misses, axis=0)
        found[target] = 1.0 - (1.0 - curves.together) * apart - curves.together * as_one
    return found


@dataclass(frozen=True, eq=False)
class _Lenses:
    """The lens of each draw and cell: which of the bright and dim ones, how it fades sideways, and where it looks."""

    brightness: Floats
    fading: Floats
    axes: Floats
    """Draws x cells x 3."""


def _axes(grid: Grid, aim_m: tuple[float, float], rng: np.random.Generator, draws: int) -> Floats:
    (side_x, side_y), heights = AIM_M
    shape = (draws, len(grid.points_m))
    aim = np.stack(
        [rng.normal(aim_m[0], side_x, shape), rng.normal(aim_m[1], side_y, shape), rng.uniform(*heights, shape)], axis=2
    )
    way = aim - grid.points_m
    # nobody looks into the wall that he hides in
    depth = (way * grid.normals).sum(axis=2)
    way += grid.normals * np.maximum(0.0, 0.1 - depth)[:, :, None]
    return np.asarray(way / np.linalg.norm(way, axis=2, keepdims=True))


def _missed_from(
    grid: Grid,
    look: Look,
    curves: DetectionCurves,
    rates: Floats,
    lenses: _Lenses,
    brighter: Floats,
    is_visible: npt.NDArray[np.bool_],
    rng: np.random.Generator,
) -> dict[Target, Floats]:
    """Probability that a lens in a cell was missed from one position, draws x cells, by target."""
    draws = len(rates)
    seen, optics = look.measured.seen, load_optics()
    if seen is None:
        raise ValueError(Phrase("look_without_directions"))
    eye = np.column_stack(
        [
            rng.normal(look.position.x_m, PLACE_SD_M, draws),
            rng.normal(look.position.y_m, PLACE_SD_M, draws),
            np.clip(rng.normal(EYE_M, EYE_SD_M, draws), 0.5, HEIGHT_M - 0.2),
        ]
    )
    way = grid.points_m - eye[:, None, :]
    range_m = np.maximum(np.linalg.norm(way, axis=2), 0.05)
    faced = rng.normal(0.0, FACING_SD_DEG if seen.is_anchored else LOST_SD_DEG, (draws, 1))
    yaw = np.degrees(np.arctan2(way[:, :, 1], way[:, :, 0])) - look.position.facing_deg - faced
    yaw = (yaw + 180.0) % 360.0 - 180.0
    yaw *= 1.0 + rng.normal(0.0, DRIFT_SD, (draws, 1))
    pitch = np.degrees(np.arcsin(way[:, :, 2] / range_m)) + rng.normal(0.0, PITCH_SD_DEG, (draws, 1))
    columns, rows = (np.floor((angle + REACH_DEG) / STEP_DEG).astype(int) for angle in (yaw, pitch))
    inside = (columns >= 0) & (columns < CELLS) & (rows >= 0) & (rows < CELLS) & is_visible
    columns, rows = np.clip(columns, 0, CELLS - 1), np.clip(rows, 0, CELLS - 1)
    farthest = seen.farthest_steps()[rows, columns]
    row = curves.row_of(seen.triple_counts()[rows, columns])
    inside &= (farthest >= 0) & (row >= 0)
    offset_m = seen.on_axis_offset_m or optics.on_axis_offset_m
    noise = _noise_e(optics, seen.reference_e, offset_m)[np.maximum(farthest, 0)]
    angle = np.degrees(np.arccos(np.clip(-(way * lenses.axes).sum(axis=2) / range_m, -1.0, 1.0)))
    common = np.log10(reference_shape(optics, range_m, offset_m) * seen.reference_e / noise) + brighter
    common -= rng.choice(curves.noise_log10, common.shape)
    common += curves.entrance(angle, lenses.fading)
    at = np.arange(draws)[:, None]
    step = LOG_SNR[1] - LOG_SNR[0]
    missed: dict[Target, Floats] = {}
    returned = {
        kind: curves.returned_log10(kind, range_m, lenses.brightness, offset_m) for kind in curves.returns_log10
    }
    for target, (aperture_mm, kind) in LENSES.items():
        log_snr = common + 2.0 * math.log10(aperture_mm / optics.reference_aperture_mm) + returned[kind]
        column = np.clip(np.rint((log_snr - LOG_SNR[0]) / step), 0, len(LOG_SNR) - 1).astype(int)
        missed[target] = np.where(inside, 1.0 - rates[at, np.maximum(row, 0), column], 1.0)
    return missed


def reference_shape(optics: Optics, range_m: Floats, offset_m: float) -> Floats:
    """Light of the reference lens at a range over that at 1 m; `offset_m`: of the lamps from the camera."""
    lobe = optics.reference_lobe

    def density(alpha: Floats) -> Floats:
        core, wide = math.radians(lobe.core_sigma_deg), math.radians(lobe.pedestal_sigma_deg)
        parts = ((lobe.core_share, core), (1.0 - lobe.core_share, wide))
        return np.asarray(sum(share * np.exp(-0.5 * (alpha / s) ** 2) / (2.0 * math.pi * s**2) for share, s in parts))

    return np.asarray(density(offset_m / range_m) / density(np.array(offset_m)) / range_m**4)


def _noise_e(optics: Optics, reference_e: float, offset_m: float) -> Floats:
    """Noise in a direction by the step up to which the reference lens reached the floor there."""
    flux = reference_e * reference_shape(optics, np.asarray(RANGES_M), offset_m)
    return np.asarray(np.sqrt(np.maximum((flux / optics.snr_floor) ** 2 - flux, 1.0)))


def unrolled(grid: Grid, shares: Floats) -> tuple[WallView, ...]:
    """The surfaces of a zone with a probability by cell, coarser the more there are; `shares`: by the grid's cells."""
    cells = sum(surface.rows * surface.columns for surface in grid.surfaces)
    factor = math.ceil(math.sqrt(max(1.0, cells / MOST_CHARACTERS)))
    while sum(math.ceil(s.rows / factor) * math.ceil(s.columns / factor) for s in grid.surfaces) > MOST_CHARACTERS:
        factor += 1
    views, first = [], 0
    for surface in grid.surfaces:
        count = int(surface.is_part.sum())
        whole = np.full(surface.is_part.shape, np.nan)
        whole[surface.is_part] = shares[first : first + count]
        first += count
        rows, columns = math.ceil(surface.rows / factor), math.ceil(surface.columns / factor)
        padded = np.full((rows * factor, columns * factor), np.nan)
        padded[: surface.rows, : surface.columns] = whole
        blocks = padded.reshape(rows, factor, columns, factor).swapaxes(1, 2).reshape(rows * columns, -1)
        known = np.isfinite(blocks)
        mean = np.where(known.any(axis=1), np.nansum(blocks, axis=1) / np.maximum(known.sum(axis=1), 1), np.nan)
        text = "".join("." if math.isnan(v) else str(min(9, int(10.0 * v + 1e-9))) for v in mean)
        views.append(
            WallView(
                surface=surface.kind, corner=surface.corner, cell_m=round(grid.cell_m * factor, 3), columns=columns,
                cells=text,
            )
        )  # fmt: skip
    return tuple(views)
