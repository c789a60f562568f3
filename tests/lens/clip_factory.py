"""Clips that no probe recorded: photographs dressed up as triples, and plain frames."""

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from sweep.lens.clip.clips import ClipMeta, ClipPhase, Frame, LampGroup, write_clip
from sweep.modality.strobe import Phase

PHASES: tuple[Phase, ...] = ("A", "B", "C") * 5


def meta_for(shape: tuple[int, int], phases: tuple[ClipPhase, ...] = PHASES, name: str = "clip") -> ClipMeta:
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


def strobed_frames(
    seed: int,
    shape: tuple[int, int] = (272, 364),
    *,
    phases: tuple[ClipPhase, ...] = PHASES,
    glint: tuple[float, float] | None = None,
    glint_e: float = 12_000.0,
    drift_px: tuple[float, float] = (1.2, 0.7),
    answers: tuple[ClipPhase, ...] = ("A",),
) -> list[Frame]:
    """A textured wall under strobed lamps, drifting `drift_px` a frame, with a point that answers some lamps only.

    `glint` is its place in the last on_axis frame.  No renderer is behind it: tests of what stands around the
    detector stay as they are when the renderer or the detector changes.
    """
    rng = np.random.default_rng([seed, 77])
    height, width = shape
    wall = cv2.resize(made_up_photograph(seed, (height * 3 // 2, width * 3 // 2)), (width * 3 // 2, height * 3 // 2))
    light = {"A": 1.0, "B": 0.9, "C": 0.03, "M": 0.8, "N": 0.6, "R": 0.5}
    last = max((i for i, p in enumerate(phases) if p == "A"), default=0)
    ys, xs = np.mgrid[0:height, 0:width]
    frames = []
    for index, phase in enumerate(phases):
        dx, dy = drift_px[0] * (last - index), drift_px[1] * (last - index)
        move = np.array([[1.0, 0.0, -width / 4 - dx], [0.0, 1.0, -height / 4 - dy]])
        seen = cv2.warpAffine(wall, move, (width, height), borderMode=cv2.BORDER_REFLECT)
        electrons = 3.0 * seen * light[phase]
        if glint is not None and phase in answers:
            spread = 1.1
            square = (xs - glint[0] + dx) ** 2 + (ys - glint[1] + dy) ** 2
            electrons = electrons + glint_e / (2 * np.pi * spread**2) * np.exp(-0.5 * square / spread**2)
        noisy = electrons + rng.normal(0.0, 1.0, shape) * np.sqrt(np.maximum(electrons, 0.0) + 9.0)
        frames.append(np.clip(np.rint(60.0 + noisy / 4.0), 0, 1023).astype(np.uint16))
    return frames
