"""Arrays, poses and rotations that all parts of the scene renderers share.

Job: say where a camera is at an instant. Input: geometry in metres in the frame of the last on_axis exposure (x right,
y down, z away); output: rotations and camera coordinates. Refuses to know optics: `sim.scene.imaging` does.
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
class Pose:
    """Where the camera is at one instant, with respect to the last on_axis exposure."""

    rotation: Array
    """3 x 3, world to camera."""
    position: Array
    """Metres, in the world."""


def rotation_matrix(angles: Array) -> Array:
    """Rotation by the vector `angles` (radians), Rodrigues' formula."""
    angle = float(np.linalg.norm(angles))
    if angle < 1e-12:
        return np.eye(3)
    x, y, z = angles / angle
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.asarray(np.eye(3) + math.sin(angle) * cross + (1.0 - math.cos(angle)) * cross @ cross)


def facing(position: Array, target: Array) -> Array:
    """World to camera, y kept down, looking from `position` at `target`."""
    z = (target - position) / np.linalg.norm(target - position)
    x = np.cross([0.0, 1.0, 0.0], z)
    x /= np.linalg.norm(x)
    return np.stack([x, np.cross(z, x), z])
