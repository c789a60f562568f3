"""The sensor of the scene renderer: shot and read noise, fixed pattern, hot pixels, bleeding, conversion.

Job: turn expected electrons into raw counts, one random draw per pixel and frame. Input: float32 electrons; output:
uint16 counts with black level. Refuses to be one particular sensor: every figure is drawn by the recipes.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from sweep.sim.scene.camera import Image


@dataclass(frozen=True)
class Readout:
    """A sensor with its fixed pattern."""

    e_per_dn: float
    black_dn: float
    read_noise_e: float
    full_well_e: float
    saturation_dn: int
    response: Image
    offset_e: Image
    """Dark offset of each pixel: rows, columns, pixels, steady hot pixels."""
    flickering: npt.NDArray[np.intp]
    """Flat indices of pixels with random telegraph noise."""
    flicker_e: npt.NDArray[np.float32]
    row_noise_e: float
    """Row offsets that change from frame to frame."""
    bleed_share: float
    """Share of the charge above the full well that spills into neighbours."""
    bleed_is_vertical: bool
    noise_tail: float
    """Weight of a heavier tail of the read noise; 0 is Gaussian."""

    def expose(self, electrons: Image, rng: np.random.Generator) -> npt.NDArray[np.uint16]:
        """Raw counts of one exposure.

        Shot and read noise are drawn together: a normal deviate with the skewness of the Poisson part
        (Cornish-Fisher), which is within 2 % of the exact third moment above 2 electrons.
        """
        light = electrons
        if float(light.max()) > self.full_well_e:
            light = self._bled(light)
        light = light * self.response
        variance = light + np.float32(self.read_noise_e**2)
        deviate = rng.standard_normal(light.shape, dtype=np.float32)
        counted = np.sqrt(variance)
        if self.noise_tail > 0.0:
            deviate *= 1.0 + np.float32(self.noise_tail) * (deviate * deviate - 1.0)
        counted *= deviate
        deviate *= deviate
        deviate -= 1.0
        deviate *= light / (6.0 * variance)
        counted += deviate
        counted += light
        counted += self.offset_e
        if self.row_noise_e > 0.0:
            counted += rng.normal(0.0, self.row_noise_e, (light.shape[0], 1)).astype(np.float32)
        if self.flickering.size:
            on = rng.random(self.flickering.size) < 0.5
            counted.reshape(-1)[self.flickering] += np.where(on, self.flicker_e, 0.0)
        np.minimum(counted, np.float32(self.full_well_e), out=counted)
        counted *= np.float32(1.0 / self.e_per_dn)
        counted += np.float32(self.black_dn + 0.5)
        np.clip(counted, 0.0, self.saturation_dn, out=counted)
        return counted.astype(np.uint16)

    def _bled(self, light: Image) -> Image:
        over = np.maximum(light - np.float32(self.full_well_e), 0.0) * np.float32(self.bleed_share)
        np.minimum(over, np.float32(60.0 * self.full_well_e), out=over)
        if self.bleed_is_vertical:
            return np.asarray(light + cv2.blur(over, (1, 31)), np.float32)
        near = cv2.blur(over, (3, 3))
        return np.asarray(light + 0.7 * near + 0.3 * cv2.blur(near, (5, 5)), np.float32)


def make_readout(
    rng: np.random.Generator,
    shape: tuple[int, int],
    *,
    e_per_dn: float,
    black_dn: float,
    read_noise_e: float,
    full_well_e: float,
    bits: int,
    response_sigma: float,
    row_e: float,
    column_e: float,
    pixel_e: float,
    hot_share: float,
    flicker_share: float,
    row_noise_e: float,
    bleed_share: float,
    bleed_is_vertical: bool = False,
    noise_tail: float = 0.0,
) -> Readout:
    """A sensor with its pattern drawn from `rng`; shares are of all pixels, `_e` are standard deviations."""
    response = rng.standard_normal(shape, dtype=np.float32)
    response *= np.float32(response_sigma)
    response += 1.0
    offset = rng.standard_normal(shape, dtype=np.float32) * np.float32(pixel_e)
    offset += (row_e * rng.standard_normal((shape[0], 1))).astype(np.float32)
    offset += (column_e * rng.standard_normal((1, shape[1]))).astype(np.float32)
    count = int(rng.poisson(hot_share * response.size))
    hot = rng.integers(0, response.size, count)
    offset.reshape(-1)[hot] += (e_per_dn * 10.0 ** rng.uniform(0.8, 3.5, count)).astype(np.float32)
    blinking = rng.integers(0, response.size, int(rng.poisson(flicker_share * response.size)))
    flicker_e = (e_per_dn * 10.0 ** rng.uniform(0.7, 2.3, blinking.size)).astype(np.float32)
    return Readout(
        e_per_dn, black_dn, read_noise_e, full_well_e, 2**bits - 1, response, offset, blinking.astype(np.intp),
        flicker_e, row_noise_e, bleed_share, bleed_is_vertical, noise_tail,
    )  # fmt: skip
