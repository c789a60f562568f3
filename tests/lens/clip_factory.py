"""Clips that no probe recorded: photographs dressed up as triples, and plain frames."""

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from sweep.lens.clips import ClipMeta, Frame, LampGroup, Phase, write_clip

PHASES: tuple[Phase, ...] = ("A", "B", "C") * 5


def meta_for(shape: tuple[int, int], phases: tuple[Phase, ...] = PHASES, name: str = "clip") -> ClipMeta:
    """Nominal calibration for frames of `shape` (height, width)."""
    height, width = shape
    return ClipMeta(
        clip=name, width=width, height=height, bits=10, black_level=60, e_per_dn=4.0, read_noise_e=3.0,
        saturation_dn=1023, fps=60.0, exposure_s=1e-3, phases=phases, focal_px=869.6 * width / 728.0,
        principal_point=(width / 2, height / 2), f_number=2.8, focus_m=0.8,
        led={"A": LampGroup(offset_m=0.008, layout="ring8", intensity_w_sr=1.0),
             "B": LampGroup(offset_m=0.07, layout="two clusters, +-x", intensity_w_sr=1.0)},
        wavelength_nm=850,
    )  # fmt: skip


def write_frames(folder: Path, frames: list[Frame], phases: tuple[Phase, ...] = PHASES) -> Path:
    """Write frames as a clip of the name of `folder`."""
    height, width = frames[0].shape
    write_clip(folder, frames, meta_for((height, width), phases, folder.name), "npz")
    return folder


def made_up_photograph(seed: int, shape: tuple[int, int] = (272, 364)) -> npt.NDArray[np.float32]:
    """Something with the statistics of a photograph: texture at all scales, edges, a few highlights; 0..255."""
    rng = np.random.default_rng(seed)
    height, width = shape
    image = np.full(shape, 110.0, np.float32)
    for cells in (3, 8, 20, 60, 150):
        coarse = rng.normal(0, 60.0 / cells**0.5, (cells, cells)).astype(np.float32)
        image += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    for _ in range(12):
        x, y = int(rng.integers(0, width)), int(rng.integers(0, height))
        side = int(rng.integers(10, 60))
        image[y : y + side, x : x + side] += float(rng.normal(0, 40))
    for _ in range(8):
        cv2.circle(image, (int(rng.integers(0, width)), int(rng.integers(0, height))), 2, 255.0, -1)
    return np.clip(image, 0, 255).astype(np.float32)


def as_frame(photograph: npt.NDArray[np.float32], rng: np.random.Generator, shift_px: float, noise: float) -> Frame:
    """A photograph (0..255) as a raw frame, moved a little and made noisy."""
    height, width = photograph.shape
    move = np.array([[1.0, 0.0, rng.normal(0, shift_px)], [0.0, 1.0, rng.normal(0, shift_px)]])
    moved = cv2.warpAffine(photograph, move, (width, height), borderMode=cv2.BORDER_REFLECT)
    raw = 60.0 + 3.6 * moved + rng.normal(0, noise, photograph.shape)
    return np.clip(np.rint(raw), 0, 1023).astype(np.uint16)
