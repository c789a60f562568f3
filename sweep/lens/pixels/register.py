"""Registration of hand-held frames: where each frame of a clip lies with respect to another.

Job: estimate the sub-pixel affine motion between two lit frames and, on top of it, a smooth local displacement that
takes up parallax; interpolate the motion to frames that cannot be registered themselves. Input: float32 images in
electrons; output: 2 x 3 affine matrices that map pixel coordinates (origin top left, centres at integers) of the
reference to the moved frame. Refuses what it cannot explain: a fit with too little texture or too large a residual
comes back with `ok` false and a reason, never as a guess.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from sweep.lens.pixels.fit import fit_motion, light_ratio

Image: TypeAlias = npt.NDArray[np.float32]
Affine: TypeAlias = npt.NDArray[np.float64]

COARSE_PX = 160
"""Coarse search runs on an image about this wide: 30 px of motion between triples at half size become 7."""
FINE_PX = 364
"""Fine fit runs on an image about this wide; its error there is a few hundredths of a pixel (measured, rendered)."""
SELECTED = 4000
"""Pixels with the most texture that take part in the fine fit."""
FLOW_CELL = 4
"""Pixels of the fine image per cell of the local displacement."""
FLOW_WINDOWS = (9,)
"""Cells that share one displacement, by pass. A second pass with 7 changed no recall (53 rendered clips)."""
MIN_CORRELATION = 0.25
"""Guessed: below it the two frames show no common scene; noise-limited walls pass through `flat` instead."""
MAX_SHIFT_SHARE = 0.4
"""A motion beyond this share of the frame between two triples leaves too little overlap to judge."""


class RegistrationFault(StrEnum):
    """Why two frames could not be registered."""

    NONE = "none"
    NO_COMMON_SCENE = "no_common_scene"
    TOO_FAST = "too_fast"


@dataclass(frozen=True)
class Registration:
    """Motion from a reference frame to another frame."""

    matrix: Affine
    """2 x 3, maps reference pixel coordinates to the other frame's."""
    correlation: float
    """Correlation of the normalised images after the fit, -1..1."""
    is_flat: bool
    """The reference shows too little texture to tell; the motion is then only as good as its start."""
    fault: RegistrationFault

    @property
    def ok(self) -> bool:
        """The fit explains the frame, or there was nothing to explain."""
        return self.fault is RegistrationFault.NONE


@dataclass(frozen=True)
class Motion:
    """Affine motion and the smooth displacement on top of it, from one frame to another."""

    matrix: Affine
    flow: npt.NDArray[np.float32] | None
    """H' x W' x 2 cells, pixels of the frame; None where only the affine motion is known."""


@dataclass(frozen=True)
class Moved:
    """A frame prepared for registration with a reference."""

    coarse: Image
    fine: Image
    is_flat: bool
    """Too little texture to register by."""
    shape: tuple[int, int]
    """(H, W) of the frame."""


@dataclass(frozen=True)
class Template(Moved):
    """A reference frame prepared once for many registrations."""

    grad_x: Image
    grad_y: Image
    jacobian: npt.NDArray[np.float32]
    """Rows of the selected pixels, 6 columns."""
    selected: npt.NDArray[np.intp]
    """Flat indices into `fine`."""


