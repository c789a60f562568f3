"""A camera that sees the probe's lamp, or a walker: picture sizes of a real encoder, chosen by what it saw so far.

Input is the level of the lamp at each picture; output is the octets of that picture.  The table of encoded pictures
was made under chips of its own; a chip that begins now gets the pictures of one of the table with the same level, the
same three levels before it and the nearest place in the group of pictures.  Without a lamp it is always
dark.  In a row where somebody walked by chips the level is whether somebody walks.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from tests.simulators.air_encoded import load_rows
from tests.simulators.encode_pictures import CHIP_S, LIT_FROM_S, SETTINGS, WALK_CHIP_S, draw_chips

History = tuple[int, int, int, int]


class LitCamera:
    """One camera; ask it for each picture in turn."""

    def __init__(self, row: str, seed: int) -> None:
        """`row` of the table; ValueError where a chip is no whole number of pictures."""
        setting = SETTINGS[row]
        chip_s = WALK_CHIP_S if setting.is_commanded_walk else CHIP_S
        if abs(setting.hz * chip_s - round(setting.hz * chip_s)) > 1e-6:
            raise ValueError(f"{row} takes no whole number of pictures a chip")
        self.hz = setting.hz
        self._group = setting.group
        self._octets = load_rows()[row]
        self._per_chip = round(chip_s * self.hz)
        self._rng = np.random.default_rng(seed)
        chips = draw_chips(row, setting.seconds, chip_s)
        self._begins: dict[History, list[int]] = defaultdict(list)
        first = round(LIT_FROM_S * self.hz)
        for number in range(3, len(chips)):
            begin = first + number * self._per_chip
            if begin + self._per_chip <= len(self._octets):
                a, b, c, d = (int(chip) for chip in chips[number - 3 : number + 1])
                self._begins[a, b, c, d].append(begin)
        self._history: History = (0, 0, 0, 0)
        self._pictures = int(self._rng.integers(self._group))
        self._at = self._left = 0

    def next_picture(self, level: int) -> int:
        """Octets of the picture that was taken with the lamp at `level`."""
        if self._left == 0 or level != self._history[-1]:
            self._history = (*self._history[1:], level)
            place = self._pictures % self._group
            begins = np.array(self._begins[self._history])
            apart = np.abs(begins % self._group - place)
            near = np.flatnonzero(apart == np.minimum(apart, self._group - apart).min())
            self._at = int(begins[self._rng.choice(near if near.size else np.arange(len(begins)))])
            self._left = self._per_chip
        octets = int(self._octets[self._at])
        self._at, self._left, self._pictures = self._at + 1, self._left - 1, self._pictures + 1
        return octets
