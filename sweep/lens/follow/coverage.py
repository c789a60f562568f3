"""How well a clip looked: where the reference lens would have been seen.

Job: compare the noise of each filtered triple with the light the radiometric model expects from the reference lens
and state the share of the view and the span of distances in which it would have reached the floor. Input: noise
maps and nominal optics; output: numbers for `ClipCoverage`. Refuses to credit a view that was saturated.
"""

from __future__ import annotations

import math
from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from sweep.lens.clip.clips import ClipMeta
from sweep.lens.follow.glints import Glints
from sweep.lens.optics import Optics
from sweep.lens.pixels.cutouts import FULL_SHARE
from sweep.lens.pixels.matched_filter import noise_of

RANGE_STEP = 1.05


def expected_flux_e(optics: Optics, meta: ClipMeta, range_m: float) -> float:
    """Electrons of the reference lens at `range_m` in one on_axis frame."""
    lamp = meta.led["A"]
    return optics.lens_signal_e(
        aperture_mm=optics.reference_aperture_mm,
        rho=optics.reference_rho,
        range_m=range_m,
        offset_m=lamp.offset_m,
        intensity_w_sr=lamp.intensity_w_sr,
        exposure_s=meta.exposure_s,
        f_number=meta.f_number,
        wavelength_nm=meta.wavelength_nm,
        lobe=optics.reference_lobe,
    )


def estimate_range_m(optics: Optics, meta: ClipMeta, lamp_light_e: float) -> float:
    """Distance at which a white tile wall returns `lamp_light_e` electrons per pixel, held to the probe's range."""
    at_one_metre = optics.wall_signal_e_px(
        albedo=optics.wall_albedo,
        range_m=1.0,
        intensity_w_sr=meta.led["A"].intensity_w_sr,
        exposure_s=meta.exposure_s,
        f_number=meta.f_number,
        wavelength_nm=meta.wavelength_nm,
        focal_px=meta.focal_px,
    )
    range_m = math.sqrt(at_one_metre / max(lamp_light_e, 1e-3))
    return min(optics.range_max_m, max(optics.range_min_m, range_m))


def noise_grid(glints: Glints) -> npt.NDArray[np.float32]:
    """Noise of the flux on a coarse grid, clutter included; infinite where saturated."""
    level = glints.views.on_level
    height, width = level.flux.shape
    level = replace(level, flux=level.flux[::4, ::4], mean=level.mean[::4, ::4])
    noise = noise_of(level, glints.views.read_noise_e)
    size = (max(8, width // 16), max(8, height // 16))
    ratio = np.minimum(np.abs(level.flux / noise), np.float32(6.0))
    clutter = np.maximum(1.0, cv2.resize(ratio, size, interpolation=cv2.INTER_AREA) * np.float32(1.2533))
    sigma = cv2.resize(noise, size, interpolation=cv2.INTER_AREA) * clutter
    blind = cv2.resize(glints.views.saturated[::2, ::2], size, interpolation=cv2.INTER_AREA) > 0.1 * FULL_SHARE
    return np.where(blind, np.float32(np.inf), sigma).astype(np.float32)


def seen_share(optics: Optics, meta: ClipMeta, grids: list[npt.NDArray[np.float32]], range_m: float) -> float:
    """Share of cells in which the reference lens reaches the floor in at least half of the triples."""
    if not grids:
        return 0.0
    flux = expected_flux_e(optics, meta, range_m)
    sigma = np.median(np.stack(grids), axis=0)
    return float((flux / sigma >= optics.snr_floor).mean())


def range_span_m(optics: Optics, meta: ClipMeta, grids: list[npt.NDArray[np.float32]]) -> tuple[float, float]:
    """Nearest and farthest distance at which the median cell shows the reference lens; (0, 0) for none.

    The noise is taken as measured, which overstates it for greater distances and understates it for smaller ones.
    """
    if not grids:
        return 0.0, 0.0
    sigma = float(np.median(np.median(np.stack(grids), axis=0)))
    seen = []
    range_m = optics.range_min_m
    while range_m <= optics.range_max_m:
        if expected_flux_e(optics, meta, range_m) / sigma >= optics.snr_floor:
            seen.append(range_m)
        range_m *= RANGE_STEP
    return (round(seen[0], 2), round(seen[-1], 2)) if seen else (0.0, 0.0)