def normalise(electrons: Image, noise_e: float, width: int) -> Image:
    """Shrink to about `width`, stabilise the noise and take out slow shading, so that lamp level and vignetting
    drop out. Unit: about one standard deviation of the unshrunk noise. Bright glints are compressed.
    """
    step = max(1, round(electrons.shape[1] / width))
    size = (electrons.shape[1] // step, electrons.shape[0] // step)
    small = cv2.resize(electrons, size, interpolation=cv2.INTER_AREA) if step > 1 else electrons
    stable = np.maximum(small, np.float32(0.0))
    stable += np.float32(noise_e**2)
    cv2.sqrt(stable, stable)
    smooth = cv2.GaussianBlur(stable, (0, 0), 0.8)
    flat = np.asarray(cv2.addWeighted(smooth, 2.0, cv2.blur(smooth, (25, 25)), -2.0, 0.0), np.float32)
    limit = np.float32(4.0 * _spread(flat) + 1e-6)
    return np.clip(flat, -limit, limit, out=flat)


def prepare(electrons: Image, noise_e: float) -> Template:
    """Prepare a lit frame as reference. `electrons`: H x W, black level out; `noise_e`: read noise."""
    frame = prepare_moved(electrons, noise_e)
    fine = frame.fine
    grad_x = np.asarray(cv2.Sobel(fine, cv2.CV_32F, 1, 0, scale=0.125), np.float32)
    grad_y = np.asarray(cv2.Sobel(fine, cv2.CV_32F, 0, 1, scale=0.125), np.float32)
    energy = cv2.add(cv2.multiply(grad_x, grad_x), cv2.multiply(grad_y, grad_y))
    border = 4
    energy[:border] = energy[-border:] = 0.0
    energy[:, :border] = energy[:, -border:] = 0.0
    flat_energy = energy.ravel()
    selected = _with_most(flat_energy)
    height, width = fine.shape
    ys, xs = np.divmod(selected, width)
    u = ((xs - width / 2) / width).astype(np.float32)
    v = ((ys - height / 2) / width).astype(np.float32)
    gx, gy = grad_x.ravel()[selected], grad_y.ravel()[selected]
    jacobian = np.stack([gx, gx * u, gx * v, gy, gy * u, gy * v]).astype(np.float32).T  # columns lie together
    return Template(frame.coarse, fine, frame.is_flat, frame.shape, grad_x, grad_y, jacobian, selected)


def prepare_moved(electrons: Image, noise_e: float) -> Moved:
    """Prepare a lit frame that is only compared with a reference."""
    fine = normalise(electrons, noise_e, FINE_PX)
    shrink = max(1, round(fine.shape[1] / COARSE_PX))
    size = (fine.shape[1] // shrink, fine.shape[0] // shrink)
    coarse = np.asarray(cv2.resize(fine, size, interpolation=cv2.INTER_AREA), np.float32)
    return Moved(coarse, fine, _texture_share(fine) < 0.15, (electrons.shape[0], electrons.shape[1]))


def register(template: Template, moved: Moved, start: Affine | None = None) -> Registration:
    """Motion from `template` to `moved`, both prepared from frames of one size.

    `start` (2 x 3, full-size pixels) replaces the coarse search when the motion is about known.
    """
    step = template.shape[1] / template.fine.shape[1]
    if start is None:
        matrix = identity()
        matrix[:, 2] = _coarse_shift(template, moved)
    else:
        matrix = start.copy()
    small, correlation = fit_motion(
        template.fine, moved.fine, template.selected, template.jacobian, _scaled(matrix, 1.0 / step)
    )
    matrix = _scaled(small, step)
    if correlation < MIN_CORRELATION and template.is_flat:
        matrix = identity() if start is None else start.copy()
    return Registration(matrix, correlation, template.is_flat, _fault(template, matrix, correlation))


def local_flow(template: Template, moved: Moved, motion: Affine) -> npt.NDArray[np.float32]:
    """Smooth residual displacement (H' x W' x 2 cells, full-size pixels) of `moved` after `motion`.

    Where there is no texture the displacement goes to zero. It takes up the parallax of objects at other distances.
    """
    step = template.shape[1] / template.fine.shape[1]
    small = _scaled(motion, 1.0 / step)
    rows, columns = template.fine.shape
    size = (max(4, columns // FLOW_CELL), max(4, rows // FLOW_CELL))
    gx, gy = template.grad_x, template.grad_y
    xx, xy, yy = (_cells(product, size) for product in (gx * gx, gx * gy, gy * gy))
    flow = np.zeros((size[1], size[0], 2), np.float32)
    for window in FLOW_WINDOWS:
        warped = _warp_flow(moved.fine, small, flow)
        residual = warped * np.float32(light_ratio(template.fine, warped)) - template.fine
        residual[warped == 0.0] = 0.0
        limit = np.float32(3.0 * _spread(residual) + 1e-6)
        np.clip(residual, -limit, limit, out=residual)
        box = (window, window)
        sxx, sxy, syy = cv2.blur(xx, box), cv2.blur(xy, box), cv2.blur(yy, box)
        bx, by = (cv2.blur(_cells(g * residual, size), box) for g in (gx, gy))
        ridge = np.float32(0.5 * float(np.mean(sxx + syy)) + 1e-3)
        sxx, syy = sxx + ridge, syy + ridge
        det = sxx * syy - sxy * sxy
        flow[..., 0] -= (syy * bx - sxy * by) / det
        flow[..., 1] -= (sxx * by - sxy * bx) / det
        np.clip(flow, -4.0, 4.0, out=flow)
    flow = cv2.blur(flow, (3, 3)) * np.float32(step)
    return np.asarray(flow, np.float32)


def _cells(image: Image, size: tuple[int, int]) -> Image:
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.float32)


def interpolate(before: Affine, after: Affine, share: float) -> Affine:
    """Motion at `share` (0..1, or a little outside) of the way between two motions; linear in the small angles."""
    return before + (after - before) * share


def compose(outer: Affine, inner: Affine) -> Affine:
    """Motion that applies `inner` first, then `outer`."""
    result = outer[:, :2] @ inner
    result[:, 2] += outer[:, 2]
    return result


def invert(motion: Affine) -> Affine:
    """The way back."""
    (a, b, x), (c, d, y) = motion.tolist()
    scale = 1.0 / (a * d - b * c)
    e, f, g, h = d * scale, -b * scale, -c * scale, a * scale
    return np.array([[e, f, -(e * x + f * y)], [g, h, -(g * x + h * y)]])


def identity() -> Affine:
    """No motion."""
    return np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


def apply(motion: Affine, x: float, y: float) -> tuple[float, float]:
    """Where pixel (x, y) of the reference lies in the moved frame."""
    px = motion @ np.array([x, y, 1.0])
    return float(px[0]), float(px[1])


def _scaled(matrix: Affine, factor: float) -> Affine:
    """The same motion in pixels that are 1/factor as large; shrinking by areas moves centres by half a pixel."""
    result = matrix.copy()
    shift = 0.5 * (factor - 1.0)
    centre = np.array([shift, shift])
    result[:, 2] = matrix[:, 2] * factor + centre - matrix[:, :2] @ centre
    return result


def _with_most(energy: npt.NDArray[np.number]) -> npt.NDArray[np.intp]:
    """Indices of about the `SELECTED` largest, at most a third of them; every eighth tells where they begin."""
    wanted = max(1, min(SELECTED, energy.size // 3))
    sample = energy[::8]
    place = sample.size - max(1, wanted // 8)
    selected = np.flatnonzero(energy >= np.partition(sample, place)[place])
    return selected[:: max(1, selected.size // wanted)]  # a frame without texture has all alike


def _warp_flow(image: Image, small: Affine, flow: npt.NDArray[np.float32]) -> Image:
    """`image` read through the motion plus the coarse flow."""
    height, width = image.shape
    shift_x = np.asarray(cv2.resize(flow[..., 0], (width, height), interpolation=cv2.INTER_LINEAR))
    shift_y = np.asarray(cv2.resize(flow[..., 1], (width, height), interpolation=cv2.INTER_LINEAR))
    line = np.arange(width, dtype=np.float32)[None, :]
    column = np.arange(height, dtype=np.float32)[:, None]
    shift_x += np.float32(small[0, 0]) * line + (np.float32(small[0, 1]) * column + np.float32(small[0, 2]))
    shift_y += np.float32(small[1, 0]) * line + (np.float32(small[1, 1]) * column + np.float32(small[1, 2]))
    return np.asarray(cv2.remap(image, shift_x, shift_y, cv2.INTER_LINEAR), np.float32)


def _coarse_shift(template: Moved, moved: Moved) -> npt.NDArray[np.float64]:
    """Whole translation in full-size pixels by phase correlation of the coarse images."""
    height, width = template.coarse.shape
    window = cv2.createHanningWindow((width, height), cv2.CV_32F)
    (dx, dy), _ = cv2.phaseCorrelate(template.coarse, moved.coarse, window)
    step = template.shape[1] / width
    return np.array([dx * step, dy * step])


def _fault(template: Template, matrix: Affine, correlation: float) -> RegistrationFault:
    height, width = template.shape
    centre = np.array([width / 2, height / 2])
    shift = matrix[:, :2] @ centre + matrix[:, 2] - centre
    if abs(shift[0]) > MAX_SHIFT_SHARE * width or abs(shift[1]) > MAX_SHIFT_SHARE * height:
        return RegistrationFault.TOO_FAST
    if correlation < MIN_CORRELATION and not template.is_flat:
        return RegistrationFault.NO_COMMON_SCENE
    return RegistrationFault.NONE


def middle(values: npt.NDArray[np.float32]) -> float:
    """Upper median of a line of values, without the checks that make `np.median` slow on short ones."""
    return float(np.partition(values, values.size // 2)[values.size // 2])


def _spread(values: Image) -> float:
    """Robust standard deviation from a sample."""
    sample = values.ravel()[:: max(1, values.size // 3_000)]
    return 1.4826 * middle(np.abs(sample - np.float32(middle(sample))))


def _texture_share(fine: Image) -> float:
    """Share of variance that neighbours four pixels away have in common, in the direction that has less of it: 0 for
    noise and for the stripes of a sensor, towards 1 for texture.
    """
    a, b = fine[:, :-4].ravel(), fine[:, 4:].ravel()
    c, d = fine[:-4].ravel(), fine[4:].ravel()
    power = float(np.vdot(fine, fine)) / max(1, fine.size)
    if power <= 0 or not a.size or not c.size:
        return 0.0
    horizontal = float(np.vdot(a, b)) / a.size
    vertical = float(np.vdot(c, d)) / c.size
    return 2.0 * min(horizontal, vertical) / power
