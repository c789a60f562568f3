"""Which directions were seen, and up to which distance a reference lens there would have shown.

Job: for each triple compute, cell by cell of the frame, the distances at which the reference lens of `optics.toml`
would have reached the floor, by the radiometric model and the noise that the frames really had, and lay that on a map
of yaw and pitch that the registered motion moves along. Input: on_axis and dark frames in electrons and the shift;
output: solid angle by distance. Refuses to credit what was saturated, what was blurred away, and a direction that was
seen in fewer than `LEAST_TRIPLES` triples, for the detector needs as many.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from sweep.lens.clip.clips import ClipMeta
from sweep.lens.follow.coverage import expected_flux_e
from sweep.lens.optics import Optics
from sweep.lens.pixels.register import Image
from sweep.modality.directions import CELLS, STEP_DEG, SeenDirections, to_cells

LEAST_TRIPLES = 3
COLUMNS, ROWS = 24, 18
"""Cells of the frame; 30 px at half size."""
MAP_STEP_DEG = 2.0
"""Derived: a cell of the frame spans 2 degrees."""
MAP_REACH_DEG = 120.0
"""The map reaches this far to each side of where it began; a hand that turns farther begins a new position."""
POINT_SIGMA_PX = 0.9
"""As the detector's: defocus, pixel area and diffraction at half size."""
RANGES_M = tuple(0.2 * 1.1**k for k in range(32))
"""0.2 to 3.8 m."""
KEPT_FOR_M = 1.0
"""Of maps that nobody can lay on each other the one that shows more at this distance is kept (derived: a stall's wall).
"""
MAX_SATURATED = 0.1
"""Share of a cell's pixels that may be saturated."""


@dataclass(frozen=True)
class TripleView:
    """What one triple showed: per cell of the frame the nearest and farthest distance, 0 and 0 for none."""

    nearest_m: npt.NDArray[np.float32]
    """ROWS x COLUMNS."""
    farthest_m: npt.NDArray[np.float32]

    def seen_share(self, range_m: float) -> float:
        """Share of the frame in which the reference lens would have shown at that distance."""
        return float(((self.nearest_m <= range_m) & (self.farthest_m >= range_m)).mean())


def view_of(
    optics: Optics, meta: ClipMeta, on_axis: Image, dark: Image, saturated: npt.NDArray[np.uint8], blur_px: float
) -> TripleView:
    """Distances at which the reference lens reaches the floor in one on_axis frame.

    `on_axis`, `dark`: electrons, H x W; `saturated`: 255 where the pixel stood at saturation; `blur_px`: motion
    during the exposure, which spreads the point along a line.
    """
    scale = max(0.5, meta.scale)
    sigma_px = POINT_SIGMA_PX * scale**0.5
    pixels = 4.0 * math.pi * sigma_px**2 * math.hypot(1.0, blur_px / (2.0 * math.sqrt(math.pi) * sigma_px))
    light = _cells(np.maximum(on_axis, 0.0) + np.maximum(dark, 0.0))
    # a texture as fine as a point is noise to the detector too: what a point filter cannot even out
    fine = on_axis - cv2.GaussianBlur(on_axis, (0, 0), 1.6 * sigma_px)
    clutter = _cells(np.minimum(fine * fine, np.float32(25.0) * (np.maximum(on_axis, 0.0) + meta.read_noise_e**2)))
    step_e2 = meta.e_per_dn**2 / 6.0
    variance = pixels * np.maximum(light + 2.0 * meta.read_noise_e**2 + step_e2, clutter)
    flux = np.array([expected_flux_e(optics, meta, r) for r in RANGES_M], np.float32)[:, None, None]
    shows = flux / np.sqrt(variance[None] + flux) >= optics.snr_floor
    shows &= (_cells(saturated.astype(np.float32)) <= 255.0 * MAX_SATURATED)[None]
    ranges = np.asarray(RANGES_M, np.float32)[:, None, None]
    nearest = np.where(shows, ranges, np.inf).min(axis=0)
    farthest = np.where(shows, ranges, 0.0).max(axis=0)
    return TripleView(np.where(np.isfinite(nearest), nearest, 0.0).astype(np.float32), farthest.astype(np.float32))


@dataclass(frozen=True, eq=False)
class DirectionMap:
    """A map of directions, pitch x yaw, of MAP_STEP_DEG each."""

    farthest_m: npt.NDArray[np.float32]
    triples: npt.NDArray[np.int16]
    is_anchored: bool
    """Whether it begins where the position began."""

    def directions(self, reference_e: float, on_axis_offset_m: float | None) -> SeenDirections:
        """The same, coarser, as a measurement carries it; a direction counts by the middle one of its parts."""
        farthest, triples = (_coarse(part) for part in (self.farthest_m, self.triples))
        steps = np.searchsorted(np.asarray(RANGES_M, np.float32), farthest * np.float32(1.001), side="right") - 1
        return SeenDirections(
            farthest=to_cells(steps),
            triples=to_cells(np.where(triples > 0, triples, -1).astype(np.int16)),
            reference_e=round(reference_e, 3),
            is_anchored=self.is_anchored,
            on_axis_offset_m=on_axis_offset_m,
        )


