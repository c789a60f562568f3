"""Full-size frames made half-size without losing what matters.

Job: sum 2 x 2 pixels and the numbers of the recording along with them. Input: frames and their meta; output: the same
at half size, in sums, so that no rounding is added. Refuses to hide saturation: a sum with a saturated pixel in it is
saturated.
"""

from __future__ import annotations

import numpy as np

from sweep.lens.clip.clips import ClipMeta, Frame


def binned(frame: Frame, saturation_dn: float) -> Frame:
    """2 x 2 sums of a full-size frame; a sum with a saturated pixel in it stands at four times the saturation."""
    height, width = frame.shape[0] // 2 * 2, frame.shape[1] // 2 * 2
    parts = frame[:height, :width].astype(np.uint32).reshape(height // 2, 2, width // 2, 2)
    total = parts.sum(axis=(1, 3))
    total[parts.max(axis=(1, 3)) >= saturation_dn] = round(4 * saturation_dn)
    return np.asarray(total, np.uint16)


def binned_meta(meta: ClipMeta) -> ClipMeta:
    """The numbers of frames that `binned` made."""
    centre = tuple((c + 0.5) / 2.0 - 0.5 for c in meta.principal_point)
    return meta.model_copy(
        update={
            "width": meta.width // 2,
            "height": meta.height // 2,
            "bits": meta.bits + 2,
            "black_level": 4.0 * meta.black_level,
            "saturation_dn": 4.0 * meta.saturation_dn,
            "read_noise_e": 2.0 * meta.read_noise_e,
            "focal_px": meta.focal_px / 2.0,
            "principal_point": centre,
        }
    )
