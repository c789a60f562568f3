"""Lenses planted in the walls of made-up stalls, and looks whose pose errs in other ways than the probe assumes.

The truth is computed here on its own: where the inspector really stood, how high and how skew, which directions he
really showed and what a lens there returned.  What the probe gets is what it would have: the plan, the position as
tapped, and the map of directions as it thinks they lay.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from sweep.lens.evidence.chance import LENSES, detected, reference_shape
from sweep.lens.evidence.detection import LOG_SNR, DetectionCurves, Floats, load_curves
from sweep.lens.evidence.walls import grid_of
from sweep.lens.follow.view import RANGES_M
from sweep.lens.optics import load_optics
from sweep.modality.directions import CELLS, REACH_DEG, STEP_DEG, SeenDirections, to_cells
from sweep.modality.measurement import Measurement
from sweep.modality.targets import Look
from sweep.report import Plan, Position, Target
from tests.report_factory import box, make_zone

REFERENCE_E: Final = 3_000.0


@dataclass(frozen=True)
class Planted:
    """One lens: with what probability the probe says it would find it, and whether it did."""

    target: Target
    said: float
    is_found: bool


def _stall(rng: np.random.Generator) -> Plan:
    width, depth = float(rng.uniform(0.9, 1.4)), float(rng.uniform(1.2, 1.8))
    zone = make_zone("stall-1", "stall", "1번 칸", "Stall 1", box(0, 0, width, depth))
    return Plan(version=1, is_verified=True, width_m=width, depth_m=depth, zones=(zone,))


@dataclass(frozen=True)
class _Hand:
    """Where the probe really was: eye, way it faced at first, tilt, and what registration makes of turns."""

    eye: Floats
    facing_deg: float
    pitch_deg: float
    drift: float


def _hand(rng: np.random.Generator, position: Position) -> _Hand:
    tail = 1.0 if rng.random() < 0.85 else 2.5  # now and then far off, which no normal error is
    eye = np.array([position.x_m, position.y_m, 0.0]) + np.append(rng.uniform(-0.3, 0.3, 2), 0.0)
    eye[2] = rng.triangular(1.1, 1.45, 1.65)
    return _Hand(
        eye, position.facing_deg + float(rng.normal(1.5, 6.5 * tail)), float(rng.normal(-1.0, 5.0 * tail)),
        1.0 + float(rng.uniform(-0.06, 0.09)),
    )  # fmt: skip


def _look(rng: np.random.Generator, number: int, plan: Plan) -> tuple[Look, _Hand, npt.NDArray[np.int16]]:
    """A look, how it really was, and the noise of every direction."""
    position = Position(
        position_id=f"p{number}", zone_id="stall-1", x_m=float(rng.uniform(0.3, 0.7)) * plan.width_m,
        y_m=float(rng.uniform(0.3, 0.8)) * plan.depth_m, facing_deg=float(rng.choice([0.0, 90.0, 180.0, 270.0])),
        start_ns=0, end_ns=1,
    )  # fmt: skip
    steps = np.full((CELLS, CELLS), -1, np.int16)
    triples = np.full((CELLS, CELLS), -1, np.int16)
    left, right = rng.uniform(40, 118, 2)
    low, high = rng.uniform(20, 60, 2)
    middle = (np.arange(CELLS) + 0.5) * STEP_DEG - REACH_DEG
    shown = np.ix_((middle > -low) & (middle < high), (middle > -left) & (middle < right))
    size = steps[shown].shape
    steps[shown] = np.clip(rng.normal(27.0, 3.0) + rng.normal(0.0, 1.5, size), 12, 31).astype(np.int16)
    triples[shown] = rng.integers(3, 25, size)
    steps[rng.random(steps.shape) < 0.04] = -1
    seen = SeenDirections(
        farthest=to_cells(steps), triples=to_cells(triples), reference_e=REFERENCE_E, is_anchored=True
    )
    measured = Measurement("stall-1", position.position_id, "lens", 12.0, 200, 0, 0.8, None, seen=seen)
    return Look(position, measured), _hand(rng, position), steps


def plant(seed: int, count: int) -> list[Planted]:
    """Lenses in random cells of one stall, looked at from one to three places."""
    rng = np.random.default_rng([seed, 0x19])
    curves, optics = load_curves(), load_optics()
    plan = _stall(rng)
    zone = plan.zones[0]
    made = [_look(rng, number, plan) for number in range(int(rng.integers(1, 4)))]
    grid = grid_of(plan, zone)
    middle = (plan.width_m / 2.0, plan.depth_m / 2.0)
    said = detected(grid, [look for look, _, _ in made], curves, aim_m=middle, seed=seed)
    stretch = float(rng.uniform(2.3, 2.7)) / 2.4  # the real room is higher or lower than plans let one assume
    found = []
    for number in range(count):
        target = list(LENSES)[number % len(LENSES)]
        cell = int(rng.integers(len(grid.points_m)))
        at = grid.points_m[cell] * [1.0, 1.0, stretch] + (rng.random(3) - 0.5) * 0.1 * (1.0 - abs(grid.normals[cell]))
        aim = np.array([*rng.normal(middle, 0.3), rng.uniform(0.3, 1.3)]) - at
        aim += grid.normals[cell] * max(0.0, 0.1 - float(aim @ grid.normals[cell]))
        is_found = False
        bright, fading = float(rng.random()), float(rng.random())
        for look, hand, steps in made:
            way = at - hand.eye
            range_m = float(np.linalg.norm(way))
            yaw = math.degrees(math.atan2(way[1], way[0])) - hand.facing_deg
            yaw = ((yaw + 180.0) % 360.0 - 180.0) * hand.drift
            pitch = math.degrees(math.asin(way[2] / range_m)) + hand.pitch_deg
            column, row = (math.floor((angle + REACH_DEG) / STEP_DEG) for angle in (yaw, pitch))
            if not (0 <= column < CELLS and 0 <= row < CELLS) or steps[row, column] < 0 or look.measured.seen is None:
                continue
            count_here = int(look.measured.seen.triple_counts()[row, column])
            farthest = np.array([RANGES_M[steps[row, column]]])
            flux = REFERENCE_E * float(reference_shape(optics, farthest, optics.on_axis_offset_m)[0])
            noise = math.sqrt(max((flux / optics.snr_floor) ** 2 - flux, 1.0))
            noise *= 10.0 ** float(rng.choice(curves.noise_log10))
            aperture_mm, kind = LENSES[target]
            angle = math.degrees(math.acos(float(np.clip(-(way @ aim) / range_m / np.linalg.norm(aim), -1.0, 1.0))))
            far = np.array([range_m])
            log_snr = math.log10(REFERENCE_E * float(reference_shape(optics, far, optics.on_axis_offset_m)[0]) / noise)
            log_snr += 2.0 * math.log10(aperture_mm / optics.reference_aperture_mm)
            log_snr += float(curves.returned_log10(kind, far, np.array([bright]), optics.on_axis_offset_m)[0])
            log_snr += float(curves.entrance(np.array([angle]), np.array([fading]))[0])
            is_found |= rng.random() < _rate(curves, log_snr, count_here)
        found.append(Planted(target, float(said[target][:, cell].mean()), bool(is_found)))
    return found


def _rate(curves: DetectionCurves, log_snr: float, triples: int) -> float:
    row = int(curves.row_of(np.array([triples], np.int16))[0])
    rates = (curves.found[row] + 0.5) / (curves.looked_for[row] + 1.0)
    return 0.0 if row < 0 else float(np.interp(min(max(log_snr, LOG_SNR[0]), LOG_SNR[-1]), curves.log_snr, rates))
