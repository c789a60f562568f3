"""The one small picture that may leave the lens scan.

Job: cut a confirmed candidate out of its on_axis frame as an 8-bit grey PNG of at most 64 pixels square. Input: the
clip and the detection; output: PNG bytes. Refuses anything that is not a lens candidate; the annotation stays in the
record beside it, nothing is drawn into the picture. The bound of crops per sweep is kept by the caller.
"""

from __future__ import annotations

import cv2
import numpy as np

from sweep.lens.clip.clips import Clip, ClipError, ClipReason, Frame
from sweep.lens.records import Detection
from sweep.phrases import Phrase
from sweep.report.crops import CROP_PX


class CropError(ValueError):
    """A crop that may not or cannot be made."""


def crop(clip: Clip, detection: Detection) -> bytes:
    """PNG of the surroundings of a lens candidate of a clip, as `crop_frame` makes it.

    Raises `CropError` for a detection that is no lens candidate or does not belong to the clip.
    """
    if detection.clip != clip.name or not 0 <= detection.frame < len(clip.meta.phases):
        raise CropError(Phrase("detection_of_another_clip"))
    _check(detection)
    return crop_frame(clip.frame(detection.frame), clip.meta.black_level, detection)


def crop_frame(frame: Frame, black_level: float, detection: Detection) -> bytes:
    """PNG of the surroundings of a lens candidate, at most 64 x 64, dark level black and brightest pixel white.

    `frame`: the on_axis frame it lies in, H x W, raw. Raises `CropError` for a detection that is no lens candidate.
    """
    _check(detection)
    height, width = frame.shape
    side = min(CROP_PX, height, width)
    left = min(max(0, round(detection.x) - side // 2), width - side)
    top = min(max(0, round(detection.y) - side // 2), height - side)
    cut = frame[top : top + side, left : left + side].astype(np.float32) - np.float32(black_level)
    bright = max(1.0, float(cut.max()))
    image = np.clip(255.0 * np.sqrt(np.maximum(cut, 0.0) / bright), 0, 255).astype(np.uint8)
    good, coded = cv2.imencode(".png", image)
    if not good:
        raise ClipError(ClipReason.FRAMES_UNREADABLE, Phrase("crop_not_encoded"))
    return coded.tobytes()


def _check(detection: Detection) -> None:
    if detection.verdict != "lens_candidate":
        raise CropError(Phrase("crop_not_a_lens_candidate"))
