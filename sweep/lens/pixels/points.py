"""Motion from the brightest points where a surface has no texture to go by.

Job: find the translation that brings most bright points of one frame onto those of the next, then refine it to a
similarity. Input: two lit frames in electrons; output: a 2 x 3 motion or None. Refuses a vote that is not clear.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from sweep.lens.pixels.register import Affine, Image

POINTS = 80
BIN_PX = 3.0
MAX_SHIFT_SHARE = 0.25
MIN_VOTES = 5
CLEAR_LEAD = 1.3
"""Guessed: the winning shift must hold so many times the votes of the next one elsewhere."""
INLIER_PX = 4.0


def motion_by_points(before: Image, after: Image) -> Affine | None:
    """Motion from `before` to `after` (H x W electrons), None when the points do not agree on one."""
    first, second = bright_points(before), bright_points(after)
    if min(len(first), len(second)) < MIN_VOTES:
        return None
    shift = _voted(first, second, before.shape[1] * MAX_SHIFT_SHARE)
    if shift is None:
        return None
    gap = first[:, None] + shift - second[None]
    distance = np.hypot(gap[..., 0], gap[..., 1])
    partner = distance.argmin(axis=1)
    inlier = distance[np.arange(len(first)), partner] < INLIER_PX
    if int(inlier.sum()) < MIN_VOTES:
        return None
    matrix, kept = cv2.estimateAffinePartial2D(
        first[inlier], second[partner[inlier]], method=cv2.RANSAC, ransacReprojThreshold=2.0, maxIters=200
    )
    if matrix is None or int(kept.sum()) < MIN_VOTES or abs(np.linalg.det(matrix[:, :2]) - 1.0) > 0.2:
        return np.array([[1.0, 0.0, shift[0]], [0.0, 1.0, shift[1]]])
    return np.asarray(matrix, np.float64)


def bright_points(frame: Image) -> npt.NDArray[np.float32]:
    """Strongest local maxima over their noise, at most `POINTS`: n x 2, pixels."""
    fine, coarse = cv2.GaussianBlur(frame, (0, 0), 1.2), cv2.GaussianBlur(frame, (0, 0), 3.0)
    ratio = (fine - coarse) / np.sqrt(np.maximum(coarse, np.float32(4.0)))
    top = cv2.dilate(ratio, np.ones((7, 7), np.uint8))
    mask = (ratio >= top) & (ratio > 1.2)
    mask[:4] = mask[-4:] = False
    mask[:, :4] = mask[:, -4:] = False
    ys, xs = np.nonzero(mask)
    best = np.argsort(-ratio[ys, xs], kind="stable")[:POINTS]
    return np.stack([xs[best], ys[best]], axis=1).astype(np.float32)


def _voted(
    first: npt.NDArray[np.float32], second: npt.NDArray[np.float32], limit_px: float
) -> npt.NDArray[np.float32] | None:
    shifts = (second[None] - first[:, None]).reshape(-1, 2)
    shifts = shifts[np.abs(shifts).max(axis=1) < limit_px]
    if not shifts.size:
        return None
    bins = max(3, int(2 * limit_px / BIN_PX))
    span = [[-limit_px, limit_px]] * 2
    votes, _, _ = np.histogram2d(shifts[:, 0], shifts[:, 1], bins=bins, range=span)
    smooth = cv2.blur(votes.astype(np.float32), (3, 3)) * np.float32(9.0)
    row, column = np.unravel_index(int(smooth.argmax()), smooth.shape)
    best = float(smooth[row, column])
    rest = smooth.copy()
    rest[max(0, row - 2) : row + 3, max(0, column - 2) : column + 3] = 0.0
    if best < MIN_VOTES or best < CLEAR_LEAD * float(rest.max()):
        return None
    centre = (np.array([row, column]) + 0.5) * (2 * limit_px / bins) - limit_px
    near = np.abs(shifts - centre).max(axis=1) < 2 * BIN_PX
    return np.asarray(np.median(shifts[near], axis=0), np.float32)
