"""Makes tables of the octets of each picture that real encoders (x264, x265, MJPEG) make of rendered scenes:
`encoded_pictures.npz`, `encoded_fresh.npz`, `encoded_levels.npz`, `encoded_uneven.npz` and `encoded_thin.npz`.

Usage: `python -m tests.simulators.encode_pictures [NAME ...]`, ten minutes of one core; names limit it to some rows.
It needs PyAV (`pip install av`, BSD; its wheels hold FFmpeg with x264 and x265, GPL), which nothing else here does: the
table was made with 19.0.2.
A scene is a tiled room with sensor noise, a clock in the picture, at times somebody who walks, at times the probe's
lamp that plays chips.  Encoders run as cameras run them: no look-ahead, no B pictures, one thread.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tests.simulators.encode_rooms import Room, Setting

TABLE: Final = Path(__file__).with_name("encoded_pictures.npz")
FRESH_TABLE: Final = Path(__file__).with_name("encoded_fresh.npz")
"""Rows in other rooms under other chips, for figures of the stimulus test only: no choice was made on them."""
LEVELS_TABLE: Final = Path(__file__).with_name("encoded_levels.npz")
"""Cameras under less and more light: rows `level_` for the response curve of the stimulus test, rows `level_fresh_` in
other rooms for its figures."""
CHIP_S: Final = 0.6
LIT_FROM_S: Final = 3.0
"""When the lamp begins to play; an encoder has found its quantiser by then."""
LIT_S: Final = 906.0
LEVEL_CHIPS: Final = 100
LEVELS: Final = (0.05, 0.0, 0.03, 0.01)
UNEVEN_TABLE: Final = Path(__file__).with_name("encoded_uneven.npz")
"""Filler in rooms where somebody walks, and where the lamp lights a small part of the picture: six minutes each."""
UNEVEN_CHIPS: Final = 600
THIN_TABLE: Final = Path(__file__).with_name("encoded_thin.npz")
"""Cameras that send next to nothing of a quiet room: four minutes each."""
THIN_CHIPS: Final = 400
WALK_CHIP_S: Final = 4.0
"""Somebody walks, or does not, for so long at a time."""


def shrink(setting: Setting, levels: tuple[float, ...]) -> Setting:
    """The camera with a quarter of the pixels and of the rate, under light of those levels: a quarter of the work."""
    width, height = setting.size
    seconds = LIT_FROM_S + len(levels) * LEVEL_CHIPS * CHIP_S + 3.0
    size, kbps = (width // 2, height // 2), setting.kbps // 4
    return replace(setting, size=size, kbps=kbps, light=0.0, levels=levels, level_chips=LEVEL_CHIPS, seconds=seconds)


CAPPED: Final = {"preset": "veryfast", "tune": "zerolatency"}
X265: Final = {"preset": "ultrafast", "tune": "zerolatency"}


def capped(crf: int) -> dict[str, str]:
    return {**CAPPED, "crf": str(crf)}


SETTINGS: Final[dict[str, Setting]] = {
    # Under the lamp, +10 %: rates that vary.
    "lit_capped_600": Setting("libx264", 15, 30, options=capped(26), kbps=600, light=0.1, seconds=LIT_S),
    "lit_average_600": Setting("libx264", 15, 30, options=CAPPED, kbps=600, light=0.1, seconds=LIT_S),
    "lit_quality_slow_group": Setting("libx264", 10, 40, options=capped(28), light=0.1, seconds=LIT_S),
    "lit_hevc_quality": Setting(
        "libx265", 12, 24, (480, 272), {**X265, "crf": "24"}, noise=4.0, light=0.1, seconds=LIT_S
    ),
    "lit_hevc_capped_400": Setting(
        "libx265", 15, 60, (480, 272), {**X265, "crf": "26"}, 400, noise=3.5, light=0.1, seconds=LIT_S
    ),
    "lit_mjpeg": Setting("mjpeg", 10, 1, (480, 272), light=0.1, seconds=LIT_S),
    "lit_night_capped_500": Setting(
        "libx264", 15, 30, options=capped(27), kbps=500, noise=8.0, denoise=0.4, light=0.1, seconds=LIT_S
    ),
    "lit_walked_800": Setting("libx264", 20, 40, options=capped(27), kbps=800, walking=0.3, light=0.1, seconds=LIT_S),
    "lit_exposure_400": Setting(
        "libx264", 15, 50, options=capped(27), kbps=400, exposure_control=True, light=0.1, seconds=LIT_S
    ),
    "lit_refresh_600": Setting(
        "libx264", 25, 50, (480, 272), {**CAPPED, "intra-refresh": "1"}, 600, light=0.1, seconds=LIT_S
    ),
    # Under the lamp: constant rate with filler, by the size of the buffer.
    "lit_filler_500": Setting(
        "libx264", 15, 30, options={**CAPPED, "nal-hrd": "cbr", "buffer_s": "1.0"}, kbps=500, light=0.1, seconds=LIT_S
    ),
    "lit_filler_800_half_second": Setting(
        "libx264", 12, 24, options={**CAPPED, "nal-hrd": "cbr", "buffer_s": "0.5"}, kbps=800, light=0.1, seconds=LIT_S
    ),
    "lit_filler_1500_half_second": Setting(
        "libx264", 20, 40, options={**CAPPED, "nal-hrd": "cbr", "buffer_s": "0.5"}, kbps=1500, light=0.1, seconds=LIT_S
    ),
    "lit_filler_600_fifth_second": Setting(
        "libx264", 15, 30, options={**CAPPED, "nal-hrd": "cbr", "buffer_s": "0.2"}, kbps=600, light=0.1, seconds=LIT_S
    ),
    # Less light.
    "dim_capped_600": Setting("libx264", 15, 30, options=capped(26), kbps=600, light=0.04, seconds=LIT_S),
    # Somebody walks when told to.
    "walk_capped_600": Setting("libx264", 15, 30, options=capped(26), kbps=600, is_commanded_walk=True, seconds=LIT_S),
    # Cameras that stream, no lamp.
    "vga_5hz_quality": Setting("libx264", 5, 10, (640, 480), capped(27), noise=2.0),
    "small_10hz_quality": Setting("libx264", 10, 20, (320, 240), capped(24), 200, noise=3.0),
    "small_15hz_300_walk": Setting("libx264", 15, 30, (320, 240), CAPPED, 300, walking=0.5),
    "vga_20hz_night": Setting("libx264", 20, 40, (640, 480), capped(28), 1500, noise=9.0),
    "hd_15hz_1200": Setting("libx264", 15, 60, (1280, 720), CAPPED, 1200),
    "hd_25hz_2500_walk": Setting("libx264", 25, 50, (1280, 720), CAPPED, 2500, walking=0.5),
    "hd_30hz_4000_night": Setting("libx264", 30, 60, (1280, 720), CAPPED, 4000, noise=7.0),
    "hd_12hz_quality_denoised": Setting("libx264", 12, 48, (1280, 720), capped(28), denoise=0.35),
    "vga_25hz_filler_1000": Setting(
        "libx264", 25, 50, (640, 480), {**CAPPED, "nal-hrd": "cbr", "buffer_s": "1.0"}, 1000
    ),
    "vga_30hz_long_group": Setting("libx264", 30, 240, (640, 480), capped(27), 1000, walking=0.3),
    "vga_15hz_refresh": Setting("libx264", 15, 30, (640, 480), {**CAPPED, "intra-refresh": "1"}, 800),
    "hevc_15hz_quality_walk": Setting("libx265", 15, 30, (640, 360), {**X265, "crf": "24"}, walking=0.5),
    "hevc_25hz_600": Setting("libx265", 25, 100, (640, 360), {**X265, "crf": "19"}, 600),
    "hevc_20hz_night": Setting("libx265", 20, 80, (640, 360), {**X265, "crf": "29"}, 900, noise=8.0),
    "mjpeg_8hz_vga": Setting("mjpeg", 8, 1, (640, 480)),
    "mjpeg_20hz_small_walk": Setting("mjpeg", 20, 1, (320, 240), walking=0.5),
    "mjpeg_12hz_night": Setting("mjpeg", 12, 1, (640, 480), noise=8.0),
}
SETTINGS.update(
    {
        f"fresh{name.removeprefix('lit')}_2": setting
        for name, setting in list(SETTINGS.items())
        if name.startswith(("lit", "dim")) and name not in {"lit_quality_slow_group", "lit_refresh_600"}  # the easiest
    }
)
SETTINGS.update({
    "fresh_new_filler_450_12hz": Setting(
        "libx264", 12, 24, (480, 272), {**CAPPED, "nal-hrd": "cbr", "buffer_s": "0.4"}, 450, noise=3.0, light=0.1,
        seconds=LIT_S,
    ),
    "fresh_new_filler_1200_15hz": Setting(
        "libx264", 15, 45, options={**CAPPED, "nal-hrd": "cbr", "buffer_s": "0.8"}, kbps=1200, noise=3.0, light=0.1,
        seconds=LIT_S,
    ),
})  # fmt: skip
SETTINGS.update(
    {
        f"level_{name.removeprefix('lit_')}": shrink(SETTINGS[name], LEVELS)
        for name in list(SETTINGS)
        if name.startswith(("lit", "fresh")) and "dim" not in name
    }
)
SETTINGS.update(
    {
        f"uneven_{name.removeprefix('fresh_')}": replace(
            shrink(setting, ()),
            light=0.1,
            gamma=2.2,
            spot=spot,
            walking=0.3,
            seconds=LIT_FROM_S + UNEVEN_CHIPS * CHIP_S + 4.0,
        )
        for (name, setting), spot in zip(
            [
                (name, setting)
                for name, setting in list(SETTINGS.items())
                if name.startswith("fresh") and "fill" in name
            ],
            ((0.5, 0.5, 0.2), (0.35, 0.4, 0.25), (0.7, 0.6, 0.2), (0.5, 0.3, 0.3), (0.3, 0.6, 0.15), (0.6, 0.5, 0.25)),
            strict=True,
        )
    }
)
SETTINGS.update({
    f"thin_{name}": Setting(
        "libx264", hz, group, (480, 272), capped(crf), noise=noise, denoise=denoise, light=0.1,
        seconds=LIT_FROM_S + THIN_CHIPS * CHIP_S + 4.0,
    )
    for name, hz, group, crf, noise, denoise in (
        ("15hz_group_of_4_s", 15, 60, 33, 1.0, 0.3), ("12hz_group_of_8_s", 12, 96, 31, 1.0, 0.3),
        ("20hz_group_of_5_s", 20, 100, 34, 1.2, 0.25), ("10hz_group_of_4_s", 10, 40, 30, 0.8, 0.4),
    )
})  # fmt: skip


def seed_of(name: str) -> int:
    return sum(ord(letter) * pow(31, place, 2**31) for place, letter in enumerate(name)) % 2**31


def draw_chips(name: str, seconds: float, chip_s: float) -> NDArray[np.uint8]:
    """The chips of a row: independent fair coins, as the probe has to draw them."""
    return np.random.default_rng([seed_of(name), 7]).integers(0, 2, int(seconds / chip_s)).astype(np.uint8)


def exposures(name: str, setting: Setting) -> Iterator[tuple[float, float | None]]:
    """Per picture: the lamp's light by the share of the exposure with it on, and for how long somebody has walked."""
    rng = np.random.default_rng([seed_of(name), 9])
    chip_s = WALK_CHIP_S if setting.is_commanded_walk else CHIP_S
    chips = draw_chips(name, setting.seconds, chip_s)
    fine = np.zeros(int(setting.seconds * 1000) + 1000, dtype=np.float32)  # milliseconds
    for number, chip in enumerate(chips):
        first = int((LIT_FROM_S + number * chip_s) * 1000)
        fine[first : first + round(chip_s * 1000)] = chip
    until_s, is_walking, begun_s = 0.0, False, 0.0
    for number in range(int(setting.seconds * setting.hz)):
        t_s = number / setting.hz
        if t_s >= until_s:
            is_walking = rng.random() < setting.walking
            begun_s, until_s = t_s, t_s + rng.uniform(2, 8)
        opened = int(1000 * t_s)
        played = float(fine[opened : opened + max(500 // setting.hz, 1)].mean())  # half the picture's time is exposure
        if setting.is_commanded_walk:
            yield 0.0, (t_s if fine[opened] else None)
        else:
            yield played * light_at(setting, t_s), (t_s - begun_s if is_walking else None)


def light_at(setting: Setting, t_s: float) -> float:
    """How much brighter the lamp makes the picture while it is on."""
    if not setting.levels:
        return setting.light
    turn = int(max(t_s - LIT_FROM_S, 0.0) / (setting.level_chips * CHIP_S))
    return setting.levels[min(turn, len(setting.levels) - 1)]


def open_encoder(setting: Setting) -> Any:
    context: Any = import_module("av").CodecContext.create(setting.codec, "w")
    context.width, context.height = setting.size
    context.pix_fmt = "yuvj420p" if setting.codec == "mjpeg" else "yuv420p"
    context.time_base = Fraction(1, setting.hz)
    context.framerate = Fraction(setting.hz, 1)
    context.thread_count = 1
    options = dict(setting.options)
    buffer_s = float(options.pop("buffer_s", "1.0"))
    if setting.codec == "mjpeg":
        context.options = options or {"qmin": "6", "qmax": "6"}
        return context
    context.gop_size = setting.group
    if setting.kbps:
        if "crf" not in options:
            context.bit_rate = setting.kbps * 1000
        options |= {"maxrate": str(setting.kbps * 1000), "bufsize": str(int(setting.kbps * 1000 * buffer_s))}
    own = [f"keyint={setting.group}", "scenecut=0"]
    if "nal-hrd" in options:
        options |= {"minrate": options["maxrate"]}
    if setting.codec not in {"libx264", "libx265"}:
        context.options = options
        return context
    if setting.codec == "libx265":
        own += ["log-level=none", "pools=none", "frame-threads=1"]
        options["x265-params"] = ":".join(own)
    else:
        options["x264-params"] = ":".join(own)
    context.options = options
    return context


def encode_row(name: str, setting: Setting) -> NDArray[np.uint32]:
    """Octets of each picture of a row."""
    make_frame: Any = import_module("av").VideoFrame.from_ndarray
    room = Room(setting, seed_of(name))
    context = open_encoder(setting)
    width, height = setting.size
    planes = np.full((height * 3 // 2, width), 128, dtype=np.uint8)
    sizes: list[int] = []
    for number, (light, walk_s) in enumerate(exposures(name, setting)):
        planes[:height] = room.picture(number, light, walk_s)
        frame = make_frame(planes, format=context.pix_fmt)
        frame.pts = number
        sizes += [packet.size for packet in context.encode(frame)]
    sizes += [packet.size for packet in context.encode(None)]
    return np.array(sizes, dtype=np.uint32)


def main(names: list[str]) -> None:
    for path in (TABLE, FRESH_TABLE, LEVELS_TABLE, UNEVEN_TABLE, THIN_TABLE):
        fill(path, [name for name in names or list(SETTINGS) if table_of(name) == path])


def table_of(name: str) -> Path:
    tables = {"fresh": FRESH_TABLE, "level": LEVELS_TABLE, "uneven": UNEVEN_TABLE, "thin": THIN_TABLE}
    return tables.get(name.partition("_")[0], TABLE)


def fill(path: Path, names: list[str], settings: dict[str, Setting] = SETTINGS) -> None:
    """Encode rows into one of the tables."""
    rows = dict(np.load(path)) if path.exists() else {}
    for name in names:
        setting = settings[name]
        rows[name] = encode_row(name, setting)
        kbps = rows[name].sum() * 8 / setting.seconds / 1000
        print(f"{name}: {len(rows[name])} pictures, {kbps:.0f} kbit/s, median {np.median(rows[name]):.0f} octets")
        np.savez_compressed(path, **{key: rows[key] for key in settings if key in rows})


if __name__ == "__main__":
    main(sys.argv[1:])
