"""The camera of the scene renderer: pose of the hand, projection, point spread, sensor noise.

Job: turn points and electrons of a scene into raw frames as a hand-held global-shutter sensor would deliver them.
Input: geometry in metres in the frame of the last on_axis exposure (x right, y down, z away); output: uint16 frames.
Refuses no input it is given by the renderer; it is no model of a particular sensor beyond `optics.toml`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Image = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Camera:
    """Intrinsics in pixels."""

    width: int
    height: int
    focal_px: float
    centre_x: float
    """True principal point; the recorded one is nominal."""
    centre_y: float
    pixel_pitch_m: float
    focal_m: float
    f_number: float
    focus_m: float
    wavelength_m: float

    def project(self, points: Array) -> Array:
        """Pixel positions (n x 2) of camera coordinates (n x 3)."""
        z = np.maximum(points[..., 2], 1e-6)
        x = self.centre_x + self.focal_px * points[..., 0] / z
        y = self.centre_y + self.focal_px * points[..., 1] / z
        return np.stack([x, y], axis=-1)

    def ray(self, x_px: float, y_px: float) -> Array:
        """Camera coordinates at depth 1 of a pixel."""
        return np.array([(x_px - self.centre_x) / self.focal_px, (y_px - self.centre_y) / self.focal_px, 1.0])

    def blur_disc_px(self, range_m: float) -> float:
        """Radius of the disc of confusion."""
        diameter_m = self.focal_m**2 / self.f_number * abs(1.0 / self.focus_m - 1.0 / max(range_m, 0.05))
        return 0.5 * diameter_m / self.pixel_pitch_m

    def core_sigma_px(self) -> float:
        """Gaussian stand-in for diffraction, aberration (guessed 1.5 um) and the pixel's area."""
        diffraction_m = 0.42 * self.wavelength_m * self.f_number
        return math.hypot(math.hypot(diffraction_m, 1.5e-6) / self.pixel_pitch_m, 0.29)


@dataclass(frozen=True)
class Pose:
    """Where the camera is at one instant, with respect to the last on_axis exposure."""

    rotation: Array
    """3 x 3, world to camera."""
    position: Array
    """Metres, in the world."""

    def to_camera(self, points: Array) -> Array:
        """World coordinates to camera coordinates (n x 3)."""
        return (points - self.position) @ self.rotation.T


class HandMotion:
    """Smooth drift with tremor, zero at `reference_s`."""

    def __init__(self, rng: np.random.Generator, speed_m_s: float, turn_rad_s: float, reference_s: float) -> None:
        self._amplitudes: list[Array] = []
        self._phases: list[Array] = []
        self._rates = np.array([0.25, 0.6, 1.1, 9.0])
        # the share of each rate in the velocity; the last one is tremor (guessed: 9 Hz, a tenth of the speed)
        share = np.array([0.7, 0.5, 0.4, 0.1])
        for speed in (speed_m_s, turn_rad_s):
            direction = rng.normal(size=(3, 4))
            direction /= np.linalg.norm(direction, axis=0)
            if speed == turn_rad_s:
                direction[2] *= 0.5
            self._amplitudes.append(direction * share * speed / (2.0 * math.pi * self._rates))
            self._phases.append(rng.uniform(0.0, 2.0 * math.pi, size=(3, 4)))
        self._reference = [self._raw(i, reference_s) for i in (0, 1)]

    def pose(self, time_s: float) -> Pose:
        """Pose at a time on the clip's clock."""
        position = self._raw(0, time_s) - self._reference[0]
        angles = self._raw(1, time_s) - self._reference[1]
        return Pose(rotation_matrix(angles), position)

    def _raw(self, kind: int, time_s: float) -> Array:
        wave = np.sin(2.0 * math.pi * self._rates * time_s + self._phases[kind])
        return np.asarray((self._amplitudes[kind] * wave).sum(axis=1))


