"""The eye of the scene renderer: projection with distortion, a coarse ray grid, point spread and far halo.

Job: say where a point of the world falls on the sensor and lay its light down with sub-pixel accuracy, many points at
once. Input: camera coordinates in metres (x right, y down, z away), electrons per point; output: float32 images.
Refuses nothing: points behind the camera or off the frame simply leave no light.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from sweep.sim.scene.camera import Array, Flags, Image, Pose

CELLS_ACROSS = 45.5
"""Cells of the coarse grid across the frame: 16 px at half size; planes and lamp light are smooth at that scale."""
OVERSAMPLING, OVERSAMPLING_WIDE = 5, 3
"""Sub-pixel phases of a kernel, narrow and wide, odd so that it has a middle; positions between two phases are
interpolated, so the centroid stays exact."""
WIDE_PX = 3.0
DISC_STEP_PX = 0.2
"""Discs of confusion below 2 px are rounded to this radius, so that few kernels serve a clip."""


@dataclass(frozen=True)
class View:
    """True intrinsics of one clip; the recorded ones are nominal."""

    width: int
    height: int
    focal_px: float
    centre_x: float
    centre_y: float
    distortion: float
    """First radial coefficient, on tan(angle)."""
    pixel_pitch_m: float
    focal_m: float
    f_number: float
    focus_m: float
    core_sigma_px: float
    corner_falloff: float
    """Exponent of cos(angle): 4 is the natural one, more is a lens that vignettes."""
    electrons_per_w_m2: float
    """Electrons of one exposure per W/m^2 at the entrance pupil."""

    @property
    def cell_px(self) -> int:
        """Side of a cell of the coarse grid."""
        return max(4, round(self.width / CELLS_ACROSS))

    def project(self, points: Array) -> Array:
        """Pixels (n x 2) of camera coordinates (n x 3); points behind the camera land far outside."""
        z = np.where(points[:, 2] > 1e-4, points[:, 2], 1e-4)
        plane = np.clip(points[:, :2] / z[:, None], -4.0, 4.0)
        bent = 1.0 + self.distortion * np.minimum((plane**2).sum(axis=1), 1.0)
        pixels = plane * (self.focal_px * bent)[:, None] + np.array([self.centre_x, self.centre_y])
        return np.asarray(np.where((points[:, 2] > 1e-4)[:, None], pixels, -1e6))

    def rays(self, xs: Array, ys: Array) -> Array:
        """Directions at depth 1 (... x 3) of pixels."""
        bent_x, bent_y = (xs - self.centre_x) / self.focal_px, (ys - self.centre_y) / self.focal_px
        x, y = bent_x, bent_y
        for _ in range(5):
            bent = 1.0 + self.distortion * np.minimum(x * x + y * y, 1.0)
            x, y = bent_x / bent, bent_y / bent
        return np.stack([x, y, np.ones_like(x)], axis=-1)

    def grid(self) -> Array:
        """Rays (rows x columns x 3) of the coarse grid, one cell wider than the frame on each side.

        Sample k lies where `cv2.resize` puts it: at pixel (k - 1) cell + (cell - 1) / 2.
        """
        cell = self.cell_px
        columns, rows = math.ceil(self.width / cell) + 2, math.ceil(self.height / cell) + 2
        xs = (np.arange(columns) - 1.0) * cell + (cell - 1) / 2.0
        ys = (np.arange(rows) - 1.0) * cell + (cell - 1) / 2.0
        return self.rays(*np.meshgrid(xs, ys))

    def disc_px(self, range_m: Array) -> Array:
        """Radius of the disc of confusion at each distance."""
        away = np.maximum(np.abs(range_m), 0.04)
        diameter_m = self.focal_m**2 / self.f_number * np.abs(1.0 / self.focus_m - 1.0 / away)
        return np.asarray(0.5 * diameter_m / self.pixel_pitch_m)

    def falloff(self, directions: Array) -> Array:
        """Share of light that reaches the sensor off the axis, for camera directions (... x 3) of any length."""
        cosine = directions[..., 2] / np.linalg.norm(directions, axis=-1)
        return np.asarray(np.maximum(cosine, 0.0) ** self.corner_falloff)


@dataclass(frozen=True, slots=True)
class Placed:
    """Points of light on the sensor."""

    x_px: Array
    y_px: Array
    electrons: Array
    disc_px: Array
    soften_px: Array

    @staticmethod
    def joined(parts: Sequence[Placed]) -> Placed:
        """All points of `parts` in one."""
        if not parts:
            none = np.zeros(0)
            return Placed(none, none, none, none, none)
        return Placed(
            np.concatenate([p.x_px for p in parts]),
            np.concatenate([p.y_px for p in parts]),
            np.concatenate([p.electrons for p in parts]),
            np.concatenate([p.disc_px for p in parts]),
            np.concatenate([p.soften_px for p in parts]),
        )

    def only(self, keep: Flags) -> Placed:
        """The points where `keep` holds."""
        return Placed(self.x_px[keep], self.y_px[keep], self.electrons[keep], self.disc_px[keep], self.soften_px[keep])


@dataclass
class PointSpread:
    """Kernels of one clip: disc of confusion, core and an optional shape of the lens, integrated over the pixel."""

    core_sigma_px: float
    stretch: float = 1.0
    """Axis ratio of the core: 1 is round, more is wider along x by that factor."""
    turn_rad: float = 0.0
    coma_px: float = 0.0
    """Length of a one-sided tail along the turn; 0 for a clean lens."""
    ring: float = 0.0
    """Weight of a first diffraction-like ring at 2.6 core widths."""
    hollow: float = 0.0
    """Darker middle of the disc of confusion (spherical aberration), 0 to 1."""
    _bank: dict[tuple[int, int], Image] = field(default_factory=dict)

    def bank(self, disc_px: float, soften_px: float) -> Image:
        """Kernels (phases x phases x k x k), each of sum 1, of a disc and a softening that `rounded` gave."""
        key = (round(disc_px * 1000), round(soften_px * 1000))
        if key not in self._bank:
            self._bank[key] = self._make(disc_px, soften_px)
        return self._bank[key]

    def effective_px(self, disc_px: float) -> float:
        """Pixels over which noise counts for a matched filter: 1 / sum of squared weights."""
        disc = float(rounded(np.array([disc_px]))[0])
        return float(1.0 / np.square(self.bank(disc, 0.0)[0, 0]).sum())

    def _make(self, disc_px: float, soften_px: float) -> Image:
        sigma = math.hypot(self.core_sigma_px, soften_px)
        over = OVERSAMPLING if sigma + disc_px < WIDE_PX else OVERSAMPLING_WIDE
        core, core_reach = self._core(sigma, over)
        if disc_px < 0.05:
            return _phases(core, core_reach, over)
        reach = core_reach + math.ceil(disc_px)
        away = np.hypot(*_fine_grid(reach, over))
        disc = np.clip((disc_px - away) * over + 0.5, 0.0, 1.0)
        disc *= 1.0 - self.hollow * np.clip(1.0 - away / disc_px, 0.0, 1.0)
        # filter2D correlates: the core is turned to make it a convolution
        turned = np.ascontiguousarray(core[::-1, ::-1])
        whole = cv2.filter2D(disc.astype(np.float32), -1, turned, borderType=cv2.BORDER_CONSTANT)
        return _phases(np.asarray(whole, np.float32), reach, over)

    def _core(self, sigma: float, over: int) -> tuple[Image, int]:
        """The point spread in focus, oversampled, its centroid in the middle; and its reach in pixels."""
        reach = math.ceil(3.5 * sigma * max(self.stretch, 1.0 / self.stretch) + 1.6 * self.coma_px + 1.0)
        xs, ys = _fine_grid(reach, over)
        along = xs * math.cos(self.turn_rad) + ys * math.sin(self.turn_rad)
        across = ys * math.cos(self.turn_rad) - xs * math.sin(self.turn_rad)
        core = np.exp(-0.5 * ((along / (sigma * self.stretch)) ** 2 + (across * self.stretch / sigma) ** 2))
        if self.ring > 0.0:
            core += self.ring * np.exp(-0.5 * ((np.hypot(xs, ys) - 2.6 * sigma) / (0.5 * sigma)) ** 2)
        if self.coma_px > 0.0:
            width = 0.7 * sigma + 0.3 * np.maximum(along, 0.0)
            tail = np.exp(-np.maximum(along, 0.0) / self.coma_px - 0.5 * (across / width) ** 2)
            core += 0.25 * np.where(along > 0.0, tail, 0.0)
        # the centroid of a coma tail is not where the point is; the truth means the centroid, so it is moved there
        total = float(core.sum())
        move = np.array([[1, 0, -float((core * xs).sum()) / total * over],
                         [0, 1, -float((core * ys).sum()) / total * over]])  # fmt: skip
        moved = cv2.warpAffine(core.astype(np.float32), move, core.shape[::-1], flags=cv2.INTER_LINEAR)
        return np.asarray(moved / moved.sum(), np.float32), reach


def rounded(width_px: Array) -> Array:
    """Discs and softenings to the few sizes that kernels are made for: steps of 0.2 px, above 2 px of 12 per cent.

    Only the width is rounded, never the place or the light.
    """
    fine = np.rint(width_px / DISC_STEP_PX) * DISC_STEP_PX
    coarse = 2.0 * 1.12 ** np.rint(np.log(np.maximum(width_px, 1e-6) / 2.0) / math.log(1.12))
    return np.asarray(np.where(width_px < 2.0, fine, coarse))


def _fine_grid(reach: int, over: int) -> tuple[Array, Array]:
    """Oversampled pixel coordinates around a point, one pixel wider than `reach`."""
    size = (2 * reach + 3) * over
    at = (np.arange(size) - (size - 1) / 2.0) / over
    xs, ys = np.meshgrid(at, at)
    return xs, ys


def _phases(whole: Image, reach: int, over: int) -> Image:
    """Pixel sums of an oversampled kernel for each sub-pixel phase, normalised."""
    side = 2 * reach + 1
    result = np.zeros((over + 1, over + 1, side, side), dtype=np.float32)
    for row in range(over + 1):
        for column in range(over + 1):
            # a shift of the point by one fine step moves the pixels back by one
            part = whole[over - row :][: side * over, over - column :][:, : side * over]
            sums = part.reshape(side, over, side, over).sum(axis=(1, 3))
            result[row, column] = sums / sums.sum()
    return result


def splat(image: Image, points: Placed, spread: PointSpread, margin: int) -> None:
    """Add points of light to `image`, a frame with `margin` px around it on every side.

    Pixel (0, 0) of the frame is at [margin, margin] of `image`; positions are pixels of the frame.
    """
    if points.x_px.size == 0:
        return
    rows, columns = image.shape
    flat = image.reshape(-1)
    most = 0.6 * margin
    kinds = rounded(np.minimum(np.stack([points.disc_px, points.soften_px], axis=1), most))
    for kind in np.unique(kinds, axis=0):
        bank = spread.bank(float(kind[0]), float(kind[1]))
        reach = bank.shape[-1] // 2
        x0, y0 = np.floor(points.x_px), np.floor(points.y_px)
        left, top = x0 + margin - reach, y0 + margin - reach
        good = np.all(kinds == kind, axis=1) & (left >= 0) & (top >= 0)
        good &= (left + 2 * reach < columns) & (top + 2 * reach < rows)
        if not good.any():
            continue
        over = bank.shape[0] - 1
        fx, fy = (points.x_px - x0)[good] * over, (points.y_px - y0)[good] * over
        ix, iy = fx.astype(np.intp), fy.astype(np.intp)
        wx, wy = (fx - ix)[:, None, None], (fy - iy)[:, None, None]
        upper = bank[iy, ix] * (1 - wx) + bank[iy, ix + 1] * wx
        lower = bank[iy + 1, ix] * (1 - wx) + bank[iy + 1, ix + 1] * wx
        light = (upper * (1 - wy) + lower * wy) * points.electrons[good][:, None, None]
        side = np.arange(2 * reach + 1)
        where = (top[good].astype(np.intp)[:, None, None] + side[:, None]) * columns
        where = where + left[good].astype(np.intp)[:, None, None] + side
        np.add.at(flat, where.ravel(), light.astype(np.float32).ravel())


@dataclass(frozen=True, slots=True)
class Halo:
    """Light that a lens and a cover glass scatter far from a bright point: a sum of wide Gaussians and a veil."""

    shares: tuple[float, ...]
    sigmas_px: tuple[float, ...]
    veil_share: float

    def spread(self, points: Placed, rows: int, columns: int, margin: int, factor: int) -> Image:
        """Scattered light of bright points, laid out as `splat` does; drawn `factor` times coarser."""
        down, along = rows // factor + 2, columns // factor + 2
        x = (points.x_px + margin + 0.5) / factor - 0.5
        y = (points.y_px + margin + 0.5) / factor - 0.5
        i, j = np.floor(x).astype(np.intp), np.floor(y).astype(np.intp)
        keep = (i >= 0) & (j >= 0) & (i < along - 1) & (j < down - 1)
        fx, fy, light = x - i, y - j, points.electrons / factor**2
        small = np.zeros(down * along, np.float32)
        for dx, dy in ((0, 0), (1, 0), (0, 1), (1, 1)):
            weight = np.abs(1 - dx - fx) * np.abs(1 - dy - fy) * light
            np.add.at(small, ((j + dy) * along + i + dx)[keep], weight[keep].astype(np.float32))
        whole = self._blurred(small.reshape(down, along), factor)
        big = cv2.resize(whole, (along * factor, down * factor), interpolation=cv2.INTER_LINEAR)
        return np.asarray(big[:rows, :columns], np.float32)

    def _blurred(self, small: Image, factor: int) -> Image:
        total = np.full_like(small, float(small.mean()) * self.veil_share)
        for share, sigma in zip(self.shares, self.sigmas_px, strict=True):
            narrow, deeper = small, factor
            while sigma / deeper > 8.0 and min(narrow.shape) > 16:
                half = (narrow.shape[1] // 2, narrow.shape[0] // 2)
                narrow, deeper = (
                    np.asarray(cv2.resize(narrow, half, interpolation=cv2.INTER_AREA), np.float32),
                    deeper * 2,
                )
            # laying out and enlarging by linear weights already blurs by 0.58 coarse pixels
            sigma_coarse = math.sqrt(max(0.25, (sigma / deeper) ** 2 - 0.34))
            wide = cv2.GaussianBlur(narrow, (0, 0), sigma_coarse, borderType=cv2.BORDER_CONSTANT)
            total = total + np.float32(share) * cv2.resize(wide, small.shape[::-1], interpolation=cv2.INTER_LINEAR)
        return total


def into_camera(points: Array, pose: Pose) -> Array:
    """Camera coordinates (n x 3) of world points."""
    return np.asarray((points - pose.position) @ pose.rotation.T)


def ghosts(points: Placed, view: View, paths: Sequence[tuple[float, float, float]], floor_e: float) -> Placed:
    """Flare ghosts of bright points: each path (scale about the axis, share, disc radius px) gives one."""
    parts = []
    for scale, share, disc in paths:
        light = points.electrons * share
        keep = light > floor_e
        if keep.any():
            x = view.centre_x + scale * (points.x_px[keep] - view.centre_x)
            y = view.centre_y + scale * (points.y_px[keep] - view.centre_y)
            size = np.full(x.shape, disc)
            parts.append(Placed(x, y, light[keep], size, np.zeros(x.shape)))
    return Placed.joined(parts)


def smeared(image: Image, smear: Array) -> Image:
    """Blur along the path of the exposure."""
    reach = math.ceil(float(np.abs(smear).max()) / 2.0) + 1
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    for step in np.linspace(-0.5, 0.5, 4 * reach + 1):
        x, y = smear[0] * step + reach, smear[1] * step + reach
        i, j = int(x), int(y)
        fx, fy = x - i, y - j
        kernel[j : j + 2, i : i + 2] += np.outer([1 - fy, fy], [1 - fx, fx])[
            : kernel.shape[0] - j, : kernel.shape[1] - i
        ]
    return np.asarray(cv2.filter2D(image, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE), np.float32)
