"""Focal length, principal point and distortion from pictures of a flat board.

Job: find the corners of a chessboard or the centres of a grid of circles in each picture and fit a pinhole with
distortion to them (Zhang 2000). Input: frames of one board in many poses; output: `GeometryFit`. Refuses fewer than
`LEAST_VIEWS` pictures in which the board is found, a board that was always held alike, and a fit that is not sharp.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from sweep.lens.calibration import CalibrationError, GeometryFit
from sweep.lens.clip.clips import Frame
from sweep.phrases import Phrase

LEAST_VIEWS = 6
MAX_RMS_PX = 1.0
"""Guessed: worse than this the corners were not found where they are."""
LEAST_TILT_DEG = 10.0
"""Derived: boards all parallel to the sensor leave focal length and distance undetermined."""

Pattern = Literal["chessboard", "circles", "asymmetric_circles"]
Points = npt.NDArray[np.float32]


def fit_geometry(
    frames: Sequence[Frame], black_level_dn: float, *, pattern: Pattern, columns: int, rows: int, pitch_m: float
) -> GeometryFit:
    """Fit the camera to a board of `columns` x `rows` inner corners or circles, `pitch_m` apart. CalibrationError."""
    board = _board(pattern, columns, rows, pitch_m)
    found = [points for frame in frames if (points := _find(frame, black_level_dn, pattern, columns, rows)) is not None]
    if len(found) < LEAST_VIEWS:
        raise CalibrationError(
            Phrase("board_found_too_rarely", found=len(found), frames=len(frames), needed=LEAST_VIEWS)
        )
    height, width = frames[0].shape
    start = np.array([[width, 0, width / 2], [0, width, height / 2], [0, 0, 1]], np.float64)
    flags = cv2.CALIB_FIX_K3 | cv2.CALIB_USE_INTRINSIC_GUESS | cv2.CALIB_FIX_ASPECT_RATIO
    rms, matrix, distortion, turns, _ = cv2.calibrateCamera(
        [board] * len(found), found, (width, height), start, np.zeros(5), flags=flags
    )
    if not np.isfinite(rms) or rms > MAX_RMS_PX:
        raise CalibrationError(Phrase("board_fit_poor", off_px=rms))
    tilts = [float(np.degrees(np.arccos(np.clip(cv2.Rodrigues(turn)[0][2, 2], -1.0, 1.0)))) for turn in turns]
    if max(tilts) < LEAST_TILT_DEG:
        raise CalibrationError(Phrase("board_not_tilted"))
    k1, k2, p1, p2 = (float(v) for v in np.ravel(distortion)[:4])
    return GeometryFit(
        focal_px=round(float(matrix[0, 0]), 3),
        centre_x_px=round(float(matrix[0, 2]), 3),
        centre_y_px=round(float(matrix[1, 2]), 3),
        k1=round(k1, 6), k2=round(k2, 6), p1=round(p1, 6), p2=round(p2, 6),
        rms_px=round(float(rms), 4),
        views=len(found),
    )  # fmt: skip


def _board(pattern: Pattern, columns: int, rows: int, pitch_m: float) -> Points:
    """Points of the board in its own plane, metres, n x 3."""
    if pattern == "asymmetric_circles":
        places = [((2 * i + j % 2) * pitch_m, j * pitch_m, 0.0) for j in range(rows) for i in range(columns)]
    else:
        places = [(i * pitch_m, j * pitch_m, 0.0) for j in range(rows) for i in range(columns)]
    return np.array(places, np.float32)


def _find(frame: Frame, black_level_dn: float, pattern: Pattern, columns: int, rows: int) -> Points | None:
    """The board's points in a frame, n x 2, None when it is not all there."""
    light = np.maximum(frame.astype(np.float32) - np.float32(black_level_dn), 0.0)
    white = max(1.0, float(np.percentile(light, 99.0)))
    image = np.asarray(np.clip(255.0 * light / white, 0, 255), np.uint8)
    size = (columns, rows)
    if pattern == "chessboard":
        is_there, points = cv2.findChessboardCornersSB(image, size, flags=cv2.CALIB_CB_NORMALIZE_IMAGE)
    elif pattern == "circles":
        is_there, points = cv2.findCirclesGrid(image, size, flags=cv2.CALIB_CB_SYMMETRIC_GRID)
    else:
        is_there, points = cv2.findCirclesGrid(image, size, flags=cv2.CALIB_CB_ASYMMETRIC_GRID)
    if not is_there or points is None:
        return None
    places = np.asarray(points, np.float32).reshape(-1, 2)
    return _refined(image, places, columns) if pattern == "chessboard" else places


def _refined(image: npt.NDArray[np.uint8], corners: Points, columns: int) -> Points:
    """Corners to a few hundredths of a pixel; the finder alone is good to 0.2 px (measured on ray-traced boards)."""
    grid = corners.reshape(-1, columns, 2)
    spacing = min(float(np.linalg.norm(np.diff(grid, axis=axis), axis=2).min()) for axis in (0, 1))
    reach = max(2, int(0.25 * spacing))
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 50, 1e-4)
    fine = cv2.cornerSubPix(image, corners.reshape(-1, 1, 2).copy(), (reach, reach), (-1, -1), stop)
    return np.asarray(fine, np.float32).reshape(-1, 2)