def rotation_matrix(angles: Array) -> Array:
    """Rotation by the vector `angles` (radians), Rodrigues' formula."""
    angle = float(np.linalg.norm(angles))
    if angle < 1e-12:
        return np.eye(3)
    x, y, z = angles / angle
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.asarray(np.eye(3) + math.sin(angle) * cross + (1.0 - math.cos(angle)) * cross @ cross)


def add_point(image: Image, x: float, y: float, electrons: float, sigma_px: float, disc_px: float) -> None:
    """Add a point of light: a disc of radius `disc_px` softened by a Gaussian, sampled 3 x 3 per pixel."""
    reach = math.ceil(disc_px + 4.0 * sigma_px + 1.0)
    left, top = math.floor(x) - reach, math.floor(y) - reach
    height, width = image.shape
    if left + 2 * reach < 0 or top + 2 * reach < 0 or left >= width or top >= height:
        return
    fine = (np.arange((2 * reach + 1) * 3) + 0.5) / 3.0 - 0.5
    distance = np.hypot(fine[None, :] + left - x, fine[:, None] + top - y)
    if disc_px < 0.5:
        spread = math.hypot(sigma_px, 0.5 * disc_px)
        profile = np.exp(-0.5 * (distance / spread) ** 2)
    else:
        profile = 0.5 * (1.0 - np.tanh((distance - disc_px) / (1.25 * sigma_px)))
    patch = profile.reshape(2 * reach + 1, 3, 2 * reach + 1, 3).sum(axis=(1, 3))
    patch *= electrons / patch.sum()
    x0, y0 = max(0, left), max(0, top)
    x1, y1 = min(width, left + 2 * reach + 1), min(height, top + 2 * reach + 1)
    image[y0:y1, x0:x1] += patch[y0 - top : y1 - top, x0 - left : x1 - left].astype(np.float32)


@dataclass(frozen=True)
class Sensor:
    """Noise and scaling of the sensor."""

    bits: int
    black_level_dn: int
    e_per_dn: float
    read_noise_e: float
    saturation_dn: int
    response: Image
    """Fixed pattern: response of each pixel, mean 1."""
    offset_e: Image
    """Fixed pattern: dark offset of each pixel, hot pixels among them."""

    @classmethod
    def make(
        cls,
        rng: np.random.Generator,
        camera: Camera,
        bits: int,
        black_level_dn: int,
        e_per_dn: float,
        read_noise_e: float,
    ) -> Sensor:
        """Sensor with a fixed pattern drawn from `rng`: 0.6 % response, 0.5 e row and pixel offsets, 1e-4 hot."""
        shape = (camera.height, camera.width)
        response = (1.0 + 0.006 * rng.standard_normal(shape)).astype(np.float32)
        offset = 0.5 * rng.standard_normal(shape) + 0.4 * rng.standard_normal((camera.height, 1))
        hot = rng.random(shape) < 1e-4
        offset[hot] += rng.exponential(300.0, int(hot.sum()))
        saturation = 2**bits - 1
        return cls(bits, black_level_dn, e_per_dn, read_noise_e, saturation, response, offset.astype(np.float32))

    def expose(self, electrons: Image, rng: np.random.Generator) -> npt.NDArray[np.uint16]:
        """Raw frame of an exposure of `electrons` expected per pixel."""
        light = np.maximum(electrons * self.response + np.maximum(self.offset_e, 0.0), 0.0)
        counted = light + np.sqrt(light) * rng.standard_normal(light.shape, dtype=np.float32)
        dim = light < 30.0
        counted[dim] = rng.poisson(light[dim])
        counted += np.minimum(self.offset_e, 0.0)
        counted += np.float32(self.read_noise_e) * rng.standard_normal(light.shape, dtype=np.float32)
        raw = np.rint(counted / self.e_per_dn + self.black_level_dn)
        return np.asarray(np.clip(raw, 0, self.saturation_dn), dtype=np.uint16)
