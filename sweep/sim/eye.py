"""The eye of a simulated inspector: answers looks in a simulated room, and overlooks as many cameras as eyes do.

Input is a look and where the camera really hides; output is an answer and the seconds that it took.  It knows the truth
so that an answer can be right or wrong; nothing else of the sweep does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from sweep.modality.eye_looks import AskedLook
from sweep.report import EyeAnswer

from .world import HiddenCamera

NEAR_M: Final = 0.4
"""A camera so near to the place is looked at: guessed, a little more than a hand can point."""
UNSURE_SHARE: Final = 0.05
"""Looks of which it cannot tell what is there: guessed."""
GLANCE_S: Final = (6.0, 10.0)
CLOSE_S: Final = (5.0, 7.0)
"""What looks take: guessed, within what the policy plans."""


@dataclass(slots=True)
class SimulatedEye:
    """One for a sweep; the same seed and looks give the same answers."""

    camera: HiddenCamera | None
    seed: int
    _rng: np.random.Generator = field(init=False)

    def __post_init__(self) -> None:
        self._rng = np.random.default_rng([self.seed, 0xE7E])

    def __call__(self, look: AskedLook, share: float) -> tuple[EyeAnswer, float]:
        """What it says who sees such a share of cameras there, and after how many seconds."""
        seconds = float(self._rng.uniform(*(CLOSE_S if look.is_close else GLANCE_S)))
        is_pointed = look.observation_id is not None or look.is_control
        sees, doubts = self._rng.random() < share, self._rng.random() < UNSURE_SHARE
        if self._is_there(look) and sees:
            return ("camera_like" if look.is_close or not is_pointed else "hole"), seconds
        if doubts:
            return "unsure", seconds
        return ("screw_or_reflection" if look.observation_id is not None else "nothing"), seconds

    def _is_there(self, look: AskedLook) -> bool:
        if self.camera is None or self.camera.zone_id != look.zone_id:
            return False
        apart_m = math.dist((look.x_m, look.y_m), (self.camera.x_m, self.camera.y_m))
        return (look.observation_id is None and not look.is_control) or apart_m <= max(NEAR_M, look.radius_m)
