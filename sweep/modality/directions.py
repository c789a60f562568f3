"""Which directions a camera saw from a position: a small record that a measurement carries to whoever knows the room.

Input is a map of directions, output is the same as text that a journal can keep.  Directions count from where the
position began: yaw to the right, pitch upwards.  It knows no walls.
"""

from __future__ import annotations

from typing import Annotated, Final

import numpy as np
import numpy.typing as npt
from pydantic import Field, StringConstraints

from sweep.report.base import Finite, Record

STEP_DEG: Final = 6.0
"""At 1 m a direction is 10 cm of wall."""
REACH_DEG: Final = 120.0
CELLS: Final = round(2.0 * REACH_DEG / STEP_DEG)
DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
NOTHING: Final = "."
Cells = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z.]+$", min_length=CELLS**2, max_length=CELLS**2)]


class SeenDirections(Record):
    """What was seen, by pitch (lowest first) and yaw (leftmost first), CELLS x CELLS characters, row by row."""

    farthest: Cells
    """Step of RANGES_M (0-9, A-V) up to which the reference lens would have shown in enough triples; `.`: nowhere."""
    triples: Cells
    """How many triples showed something there, 35 at most; `.`: none."""
    reference_e: Annotated[Finite, Field(ge=0)]
    """Electrons that the reference lens returns from 1 m in an on_axis frame."""
    is_anchored: bool
    """Whether the map begins where the position began, and not where the way to there was lost."""
    on_axis_offset_m: Annotated[Finite, Field(gt=0)] | None = None
    """Distance of the lamps from the camera that this was seen with; None: recorded before that was told."""

    def farthest_steps(self) -> npt.NDArray[np.int16]:
        """CELLS x CELLS steps, -1 for nowhere."""
        return _numbers(self.farthest)

    def triple_counts(self) -> npt.NDArray[np.int16]:
        """CELLS x CELLS counts."""
        return np.maximum(_numbers(self.triples), 0)


def to_cells(numbers: npt.NDArray[np.integer]) -> str:
    """Characters of whole numbers, those below 0 as nothing, those above 35 as 35."""
    return "".join(DIGITS[min(int(n), len(DIGITS) - 1)] if n >= 0 else NOTHING for n in numbers.ravel())


def _numbers(cells: str) -> npt.NDArray[np.int16]:
    return np.array([DIGITS.find(character) for character in cells], np.int16).reshape(CELLS, CELLS)