def _coarse(fine: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    factor = round(STEP_DEG / MAP_STEP_DEG)
    blocks = fine.reshape(CELLS, factor, CELLS, factor).swapaxes(1, 2).reshape(CELLS, CELLS, factor * factor)
    return np.asarray(np.median(blocks, axis=2), np.float32)


class ViewMap:
    """Map of directions; `add` each triple with how the view turned since the last one."""

    def __init__(self, meta: ClipMeta) -> None:
        self._focal_px = meta.focal_px
        cells = round(2.0 * MAP_REACH_DEG / MAP_STEP_DEG)
        self._best = np.zeros((LEAST_TRIPLES, cells, cells), np.float32)
        """Farthest distances of the best triples in each direction, best first; rows are pitch, columns yaw."""
        self._near = np.full((cells, cells), np.inf, np.float32)
        self._counts = np.zeros((cells, cells), np.int16)
        """Triples that showed something, by direction."""
        self._earlier: DirectionMap | None = None
        """The one of the earlier maps that saw most at KEPT_FOR_M."""
        self.yaw_deg = 0.0
        self.pitch_deg = 0.0
        self.triples = 0
        self.lost = 0
        """Triples after which nobody knows where the camera points; the map then begins anew around it."""
        self._before_sr = np.zeros(len(RANGES_M))
        """Largest solid angle of an earlier map, by distance."""
        width, height = meta.width, meta.height
        xs = (np.arange(COLUMNS) + 0.5) * width / COLUMNS - meta.principal_point[0]
        ys = (np.arange(ROWS) + 0.5) * height / ROWS - meta.principal_point[1]
        self._yaw = np.degrees(np.arctan2(xs, self._focal_px))[None, :].repeat(ROWS, 0)
        self._pitch = np.degrees(np.arctan2(-ys, self._focal_px))[:, None].repeat(COLUMNS, 1)

    def turn(self, dx_px: float, dy_px: float) -> None:
        """The view moved: what lay in the middle now lies `dx_px`, `dy_px` away, so the camera turned the other way."""
        self.yaw_deg -= math.degrees(math.atan2(dx_px, self._focal_px))
        self.pitch_deg += math.degrees(math.atan2(dy_px, self._focal_px))

    def lose(self) -> None:
        """Nobody knows how the view moved: a new map begins. The larger of both counts, never their sum, for they may
        show the same directions.
        """
        self._before_sr = np.array([self.solid_angle_sr(range_m) for range_m in RANGES_M])
        self._earlier = self.widest()
        self._best[:] = 0.0
        self._near[:] = np.inf
        self._counts[:] = 0
        self.yaw_deg = self.pitch_deg = 0.0
        self.lost += 1

    def widest(self) -> DirectionMap:
        """The present map or the earlier one, whichever saw more at KEPT_FOR_M; nobody can lay them on each other."""
        now = DirectionMap(self.farthest_m(), self._counts.copy(), self.lost == 0)
        earlier = self._earlier
        if earlier is None or (now.farthest_m >= KEPT_FOR_M).sum() > (earlier.farthest_m >= KEPT_FOR_M).sum():
            return now
        return earlier

    def add(self, view: TripleView) -> None:
        """Credit one triple at the present direction."""
        self.triples += 1
        cells = self._near.shape[0]
        columns = np.floor((self._yaw + self.yaw_deg + MAP_REACH_DEG) / MAP_STEP_DEG).astype(int)
        rows = np.floor((self._pitch + self.pitch_deg + MAP_REACH_DEG) / MAP_STEP_DEG).astype(int)
        inside = (columns >= 0) & (columns < cells) & (rows >= 0) & (rows < cells) & (view.farthest_m > 0)
        here = np.zeros((cells, cells), np.float32)
        # several cells of the frame may fall into one of the map: the worst of them counts
        here[rows[inside], columns[inside]] = np.inf
        np.minimum.at(here, (rows[inside], columns[inside]), view.farthest_m[inside])
        self._counts += here > 0
        np.minimum.at(self._near, (rows[inside], columns[inside]), view.nearest_m[inside])
        stack = np.concatenate([self._best, here[None]])
        self._best = -np.sort(-stack, axis=0)[:LEAST_TRIPLES]

    def solid_angle_sr(self, range_m: float) -> float:
        """Solid angle in which the reference lens would have shown at that distance in at least three triples."""
        seen = (self._best[-1] >= range_m) & (self._near <= range_m)
        pitch = (np.arange(seen.shape[0]) + 0.5) * MAP_STEP_DEG - MAP_REACH_DEG
        each = math.radians(MAP_STEP_DEG) ** 2 * np.maximum(np.cos(np.radians(pitch)), 0.0)
        now = float((seen * each[:, None]).sum())
        return max(now, float(np.interp(range_m, RANGES_M, self._before_sr)))

    def angles_deg(self) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Pitch and yaw of the middle of each direction of the map, as `farthest_m` has them."""
        middles = (np.arange(self._near.shape[0], dtype=np.float32) + np.float32(0.5)) * np.float32(MAP_STEP_DEG)
        middles -= np.float32(MAP_REACH_DEG)
        return np.asarray(middles[:, None]), np.asarray(middles[None, :])

    def farthest_m(self) -> npt.NDArray[np.float32]:
        """Farthest credited distance by direction (pitch x yaw, 0 for none): what a display draws."""
        return np.asarray(self._best[-1].copy(), np.float32)


def _cells(image: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.asarray(cv2.resize(image, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA), np.float32)
