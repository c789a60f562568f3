"""Makes `encoded_cameras.npz` and `encoded_bright.npz`: octets of each picture of cameras drawn at random, under more
and less light.

Usage: `python -m tests.simulators.encode_cameras [COUNT]`, ten seconds of one core for each; it needs PyAV as
`encode_pictures` does, whose rooms and encoders these are (the bright ones were made with 18.1.0).  Encoder, rate
control, rate, noise, exposure, the room and where the lamp's light falls are drawn for each camera.  Light is a share
of the *scene's* light, as luxmeters tell it, and luma its root of 2.2: 5 % more light make a picture 2 % brighter.
Rows of even numbers are for the curve of `sweep/wifi/stimulus/sensitivity.py`, rows of odd numbers for its figures.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from tests.simulators.encode_pictures import CAPPED, CHIP_S, LIT_FROM_S, X265, fill
from tests.simulators.encode_rooms import Setting

Rng = np.random.Generator

CAMERAS_TABLE: Final = Path(__file__).with_name("encoded_cameras.npz")
CAMERA_LEVELS: Final = (0.05, 0.0, 0.10, 0.20)
"""Shares of light in turn."""
CAMERA_CHIPS: Final = 203
"""Of each level: two minutes, and as much as a late answer may take."""
BRIGHT_TABLE: Final = Path(__file__).with_name("encoded_bright.npz")
BRIGHT: Final = 0.40
"""What the lamp adds to half of what a camera in a stall may see (`hardware/optics`, views)."""
GAMMA: Final = 2.2
SECONDS: Final = LIT_FROM_S + len(CAMERA_LEVELS) * CAMERA_CHIPS * CHIP_S + 4.0
SIZES: Final = ((320, 180), (320, 240), (400, 224))
"""A quarter of the pixels of cheap cameras, as the rates are: what varies does so more in small pictures."""
MOST: Final = 50


def draw_setting(rng: Rng) -> Setting:
    """One camera of the population."""
    codec = str(rng.choice(["libx264", "libx265", "mjpeg", "mpeg4", "libvpx"], p=[0.5, 0.2, 0.16, 0.07, 0.07]))
    width, height = SIZES[int(rng.integers(len(SIZES)))]
    hz = int(rng.choice([8, 10, 12, 15, 15, 20]))
    kbps = int(width * height * hz * np.exp(rng.uniform(np.log(0.05), np.log(0.25))) / 1_000)
    options, kbps = draw_control(codec, kbps, rng)
    return Setting(
        codec, hz, int(hz * rng.choice([1, 2, 2, 4])), (width, height), options, kbps,
        noise=float(np.exp(rng.uniform(np.log(1.2), np.log(7.0)))),
        denoise=float(rng.choice([1.0, 1.0, 0.6, 0.35])),
        exposure_control=bool(rng.random() < 0.4), exposure_s=float(rng.uniform(0.5, 3.0)),
        walking=float(rng.choice([0.0, 0.0, 0.0, 0.3])),
        levels=CAMERA_LEVELS, level_chips=CAMERA_CHIPS, gamma=GAMMA, seconds=SECONDS,
        spot=(float(rng.uniform(0.2, 0.8)), float(rng.uniform(0.2, 0.8)), float(rng.uniform(0.3, 1.2))),
    )  # fmt: skip


def draw_control(codec: str, kbps: int, rng: Rng) -> tuple[dict[str, str], int]:
    """Options of the encoder, and its target or ceiling where it has one."""
    if codec == "mjpeg":
        step = str(int(rng.integers(3, 13)))
        return {"qmin": step, "qmax": step}, 0
    if codec == "mpeg4":
        return {}, kbps
    if codec == "libvpx":
        return {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}, kbps
    common = CAPPED if codec == "libx264" else X265
    buffer_s = f"{rng.uniform(0.3, 2.0):.2f}"
    quality = str(int(rng.integers(19, 28)))
    kinds = ["capped", "average", "quality", "filler", "refresh"]
    chances = [0.35, 0.3, 0.12, 0.18, 0.05] if codec == "libx264" else [0.45, 0.4, 0.15, 0.0, 0.0]
    match str(rng.choice(kinds, p=chances)):
        case "capped":
            return {**common, "crf": quality, "buffer_s": buffer_s}, kbps
        case "quality":
            return {**common, "crf": quality}, 0
        case "filler":
            return {**common, "nal-hrd": "cbr", "buffer_s": buffer_s}, kbps
        case "refresh":
            return {**common, "intra-refresh": "1"}, kbps
        case _:
            return {**common, "buffer_s": buffer_s}, kbps


CAMERAS: Final = {f"camera_{number:03d}": draw_setting(np.random.default_rng([91, number])) for number in range(MOST)}

BRIGHTS: Final = {
    name.replace("camera", "bright"): replace(
        setting, levels=(BRIGHT,), seconds=LIT_FROM_S + CAMERA_CHIPS * CHIP_S + 4.0
    )
    for name, setting in CAMERAS.items()
}
"""The same cameras in other rooms under other chips, two minutes of much light."""


def kind_of(name: str) -> str:
    """Encoder and rate control of a camera, in two words."""
    setting = (CAMERAS | BRIGHTS)[name]
    if setting.codec not in {"libx264", "libx265"}:
        return setting.codec
    control = "filler" if "nal-hrd" in setting.options else "refresh" if "intra-refresh" in setting.options else (
        "average" if "crf" not in setting.options else "capped" if setting.kbps else "quality"
    )  # fmt: skip
    return f"{setting.codec.removeprefix('lib')} {control}"


def main(count: int) -> None:
    for path, cameras in ((CAMERAS_TABLE, CAMERAS), (BRIGHT_TABLE, BRIGHTS)):
        done = set(np.load(path).files) if path.exists() else set()
        fill(path, [name for name in list(cameras)[:count] if name not in done], cameras)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else MOST)
