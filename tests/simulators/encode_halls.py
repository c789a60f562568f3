"""Makes `encoded_halls.npz`: octets of each picture of cameras in changing rooms, for the world that tests only.

Usage: `python -m tests.simulators.encode_halls`, some minutes of one core; it needs PyAV as `encode_pictures` does, and
shares nothing with it: other rooms (lockers, a curtain, lamps that flicker), other noise (of photons, of rows, a fixed
pattern), people who come and go, other encoders (MPEG-4, VP8 and VP9 beside x264, x265 and MJPEG), presets and rates.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.float32]

TABLE: Final = Path(__file__).with_name("encoded_halls.npz")
SECONDS: Final = 48.0


@dataclass(frozen=True, slots=True)
class Hall:
    """One camera in one room."""

    codec: str
    hz: float
    size: tuple[int, int]
    group: int
    kbps: int = 0
    """Average or ceiling; 0 for a fixed quality in `options`."""
    options: dict[str, str] = field(default_factory=dict)
    private: tuple[str, ...] = ()
    """Of x264 or x265."""
    photons: float = 1.0
    """Noise of photons: its variance over the brightness."""
    visits_per_min: float = 0.0
    """How often somebody comes in for some seconds."""
    curtain: float = 0.0
    """Pixels by which a curtain sways."""
    flicker: float = 0.0
    """Share by which lamps on the mains flicker against the shutter."""


FAST: Final = {"preset": "superfast", "bf": "0"}
HALLS: Final[dict[str, Hall]] = {
    "lockers_15hz": Hall("libx264", 15, (640, 480), 45, 700, FAST, ("rc-lookahead=0",), visits_per_min=6),
    "lockers_24hz_slices": Hall("libx264", 24, (848, 480), 48, 1_400, FAST, ("slices=4", "rc-lookahead=0"), curtain=2),
    "basins_20hz_hd": Hall("libx264", 20, (1280, 720), 80, 1_800, FAST, ("rc-lookahead=0",), visits_per_min=8),
    "basins_15hz_full_hd": Hall("libx264", 15, (1920, 1080), 30, 2_200, FAST, ("rc-lookahead=0",), photons=0.6),
    "stall_6hz": Hall("libx264", 6, (640, 480), 12, 0, {**FAST, "crf": "30"}, visits_per_min=10),
    "stall_20hz_thin": Hall("libx264", 20, (320, 240), 60, 130, FAST, ("rc-lookahead=0",), visits_per_min=6),
    "stall_12hz_thin": Hall("libx264", 12, (480, 270), 24, 170, FAST, ("rc-lookahead=0",), curtain=1.5),
    "smart_long_group": Hall("libx264", 15, (1280, 720), 150, 260, FAST, ("rc-lookahead=0",), visits_per_min=8),
    "two_b_pictures": Hall("libx264", 25, (640, 360), 50, 900, {"preset": "veryfast"}, ("bframes=2", "b-adapt=0")),
    "night_10hz": Hall("libx264", 10, (640, 480), 20, 900, FAST, ("rc-lookahead=0",), photons=6, flicker=0.01),
    "hall_30hz_fast": Hall("libx264", 30, (1280, 720), 60, 5_500, FAST, ("rc-lookahead=0",), photons=3, curtain=3),
    "refresh_24hz": Hall("libx264", 24, (640, 360), 48, 750, FAST, ("intra-refresh=1", "rc-lookahead=0"), flicker=0.02),
    "filler_25hz": Hall(
        "libx264", 25, (640, 360), 25, 1_100, FAST, ("nal-hrd=cbr", "rc-lookahead=0"), visits_per_min=6
    ),
    "hevc_18hz": Hall("libx265", 18, (640, 360), 36, 420, {"preset": "superfast"}, ("bframes=0",), visits_per_min=6),
    "hevc_30hz_hd": Hall("libx265", 30, (1280, 720), 90, 1_600, {"preset": "ultrafast"}, ("bframes=0",), photons=2),
    "mpeg4_12hz": Hall("mpeg4", 12, (352, 288), 24, 400, {}, (), curtain=1.5),
    "mpeg4_25hz": Hall("mpeg4", 25, (720, 576), 100, 1_500, {}, (), visits_per_min=6),
    "vp8_24hz_endless": Hall(
        "libvpx", 24, (640, 480), 9_999, 800, {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"},
        visits_per_min=6,
    ),
    "vp9_15hz": Hall(
        "libvpx-vp9", 15, (640, 360), 120, 350, {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"},
        curtain=1.0,
    ),
    "mjpeg_6hz_xga": Hall("mjpeg", 6, (1024, 768), 1, 0, {"qmin": "9", "qmax": "9"}, visits_per_min=10),
    "mjpeg_25hz_small": Hall("mjpeg", 25, (320, 240), 1, 0, {"qmin": "12", "qmax": "12"}, visits_per_min=6),
    "mjpeg_15hz_flicker": Hall("mjpeg", 15, (640, 480), 1, 0, {"qmin": "5", "qmax": "5"}, flicker=0.06, photons=3),
}  # fmt: skip


class Scene:
    """Lockers, a curtain and people, as a cheap sensor sees them."""

    def __init__(self, hall: Hall, seed: int) -> None:
        self.hall, self.rng = hall, np.random.default_rng(seed)
        width, height = hall.size
        y, x = np.mgrid[0:height, 0:width].astype(np.float32)
        source, shade = width / 11, self.rng.uniform(60, 170, 12).astype(np.float32)
        wall = shade[(x / source).astype(int)] * (0.75 + 0.25 * y / height)
        wall -= 35 * ((x % source < 2) | (y % (height / 3) < 2))
        wall += 12 * np.sin(x / 3.1) * (y > 0.8 * height)
        self.room: Picture = np.clip(wall, 8, 225).astype(np.float32)
        self.pattern: Picture = self.rng.normal(0, 0.8, (height, width)).astype(np.float32)
        self.grain: Picture = self.rng.normal(0, 1, (height + 97, width + 89)).astype(np.float32)
        self.folds: Picture = (90 + 40 * np.sin(np.arange(width // 3) / 4.7)).astype(np.float32)
        self.visits: list[tuple[float, float, float]] = []
        t_s = float(self.rng.exponential(60 / hall.visits_per_min)) if hall.visits_per_min else SECONDS
        while t_s < SECONDS:
            stays_s = float(self.rng.uniform(2, 9))
            self.visits.append((t_s, stays_s, float(self.rng.uniform(50, 200))))
            t_s += stays_s + float(self.rng.exponential(60 / hall.visits_per_min))

    def picture(self, t_s: float) -> NDArray[np.uint8]:
        hall, rng = self.hall, self.rng
        width, height = hall.size
        seen = self.room.copy()
        if hall.curtain:
            shift = round(hall.curtain * float(np.sin(2 * np.pi * t_s / 3.7)) + float(rng.normal(0, 0.2)))
            seen[:, width // 2 : width // 2 + len(self.folds)] = np.roll(self.folds, shift)
        for begun_s, stays_s, shade in self.visits:
            if begun_s <= t_s < begun_s + stays_s:
                way = (t_s - begun_s) / stays_s
                left = int((0.5 - 0.5 * np.cos(np.pi * min(3 * way, 1.0, 3 - 3 * way))) * width * 0.6)
                sway, broad = int(height / 60 * np.sin(6 * t_s)), width // 6
                body = shade + 25 * np.sin(np.arange(broad) / 5.0 + 3 * t_s)
                seen[height // 5 + sway :, left : left + broad] = body.astype(np.float32)
        if hall.flicker:
            rows = np.arange(height, dtype=np.float32) / height
            seen *= (1 + hall.flicker * np.sin(2 * np.pi * (t_s * 3.3 + 1.3 * rows)))[:, None]
        top, left = int(rng.integers(97)), int(rng.integers(89))
        grain = self.grain[top : top + height, left : left + width]
        seen += np.sqrt(hall.photons * seen * 0.05) * grain + self.pattern
        seen += rng.normal(0, 0.4, (height, 1)).astype(np.float32)  # noise of rows
        whole: NDArray[np.uint8] = np.clip(seen, 0, 255).astype(np.uint8)
        return whole


def open_encoder(hall: Hall) -> Any:
    context: Any = import_module("av").CodecContext.create(hall.codec, "w")
    context.width, context.height = hall.size
    context.pix_fmt = "yuvj420p" if hall.codec == "mjpeg" else "yuv420p"
    context.framerate = Fraction(hall.hz).limit_denominator(1001)
    context.time_base = 1 / context.framerate
    context.thread_count = 1
    options = dict(hall.options)
    if hall.codec != "mjpeg":
        context.gop_size = hall.group
    if hall.kbps:
        context.bit_rate = hall.kbps * 1000
        options |= {"maxrate": str(hall.kbps * 1000), "bufsize": str(hall.kbps * 2000)}
    if "nal-hrd=cbr" in hall.private:
        options |= {"minrate": options["maxrate"]}
    private = [*hall.private, f"keyint={hall.group}", "scenecut=0"]
    if hall.codec == "libx265":
        options["x265-params"] = ":".join([*private, "log-level=none", "pools=none", "frame-threads=1"])
    elif hall.codec == "libx264":
        options["x264-params"] = ":".join(private)
    context.options = options
    return context


def encode_hall(hall: Hall, seed: int) -> NDArray[np.uint32]:
    """Octets of each picture, in the order in which the encoder gives them away."""
    make_frame: Any = import_module("av").VideoFrame.from_ndarray
    scene, context = Scene(hall, seed), open_encoder(hall)
    width, height = hall.size
    planes = np.full((height * 3 // 2, width), 128, dtype=np.uint8)
    sizes: list[int] = []
    for number in range(int(SECONDS * hall.hz)):
        planes[:height] = scene.picture(number / hall.hz)
        frame = make_frame(planes, format=context.pix_fmt)
        frame.pts = number
        sizes += [packet.size for packet in context.encode(frame)]
    sizes += [packet.size for packet in context.encode(None)]
    return np.array(sizes, dtype=np.uint32)


def main() -> None:
    rows: dict[str, Any] = {}
    for seed, (name, hall) in enumerate(HALLS.items()):
        row = rows[name] = encode_hall(hall, seed)
        print(
            f"{name}: {len(row)} pictures, {row.sum() * 8e-3 / SECONDS:.0f} kbit/s, median {np.median(row):.0f} octets"
        )
    np.savez_compressed(TABLE, **rows)


if __name__ == "__main__":
    main()
