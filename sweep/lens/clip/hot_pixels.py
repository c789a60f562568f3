"""Pixels of the sensor that shine by themselves.

Job: find them in the first dark frames and put the median of their neighbours in their place. Input: raw frames;
output: repaired frames in electrons. Refuses to call a light source hot: that is wider than one pixel.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from sweep.lens.clip.clips import ClipMeta, Frame
from sweep.lens.pixels.register import Image, middle

HOT_FRAMES = 6
"""Dark frames that vote."""
HOT_SIGMA = 8.0
RING = np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1]], np.uint8)
"""The eight neighbours of a pixel."""
BESIDE = ((-1, 0), (1, 0), (0, -1), (0, 1))


class HotPixels:
    """What the dark frames of one camera say."""

    def __init__(self, meta: ClipMeta) -> None:
        self._meta = meta
        self._votes = np.zeros((meta.height, meta.width), np.uint8)
        self._frames = 0
        self._set(np.zeros(0, np.intp), np.zeros(0, np.intp))

    def __len__(self) -> int:
        return int(self._places[0].size)

    @property
    def is_settled(self) -> bool:
        """Enough dark frames have voted."""
        return self._frames >= HOT_FRAMES

    def add(self, dark: Frame) -> None:
        """Let one dark frame vote; those beyond `HOT_FRAMES` have no vote."""
        if self.is_settled:
            return
        image = dark.astype(np.float32)
        # each pixel minus the largest of its neighbours: a point of light keeps little of it
        lone = np.asarray(image - cv2.dilate(image, RING, borderType=cv2.BORDER_REPLICATE), np.float32)
        usual = middle(np.abs(lone[::8, ::8]).ravel())
        spread = 1.4826 * usual + self._meta.read_noise_e / self._meta.e_per_dn + 0.3
        self._votes += lone > HOT_SIGMA * spread
        self._frames += 1
        needed = max(1, self._frames // 2 + (self._frames > 1))
        self._set(*np.nonzero(self._votes >= needed))

    def repair(self, image: Image) -> None:
        """Replace them in a frame, in place."""
        if len(self):
            around = np.sort(image.ravel()[self._beside], axis=0)
            image[self._places] = 0.5 * (around[1] + around[2])  # the median of four

    def _set(self, ys: npt.NDArray[np.intp], xs: npt.NDArray[np.intp]) -> None:
        height, width = self._meta.height, self._meta.width
        self._places = ys, xs
        beside = [np.clip(ys + j, 0, height - 1) * width + np.clip(xs + i, 0, width - 1) for j, i in BESIDE]
        self._beside = np.stack(beside)
        """Flat indices of the four neighbours, 4 x N, held inside the frame."""
