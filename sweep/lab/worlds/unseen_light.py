"""Formulas of the judging world: how its hand, its points of light, its optics and its sensor behave.

Job: minimum-jerk motion, generalised lobes, von Mises-Fisher facets, mirrored lamps, Moffat points behind a bladed
aperture, counted photons. Input: seeded generator and geometry in metres; output: places, electrons and frames.
Refuses to share a formula with the renderers that train: only what defines the truth is common.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from sweep.sim.scene.camera import Array, Image

Owners = npt.NDArray[np.int_]
PHASES = 4
"""Sub-pixel positions of a point kernel along each axis."""


@dataclass(frozen=True)
class Reach:
    """Reaching movements from point to point, each of minimum jerk (Flash and Hogan 1985), and a trembling on top."""

    times_s: Array
    places: Array
    """n x 6: metres and radians."""
    tremor: Array
    """m x 6 at `TREMOR_STEP_S`."""

    def at(self, time_s: float) -> Array:
        """Place and turn at a time."""
        i = int(np.clip(np.searchsorted(self.times_s, time_s) - 1, 0, len(self.times_s) - 2))
        share = float(np.clip((time_s - self.times_s[i]) / (self.times_s[i + 1] - self.times_s[i]), 0.0, 1.0))
        smooth = share**3 * (10.0 - 15.0 * share + 6.0 * share**2)
        fine = time_s / TREMOR_STEP_S
        k = int(np.clip(fine, 0, len(self.tremor) - 2))
        wobble = self.tremor[k] + (self.tremor[k + 1] - self.tremor[k]) * (fine - k)
        return np.asarray(self.places[i] + smooth * (self.places[i + 1] - self.places[i]) + wobble)


TREMOR_STEP_S = 0.008


def draw_reach(rng: np.random.Generator, speed_m_s: float, turn_rad_s: float, length_s: float) -> Reach:
    """Movements of 0.2 to 0.7 s at mean speeds about those stated; a tenth of them are rests."""
    times, places = [-float(rng.uniform(0.0, 0.5))], [np.zeros(6)]
    while times[-1] < length_s:
        lasts = float(rng.uniform(0.2, 0.7))
        speed = np.array([speed_m_s] * 3 + [turn_rad_s] * 3) * rng.normal(size=6) * (1, 1, 0.5, 0.7, 0.7, 0.4)
        places.append(places[-1] + (0.0 if rng.random() < 0.1 else 1.0) * lasts * speed)
        times.append(times[-1] + lasts)
    count = int(length_s / TREMOR_STEP_S) + 4
    wobble = np.zeros((count, 6))
    size = np.array([2e-4] * 3 + [6e-4] * 3) * float(rng.uniform(0.1, 1.0))
    for i in range(2, count):  # an oscillator of about 9 Hz, damped, pushed at random
        wobble[i] = 1.72 * wobble[i - 1] - 0.93 * wobble[i - 2] + 0.15 * size * rng.normal(size=6)
    return Reach(np.array(times), np.array(places), wobble)


def turned(angles: Array) -> Array:
    """Rotation matrix of a rotation vector, world to camera."""
    return np.asarray(cv2.Rodrigues(np.asarray(angles, np.float64))[0])


@dataclass
class Returners:
    """Points that return light: lenses, pupils, beads, drops. Columns of equal length."""

    owner: list[int] = field(default_factory=list)
    at: list[Array] = field(default_factory=list)
    axis: list[Array] = field(default_factory=list)
    area_rho: list[float] = field(default_factory=list)
    scale_rad: list[float] = field(default_factory=list)
    shape: list[float] = field(default_factory=list)
    """Exponent of the lobe exp(-(alpha / scale)^shape): 1 pointed, 2 Gaussian, 4 a filled cone."""
    wide_share: list[float] = field(default_factory=list)
    wide_rad: list[float] = field(default_factory=list)
    carried: list[bool] = field(default_factory=list)

    def add(
        self, owner: int, at: Array, axis: Array, area_rho: float, scale_rad: float, shape: float,
        wide_share: float = 0.0, wide_rad: float = 0.1, *, carried: bool = False,
    ) -> None:  # fmt: skip
        """One point; area_rho: m2 times reflectance; the wide part is a filled cone."""
        self.owner.append(owner)
        self.at.append(at)
        self.axis.append(axis)
        self.area_rho.append(area_rho)
        self.scale_rad.append(scale_rad)
        self.shape.append(shape)
        self.wide_share.append(wide_share)
        self.wide_rad.append(wide_rad)
        self.carried.append(carried)

    def irradiance(self, at: Array, eye: Array, lamps: Array, power: Array) -> Array:
        """W/m2 at the eye of each point."""
        if not len(at) or not len(lamps):
            return np.zeros(len(at))
        way = eye - at
        far = np.linalg.norm(way, axis=1)
        to_lamp = lamps[None] - at[:, None]
        lamp_far = np.linalg.norm(to_lamp, axis=2)
        cross = np.linalg.norm(np.cross(to_lamp, way[:, None]), axis=2)
        alpha = cross / (lamp_far * far[:, None])
        scale, shape = np.array(self.scale_rad)[:, None], np.array(self.shape)[:, None]
        share, wide = np.array(self.wide_share)[:, None], np.array(self.wide_rad)[:, None]
        density = (1.0 - share) * lobe(alpha, scale, shape) + share * lobe(alpha, wide, np.full_like(wide, 4.0))
        facing = np.maximum((np.stack(self.axis) * way).sum(axis=1) / far, 0.0)
        entrance = facing**1.5 * np.clip((facing - 0.55) / 0.1, 0.0, 1.0)
        light = (power / lamp_far**2 * density).sum(axis=1)
        return np.asarray(light * np.array(self.area_rho) * entrance / far**2)


def lobe(alpha: Array, scale: Array, shape: Array) -> Array:
    """Density per steradian of exp(-(alpha / scale)^shape), its integral over small angles 1."""
    gamma = np.vectorize(math.gamma)(2.0 / shape)
    return np.asarray(np.exp(-((alpha / scale) ** shape)) * shape / (2.0 * math.pi * scale**2 * gamma))


@dataclass
class Faces:
    """Small flat mirrors, each with a von Mises-Fisher lobe about its mirror direction."""

    owner: list[int] = field(default_factory=list)
    at: list[Array] = field(default_factory=list)
    normal: list[Array] = field(default_factory=list)
    area_rho: list[float] = field(default_factory=list)
    kappa: list[float] = field(default_factory=list)

    def irradiance(self, eye: Array, lamps: Array, power: Array) -> Array:
        """W/m2 at the eye of each face."""
        if not self.at or not len(lamps):
            return np.zeros(len(self.at))
        at, normal, kappa = np.stack(self.at), np.stack(self.normal), np.array(self.kappa)[:, None]
        way = eye - at
        far = np.linalg.norm(way, axis=1)
        to_lamp = lamps[None] - at[:, None]
        lamp_far = np.linalg.norm(to_lamp, axis=2, keepdims=True)
        unit = to_lamp / lamp_far
        mirrored = 2.0 * (unit * normal[:, None]).sum(axis=2, keepdims=True) * normal[:, None] - unit
        cosine = (mirrored * (way / far[:, None])[:, None]).sum(axis=2)
        density = kappa / (2.0 * math.pi) * np.exp(kappa * (cosine - 1.0))
        light = (power / lamp_far[..., 0] ** 2 * density).sum(axis=1)
        return np.asarray(light * np.array(self.area_rho) / far**2)


@dataclass
class Balls:
    """Convex mirrors: the image of a lamp lies half a radius out of the centre along the bisector."""

    owner: list[int] = field(default_factory=list)
    centre: list[Array] = field(default_factory=list)
    radius_m: list[float] = field(default_factory=list)
    reflectance: list[float] = field(default_factory=list)
    carried: list[bool] = field(default_factory=list)

    def images(self, centre: Array, eye: Array, lamps: Array, power: Array) -> tuple[Array, Array, Owners]:
        """Places (n x 3), W/m2 at the eye and owners, one per ball and lamp."""
        if not len(centre) or not len(lamps):
            return np.zeros((0, 3)), np.zeros(0), np.zeros(0, int)
        radius = np.array(self.radius_m)[:, None]
        way, to_lamp = eye - centre[:, None], lamps[None] - centre[:, None]
        far, lamp_far = np.linalg.norm(way, axis=2), np.linalg.norm(to_lamp, axis=2)
        bisector = way / far[..., None] + to_lamp / lamp_far[..., None]
        bisector /= np.linalg.norm(bisector, axis=2, keepdims=True)
        at = centre[:, None] + 0.5 * radius[..., None] * bisector
        light = power * radius**2 / 4.0 * np.array(self.reflectance)[:, None] / (far * lamp_far) ** 2
        owner = np.repeat(np.array(self.owner), len(lamps))
        return at.reshape(-1, 3), light.ravel(), owner


@dataclass
class Panes:
    """Flat mirrors: a lamp shows at its mirror image where the line of sight passes the pane."""

    owner: list[int] = field(default_factory=list)
    centre: list[Array] = field(default_factory=list)
    normal: list[Array] = field(default_factory=list)
    half_m: list[float] = field(default_factory=list)
    reflectance: list[float] = field(default_factory=list)

    def images(self, eye: Array, lamps: Array, power: Array) -> tuple[Array, Array, Owners]:
        """Places (n x 3), W/m2 at the eye and owners of what is seen."""
        if not self.centre or not len(lamps):
            return np.zeros((0, 3)), np.zeros(0), np.zeros(0, int)
        centre, normal = np.stack(self.centre)[:, None], np.stack(self.normal)[:, None]
        height = ((lamps[None] - centre) * normal).sum(axis=2, keepdims=True)
        image = lamps[None] - 2.0 * height * normal
        way = image - eye
        along = ((centre - eye) * normal).sum(axis=2) / (way * normal).sum(axis=2)
        hit = eye + along[..., None] * way
        seen = (np.abs(hit - centre).max(axis=2) < np.array(self.half_m)[:, None]) & (height[..., 0] > 0.0)
        light = power * np.array(self.reflectance)[:, None] / (way**2).sum(axis=2)
        owner = np.broadcast_to(np.array(self.owner)[:, None], seen.shape)
        return image[seen], light[seen], np.asarray(owner[seen])


@dataclass
class Points:
    """Kernels of one clip: a Moffat point behind an aperture of `blades` blades, summed over the pixel."""

    width_px: float
    power: float
    blades: int
    turn_rad: float
    _bank: dict[int, Image] = field(default_factory=dict)

    def kernels(self, disc_px: float) -> Image:
        """PHASES x PHASES x k x k of sum 1 for a disc of confusion of this radius."""
        key = round(disc_px * 3.0)
        if key not in self._bank:
            self._bank[key] = self._make(key / 3.0)
        return self._bank[key]

    def effective_px(self, disc_px: float) -> float:
        """1 / sum of squared weights."""
        return float(1.0 / np.square(self.kernels(disc_px)[PHASES // 2, PHASES // 2]).sum())

    def _make(self, disc_px: float) -> Image:
        reach = math.ceil(3.0 + 3.5 * self.width_px + 1.1 * disc_px)
        side = (2 * reach + 1) * PHASES
        grid = (np.arange(side + PHASES) - (side + PHASES - 1) / 2.0) / PHASES
        x, y = np.meshgrid(grid, grid)
        point = (1.0 + (np.hypot(x, y) / self.width_px) ** 2) ** -self.power
        if disc_px > 0.3:
            turns = self.turn_rad + 2.0 * math.pi * np.arange(self.blades) / self.blades
            corners = disc_px * np.stack([np.cos(turns), np.sin(turns)], axis=1) * PHASES + (side + PHASES) / 2.0
            stop = np.zeros(x.shape, np.uint8)
            cv2.fillConvexPoly(stop, np.rint(corners * 16).astype(np.int32), 255, cv2.LINE_AA, 4)
            spectrum = np.fft.rfft2(point) * np.fft.rfft2(np.fft.ifftshift(stop.astype(float)))
            point = np.maximum(np.fft.irfft2(spectrum, s=point.shape), 0.0)
        bank = np.zeros((PHASES, PHASES, 2 * reach + 1, 2 * reach + 1), np.float32)
        for row in range(PHASES):
            for column in range(PHASES):
                part = point[PHASES - row :, PHASES - column :][:side, :side]
                sums = part.reshape(2 * reach + 1, PHASES, 2 * reach + 1, PHASES).sum(axis=(1, 3))
                bank[row, column] = sums / sums.sum()
        return bank


def lay(image: Image, x: Array, y: Array, electrons: Array, disc_px: Array, points: Points) -> None:
    """Add points to a frame; what reaches over the border is cut off. Positions are rounded to a quarter pixel."""
    height, width = image.shape
    for k in range(len(x)):
        bank = points.kernels(float(disc_px[k]))
        reach = bank.shape[-1] // 2
        # phase p of the bank is centred at p / PHASES - 1/2 of a pixel
        fx, fy = (float(v) * PHASES + PHASES / 2 for v in (x[k], y[k]))
        left, column = divmod(round(fx), PHASES)
        top, row = divmod(round(fy), PHASES)
        x0, y0 = left - reach, top - reach
        a, b = max(0, x0), max(0, y0)
        c, d = min(width, x0 + 2 * reach + 1), min(height, y0 + 2 * reach + 1)
        if a < c and b < d:
            image[b:d, a:c] += np.float32(electrons[k]) * bank[row, column, b - y0 : d - y0, a - x0 : c - x0]


@dataclass(frozen=True)
class Counter:
    """A sensor that counts: Poisson electrons, Gaussian reading, fixed offsets, hot pixels."""

    e_per_dn: float
    read_noise_e: float
    black_dn: float
    full_well_e: float
    pattern: Image
    """Electrons that each pixel has in the dark."""
    gain: Image

    def expose(self, electrons: Image, rng: np.random.Generator) -> npt.NDArray[np.uint16]:
        """Raw counts."""
        light = np.maximum(electrons * self.gain, 0.0)
        dim = light < 60.0
        counted = light + np.sqrt(light) * rng.standard_normal(light.shape, dtype=np.float32)
        counted[dim] = rng.poisson(light[dim])  # above 60 the normal law is within a hundredth of it
        counted = np.minimum(counted, self.full_well_e) + self.pattern
        counted += np.float32(self.read_noise_e) * rng.standard_normal(light.shape, dtype=np.float32)
        return np.asarray(np.clip(np.rint(counted / self.e_per_dn + self.black_dn), 0, 1023), np.uint16)


def draw_counter(rng: np.random.Generator, shape: tuple[int, int], e_per_dn: float, read_noise_e: float) -> Counter:
    """A sensor of the world: hot pixels of exponential strength, columns that differ, no spilling."""
    pattern = rng.normal(0.0, float(rng.uniform(0.1, 1.5)), (1, shape[1])) + np.zeros(shape)
    hot = rng.integers(0, pattern.size, int(rng.poisson(float(rng.uniform(5.0, 120.0)))))
    pattern.flat[hot] += rng.exponential(float(rng.uniform(20.0, 400.0)), hot.size) * e_per_dn
    gain = rng.normal(1.0, float(rng.uniform(0.002, 0.01)), shape)
    return Counter(
        e_per_dn, read_noise_e, 60.0, e_per_dn * 963.0 * float(rng.uniform(0.95, 1.5)), pattern.astype(np.float32),
        gain.astype(np.float32),
    )  # fmt: skip
