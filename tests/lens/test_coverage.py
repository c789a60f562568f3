"""Solid angle by distance: by hand on even frames, and held to the recorded scan's own coverage."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sweep.lens.clip.clips import ClipMeta
from sweep.lens.follow.coverage import expected_flux_e
from sweep.lens.follow.view import COLUMNS, LEAST_TRIPLES, RANGES_M, ROWS, TripleView, ViewMap, view_of
from sweep.lens.optics import load_optics
from sweep.lens.pixels.motion import shift_between, thumbnail
from tests.lens.clip_factory import PHASES, meta_for, strobed_frames

HALF = (544, 728)


def even(light_e: float, dark_e: float = 0.0, seed: int = 1) -> tuple[ClipMeta, np.ndarray, np.ndarray, np.ndarray]:
    """A plain wall of `light_e` electrons per pixel with its shot noise."""
    meta = meta_for(HALF, PHASES)
    rng = np.random.default_rng(seed)
    on_axis = rng.normal(light_e, math.sqrt(light_e + meta.read_noise_e**2), HALF).astype(np.float32)
    dark = rng.normal(dark_e, math.sqrt(dark_e + meta.read_noise_e**2), HALF).astype(np.float32)
    return meta, on_axis, dark, np.zeros(HALF, np.uint8)


def farthest(light_e: float, blur_px: float = 0.0) -> float:
    meta, on_axis, dark, saturated = even(light_e)
    return float(np.median(view_of(load_optics(), meta, on_axis, dark, saturated, blur_px).farthest_m))


def test_a_brighter_wall_hides_a_lens_sooner() -> None:
    distances = [farthest(light) for light in (1_000.0, 20_000.0, 400_000.0)]
    assert distances == sorted(distances, reverse=True)
    assert distances[0] > 2.0
    assert distances[2] < distances[0]


def test_motion_blur_costs_distance() -> None:
    assert farthest(20_000.0, blur_px=12.0) < farthest(20_000.0)


def test_the_distance_agrees_with_the_formula() -> None:
    """Point spread of sigma: the noise of a matched filter is that of 4 pi sigma^2 pixels."""
    light = 50_000.0
    meta = meta_for(HALF, PHASES)
    optics = load_optics()
    pixels = 4.0 * math.pi * 0.9**2
    noise = math.sqrt(pixels * (light + 2.0 * meta.read_noise_e**2 + meta.e_per_dn**2 / 6.0))
    reach = max(
        (r for r in RANGES_M if (flux := expected_flux_e(optics, meta, r)) / math.hypot(noise, math.sqrt(flux)) >= 5.0),
        default=0.0,
    )
    assert farthest(light) == pytest.approx(reach, rel=0.11)  # one step of the grid


def test_saturated_cells_are_not_credited() -> None:
    meta, on_axis, dark, saturated = even(1_000.0)
    saturated[:, : HALF[1] // 2] = 255
    view = view_of(load_optics(), meta, on_axis, dark, saturated, 0.0)
    assert float(view.farthest_m[:, : COLUMNS // 2].max()) == 0.0
    assert float(view.farthest_m[:, COLUMNS // 2 :].min()) > 0.0
    assert view.seen_share(1.0) == pytest.approx(0.5)


def full_view(near: float = 0.3, far: float = 2.0) -> TripleView:
    return TripleView(np.full((ROWS, COLUMNS), near, np.float32), np.full((ROWS, COLUMNS), far, np.float32))


def test_three_triples_credit_a_direction() -> None:
    meta = meta_for(HALF, PHASES)
    seen = ViewMap(meta)
    for number in range(1, LEAST_TRIPLES + 1):
        seen.add(full_view())
        assert (seen.solid_angle_sr(1.0) > 0.0) == (number >= LEAST_TRIPLES)
    # rectangular pyramid of full angles 2a, 2b: 4 asin(sin a sin b)
    a, b = math.atan(364 / meta.focal_px), math.atan(272 / meta.focal_px)
    assert seen.solid_angle_sr(1.0) == pytest.approx(4.0 * math.asin(math.sin(a) * math.sin(b)), rel=0.15)
    assert seen.solid_angle_sr(2.5) == 0.0
    assert seen.solid_angle_sr(0.2) == 0.0


def test_turning_shows_more_and_looking_again_does_not() -> None:
    meta = meta_for(HALF, PHASES)
    seen = ViewMap(meta)
    for _ in range(6):
        seen.add(full_view())
    once = seen.solid_angle_sr(1.0)
    for _ in range(6):
        seen.add(full_view())
    assert seen.solid_angle_sr(1.0) == once
    seen.turn(-meta.focal_px * math.tan(math.radians(40.0)), 0.0)  # the scene goes left: the camera turned right
    assert seen.yaw_deg == pytest.approx(40.0)
    for _ in range(3):
        seen.add(full_view())
    assert seen.solid_angle_sr(1.0) == pytest.approx(1.9 * once, rel=0.1)


def test_the_third_best_distance_counts() -> None:
    seen = ViewMap(meta_for(HALF, PHASES))
    for far in (3.0, 1.0, 2.5, 2.0):
        seen.add(full_view(far=far))
    assert seen.solid_angle_sr(2.0) > 0.0
    assert seen.solid_angle_sr(2.2) == 0.0


def test_a_direction_beyond_the_map_is_left_out_without_harm() -> None:
    seen = ViewMap(meta_for(HALF, PHASES))
    for _ in range(8):
        seen.turn(-600.0, 300.0)
        for _ in range(3):
            seen.add(full_view())
    assert math.isfinite(seen.solid_angle_sr(1.0))


def test_after_a_lost_view_the_larger_map_counts() -> None:
    seen = ViewMap(meta_for(HALF, PHASES))
    for _ in range(3):
        seen.add(full_view())
    before = seen.solid_angle_sr(1.0)
    seen.lose()
    assert seen.lost == 1
    assert seen.solid_angle_sr(1.0) == pytest.approx(before)
    for _ in range(3):
        seen.add(full_view())
    assert seen.solid_angle_sr(1.0) == pytest.approx(before)


@pytest.mark.parametrize("drift_px", [(0.0, 0.0), (3.0, -2.0), (12.0, 5.0)])
def test_the_shift_of_the_view_is_found(drift_px: tuple[float, float]) -> None:
    frames = [f for f, p in zip(strobed_frames(4, drift_px=drift_px), PHASES, strict=True) if p == "A"]
    small = [thumbnail((f.astype(np.float32) - 60.0) * 4.0) for f in frames]
    shift = shift_between(small[0], small[1], 364)
    assert shift.is_known
    assert (shift.dx_px, shift.dy_px) == pytest.approx((3 * drift_px[0], 3 * drift_px[1]), abs=1.0)


def test_noise_has_no_shift() -> None:
    rng = np.random.default_rng(1)
    small = [thumbnail(rng.normal(50.0, 10.0, (272, 364)).astype(np.float32)) for _ in range(2)]
    assert not shift_between(small[0], small[1], 364).is_known
