"""The fine fit of registration: six numbers of motion from a few thousand pixels of a reference.

Job: Gauss and Newton, inverse compositional, with the ratio of the frames' light and weights against outliers fitted
along. Input: two prepared images, the pixels that take part and a start; output: the motion and how well it explains
the second image. By the compiled kernel, or with array operations. Refuses nothing: a fit that is lost is no motion
with the correlation that this has.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from sweep.lens.pixels.kernel import KERNEL, FitRules, Kernel

Image = npt.NDArray[np.float32]
Affine = npt.NDArray[np.float64]

ITERATIONS = 12
STEP_PX = 0.02
"""A fit that moves less than this (pixels of the image) has arrived."""
HUBER_K = 2.0
LEAST_INSIDE = 200
"""Guessed: fewer pixels in common say nothing."""
RULES = FitRules(ITERATIONS, LEAST_INSIDE, STEP_PX, HUBER_K)


def fit_motion(
    reference: Image,
    moved: Image,
    selected: npt.NDArray[np.intp],
    jacobian: npt.NDArray[np.float32],
    start: Affine,
    kernel: Kernel | None = KERNEL,
) -> tuple[Affine, float]:
    """Motion from `reference` to `moved` (H x W, prepared), 2 x 3 in their pixels, and their correlation after it.

    selected: flat indices of the N pixels that take part; jacobian: N x 6, change of each with shift, stretch, shear.
    """
    if kernel is None:
        return fit_plainly(reference, moved, selected, jacobian, start)
    return kernel.fit_motion((reference, moved), selected, jacobian, RULES, start)


def fit_plainly(
    reference: Image, moved: Image, selected: npt.NDArray[np.intp], jacobian: npt.NDArray[np.float32], start: Affine
) -> tuple[Affine, float]:
    """The same without the compiled kernel."""
    height, width = reference.shape
    target, small = reference.ravel()[selected], start.copy()
    ys, xs = (axis.astype(np.float32) for axis in np.divmod(selected, width))
    for _ in range(ITERATIONS if selected.size else 0):
        values = _read(moved, small, xs, ys)
        residual = values * light_ratio(target, values) - target
        sample = np.abs(residual[::4])
        scale = 1.4826 * float(np.partition(sample, sample.size // 2)[sample.size // 2]) + 1e-6
        weight = np.minimum(1.0, HUBER_K * scale / (np.abs(residual) + 1e-9)).astype(np.float32)
        weight[values == 0.0] = 0.0
        weighted = jacobian * weight[:, None]
        normal = weighted.T @ jacobian
        normal[np.diag_indices(6)] *= 1.0 + 1e-4
        normal[np.diag_indices(6)] += 1e-3
        delta = np.linalg.solve(normal.astype(np.float64), (weighted.T @ residual).astype(np.float64))
        small = _compose_inverse(small, delta, width, height)
        if not np.isfinite(small).all() or np.abs(small[:, 2]).max() > 2 * width:
            small = np.eye(2, 3)
            break
        if np.abs(delta).max() < STEP_PX:
            break
    return small, _correlation(target, _read(moved, small, xs, ys))


def light_ratio(target: npt.NDArray[np.float32], values: npt.NDArray[np.float32]) -> float:
    """How much stronger `target` is lit than `values`, held to a factor of two."""
    power = float(np.vdot(values, values))
    gain = float(np.vdot(target, values)) / power if power > 0 else 1.0
    return min(2.0, max(0.5, gain))


def _read(
    image: Image, small: Affine, xs: npt.NDArray[np.float32], ys: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """Values of `image` where the motion puts places of the reference; 0 outside."""
    if not xs.size:
        return np.zeros(0, np.float32)
    a = small.astype(np.float32)
    u, v = a[0, 0] * xs + (a[0, 1] * ys + a[0, 2]), a[1, 0] * xs + (a[1, 1] * ys + a[1, 2])
    return np.asarray(cv2.remap(image, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT), np.float32).ravel()


def _compose_inverse(small: Affine, delta: npt.NDArray[np.float64], width: int, height: int) -> Affine:
    """Inverse-compositional update: motion x inverse of the increment found in the reference's frame."""
    increment = np.eye(3)
    increment[:2, :2] += np.array([[delta[1], delta[2]], [delta[4], delta[5]]]) / width
    centre = np.array([width / 2, height / 2])
    increment[:2, 2] = np.array([delta[0], delta[3]]) + centre - increment[:2, :2] @ centre
    if not abs(np.linalg.det(increment)) >= 0.1:
        return small
    return np.asarray((np.vstack([small, [0.0, 0.0, 1.0]]) @ np.linalg.inv(increment))[:2])


def _correlation(a: npt.NDArray[np.float32], b: npt.NDArray[np.float32]) -> float:
    inside = b != 0.0
    if int(inside.sum()) < LEAST_INSIDE:
        return 0.0
    a, b = a[inside] - a[inside].mean(), b[inside] - b[inside].mean()
    norm = float(np.sqrt(np.vdot(a, a) * np.vdot(b, b)))
    return float(np.vdot(a, b)) / norm if norm > 0 else 0.0
