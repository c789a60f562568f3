"""Clips broken in many ways, drawn by seed: what a bad disk, a bad recorder or a bad person leaves."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import numpy as np

from sweep.lens.clip.clips import ClipMeta, ClipPhase, Frame, write_clip
from tests.lens.clip_factory import meta_for, strobed_frames

SHAPE = (72, 96)
"""Small, so that ten thousand of them cost minutes."""
GLINT = (52.0, 30.0)
WORTHLESS: tuple[Any, ...] = (
    math.nan, math.inf, -math.inf, None, -1, 0, 1e308, -1e-308, "", "12", [], {}, [1, 2, 3], True, "\u202e\x00", 10**30,
)  # fmt: skip
Format = Literal["npy", "npz", "png"]


@dataclass(frozen=True)
class Break:
    """One kind of damage."""

    name: str
    must_reject: bool
    """Whether a scan has to refuse it or call it not assessable; else the damage may be too small to matter."""
    make: Callable[[Path, np.random.Generator, Format], None]


def good_frames(rng: np.random.Generator, phases: tuple[ClipPhase, ...]) -> list[Frame]:
    """Frames of a wall with a glint."""
    return [frame.copy() for frame in _good_frames(int(rng.integers(4)), phases)]


@cache
def _good_frames(seed: int, phases: tuple[ClipPhase, ...]) -> list[Frame]:
    return strobed_frames(seed, SHAPE, phases=phases, glint=GLINT)


def _phases(rng: np.random.Generator) -> tuple[ClipPhase, ...]:
    orders: tuple[tuple[ClipPhase, ...], ...] = (
        ("A", "B", "C"), ("B", "A", "C"), ("C", "B", "A"), ("A", "M", "N", "B", "R", "C"), ("A", "B", "R", "C"),
    )  # fmt: skip
    return orders[int(rng.integers(len(orders)))] * 4


def _write(folder: Path, frames: list[Frame], phases: tuple[ClipPhase, ...], fmt: Format) -> None:
    write_clip(folder, frames, meta_for(SHAPE, phases, folder.name), fmt)


def _whole(folder: Path, rng: np.random.Generator, fmt: Format) -> None:
    phases = _phases(rng)
    folder.mkdir(parents=True)
    for name, data in _whole_files(int(rng.integers(4)), phases, fmt):
        (folder / name).write_bytes(data)


@cache
def _whole_files(seed: int, phases: tuple[ClipPhase, ...], fmt: Format) -> tuple[tuple[str, bytes], ...]:
    """Names and bytes of a good clip: to compress frames takes longer than to read and judge them."""
    with TemporaryDirectory() as place:
        folder = Path(place) / "clip"
        _write(folder, _good_frames(seed, phases), phases, fmt)
        return tuple((path.name, path.read_bytes()) for path in sorted(folder.iterdir()))


def _file(folder: Path, rng: np.random.Generator) -> Path:
    files = sorted(p for p in folder.iterdir() if p.name != "meta.json")
    return files[int(rng.integers(len(files)))]


def _truncate(folder: Path, rng: np.random.Generator, fmt: Format) -> None:
    _whole(folder, rng, fmt)
    path = _file(folder, rng)
    data = path.read_bytes()
    path.write_bytes(data[: int(rng.integers(len(data)))])


def _truncate_meta(folder: Path, rng: np.random.Generator, fmt: Format) -> None:
    _whole(folder, rng, fmt)
    data = (folder / "meta.json").read_bytes().rstrip()
    (folder / "meta.json").write_bytes(data[: int(rng.integers(len(data)))])


def _flip(folder: Path, rng: np.random.Generator, fmt: Format) -> None:
    """Bytes turned over; in the values of an .npy nobody could notice, so there its header is hit."""
    _whole(folder, rng, fmt)
    path = _file(folder, rng)
    data = bytearray(path.read_bytes())
    end = 128 if fmt == "npy" else len(data)
    for _ in range(int(rng.integers(1, 20))):
        data[int(rng.integers(end))] ^= int(rng.integers(1, 256))
    path.write_bytes(bytes(data))


def _flip_meta(folder: Path, rng: np.random.Generator, fmt: Format) -> None:
    _whole(folder, rng, fmt)
    data = bytearray((folder / "meta.json").read_bytes())
    for _ in range(int(rng.integers(1, 6))):
        data[int(rng.integers(len(data)))] = int(rng.integers(256))
    (folder / "meta.json").write_bytes(bytes(data))


def _edit(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    table = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
    change(table)
    (folder / "meta.json").write_text(json.dumps(table), encoding="utf-8")


def _bad_value(folder: Path, rng: np.random.Generator, fmt: Format) -> None:
    """A number of meta.json that is none. Where 0 or True happen to be allowed nothing is wrong."""
    _whole(folder, rng, fmt)

    def change(table: dict[str, Any]) -> None:
        keys = sorted(set(table) - {"format"})
        key = keys[int(rng.integers(len(keys)))]
        place = table
        if key == "led" and rng.random() < 0.7:
            place = table["led"]["AB"[int(rng.integers(2))]]
            key = ("offset_m", "intensity_w_sr")[int(rng.integers(2))]
        place[key] = WORTHLESS[int(rng.integers(len(WORTHLESS)))]

    _edit(folder, change)


def _nan_value(folder: Path, rng: np.random.Generator, fmt: Format) -> None:
    _whole(folder, rng, fmt)
    numbers = ("black_level", "e_per_dn", "read_noise_e", "saturation_dn", "fps", "exposure_s", "focal_px", "focus_m")
    bad = (math.nan, math.inf, -math.inf)[int(rng.integers(3))]
    _edit(folder, lambda table: table.update({numbers[int(rng.integers(len(numbers)))]: bad}))


def _bad_pulses(folder: Path, rng: np.random.Generator, fmt: Format) -> None:
    """Lengths of the lamp pulses that are none, or not one for each frame."""
    _whole(folder, rng, fmt)
    worthless = [value for value in WORTHLESS if value not in ([], True, 0)]

    def change(table: dict[str, Any]) -> None:
        count = len(table["phases"])
        pulses: list[Any] = [1.0] * count
        if rng.random() < 0.5:
            pulses[int(rng.integers(count))] = (0.0, -1.0, math.nan, math.inf, None, "1", [], 1e9)[int(rng.integers(8))]
        elif rng.random() < 0.5:
            pulses = pulses[: int(rng.integers(1, count))]
        else:
            pulses = worthless[int(rng.integers(len(worthless)))]
        table["pulse_scale"] = pulses

    _edit(folder, change)


def _bad_rings(folder: Path, rng: np.random.Generator, fmt: Format) -> None:
    """Lamps of the middle rings and of red that are none; the clip may hold frames of them or not."""
    _whole(folder, rng, fmt)

    def change(table: dict[str, Any]) -> None:
        group: Any = {"offset_m": 0.03, "layout": "ring", "intensity_w_sr": 1.0}
        if rng.random() < 0.5:
            key = ("offset_m", "layout", "intensity_w_sr")[int(rng.integers(3))]
            group[key] = WORTHLESS[int(rng.integers(len(WORTHLESS)))]
        elif rng.random() < 0.5:
            group = WORTHLESS[int(rng.integers(len(WORTHLESS)))]
        name = ("M", "N", "R", "Q", "a", "")[int(rng.integers(6))]
        table["led"][name] = group

    _edit(folder, change)


def _untrue_rings(folder: Path, rng: np.random.Generator, fmt: Format) -> None:
    """Frames that bear the letters of other lamps than they were taken under, some with untrue pulses."""
    _whole(folder, rng, fmt)

    def change(table: dict[str, Any]) -> None:
        letters = [str(rng.choice(list("ABCMNR"))) if rng.random() < 0.4 else p for p in table["phases"]]
        table["phases"] = letters
        if rng.random() < 0.5:
            table["pulse_scale"] = [float(rng.choice([0.0625, 1.0])) for _ in letters]

    _edit(folder, change)


def _untrue_pulses(folder: Path, rng: np.random.Generator, fmt: Format) -> None:
    """Frames that are said to have had short pulses and had not, alone or in groups, down to every single one."""
    _whole(folder, rng, fmt)
    share = float(rng.choice([0.1, 0.3, 0.6, 1.0]))

    def change(table: dict[str, Any]) -> None:
        said = rng.random(len(table["phases"])) < share
        table["pulse_scale"] = [float(rng.choice([0.0625, 0.5, 1e-9, 900.0])) if one else 1.0 for one in said]

    _edit(folder, change)


def _missing_key(folder: Path, rng: np.random.Generator, fmt: Format) -> None:
    _whole(folder, rng, fmt)

    def change(table: dict[str, Any]) -> None:
        keys = sorted(name for name in table if ClipMeta.model_fields[name].is_required())
        del table[keys[int(rng.integers(len(keys)))]]

    _edit(folder, change)


def _wrong_size(folder: Path, rng: np.random.Generator, fmt: Format) -> None:
    _whole(folder, rng, fmt)
    key = ("width", "height")[int(rng.integers(2))]
    _edit(folder, lambda t: t.update({key: int(t[key]) + int(rng.choice([-32, -1, 1, 7, 64, 4000, 10**9]))}))


def _wrong_count(folder: Path, rng: np.random.Generator, fmt: Format) -> None:
    _whole(folder, rng, fmt)
    change = int(rng.choice([-3, -1, 1, 2, 30]))
    _edit(folder, lambda t: t.update({"phases": t["phases"][:change] if change < 0 else t["phases"] + ["A"] * change}))


def _swapped_with_dark(folder: Path, rng: np.random.Generator, fmt: Format) -> None:
    """A lit phase and the dark one exchanged their names."""
    phases = _phases(rng)
    frames = good_frames(rng, phases)
    lit = ("A", "B")[int(rng.integers(2))]
    names: dict[str, ClipPhase] = {lit: "C", "C": "A" if lit == "A" else "B"}
    _write(folder, frames, tuple(names.get(p, p) for p in phases), fmt)


def _shuffled(folder: Path, rng: np.random.Generator, fmt: Format) -> None:
    phases = _phases(rng)
    frames = good_frames(rng, phases)
    _write(folder, frames, tuple(phases[i] for i in rng.permutation(len(phases))), fmt)


def _lost_frame(folder: Path, rng: np.random.Generator, fmt: Format) -> None:
    """A frame was lost and the labels went on counting."""
    phases = _phases(rng)
    frames = good_frames(rng, phases)
    del frames[int(rng.integers(1, 6))]
    _write(folder, frames, phases[: len(frames)], fmt)


def _one_phase(folder: Path, rng: np.random.Generator, fmt: Format) -> None:
    letters: tuple[ClipPhase, ...] = ("A", "B", "C", "M", "N", "R")
    phases = (letters[int(rng.integers(6))],) * int(rng.integers(1, 12))
    _write(folder, good_frames(rng, phases), phases, fmt)


def _few_frames(folder: Path, rng: np.random.Generator, fmt: Format) -> None:
    phases = _phases(rng)[: int(rng.integers(1, 7))]
    _write(folder, good_frames(rng, phases), phases, fmt)


def _uniform(folder: Path, rng: np.random.Generator, fmt: Format) -> None:
    phases = _phases(rng)
    level = int(rng.choice([0, 1, 59, 60, 61, 500, 1022, 1023]))
    _write(folder, [np.full(SHAPE, level, np.uint16) for _ in phases], phases, fmt)


def _noise(folder: Path, rng: np.random.Generator, fmt: Format) -> None:
    phases = _phases(rng)
    top = int(rng.choice([62, 100, 1024]))
    _write(folder, [rng.integers(0, top, SHAPE).astype(np.uint16) for _ in phases], phases, fmt)


def _too_large_values(folder: Path, rng: np.random.Generator, fmt: Format) -> None:
    phases = _phases(rng)
    frames = good_frames(rng, phases)
    frames[int(rng.integers(len(frames)))][5, 5] = int(rng.integers(1024, 65536))
    _write(folder, frames, phases, fmt)


def _other_file(folder: Path, rng: np.random.Generator, fmt: Format) -> None:
    _whole(folder, rng, fmt)
    junk = (b"", b"\x00" * 500, b"GIF89a" * 50, b"\x89PNG\r\n\x1a\n" + bytes(40), b"PK\x03\x04" + bytes(60),
            b"\x93NUMPY\x01\x00\xff\xff" + b"{" * 200, rng.bytes(400))  # fmt: skip
    _file(folder, rng).write_bytes(junk[int(rng.integers(len(junk)))])


def _other_array(folder: Path, rng: np.random.Generator, fmt: Format) -> None:
    """An array of another type or shape."""
    del fmt
    phases = _phases(rng)
    _write(folder, good_frames(rng, phases), phases, "npy")
    whole = np.load(folder / "frames.npy")
    others = (
        whole.astype(np.float32), whole.astype(np.uint8), whole.astype(">u2"), whole[0], whole[:, :, :, None],
        whole[:, :0], whole.transpose(0, 2, 1), np.asfortranarray(whole), whole.astype(np.int64),
        whole.astype(np.complex64),
    )  # fmt: skip
    np.save(folder / "frames.npy", others[int(rng.integers(len(others)))])


def _no_file(folder: Path, rng: np.random.Generator, fmt: Format) -> None:
    _whole(folder, rng, fmt)
    files = sorted(folder.iterdir())
    files[int(rng.integers(len(files)))].unlink()


BREAKS = (
    Break("truncated", True, _truncate),
    Break("meta truncated", True, _truncate_meta),
    Break("bytes flipped", False, _flip),
    Break("meta bytes changed", False, _flip_meta),
    Break("meta value worthless", False, _bad_value),
    Break("meta value not a number", True, _nan_value),
    Break("pulses worthless", True, _bad_pulses),
    Break("pulses untrue", False, _untrue_pulses),
    Break("rings worthless", False, _bad_rings),
    Break("rings untrue", False, _untrue_rings),
    Break("meta key missing", True, _missing_key),
    Break("size differs", True, _wrong_size),
    Break("count differs", True, _wrong_count),
    Break("lit and dark exchanged", True, _swapped_with_dark),
    Break("labels shuffled", False, _shuffled),
    Break("a frame lost, labels went on", False, _lost_frame),
    Break("one phase only", True, _one_phase),
    Break("too few frames", True, _few_frames),
    Break("uniform", True, _uniform),
    Break("noise only", True, _noise),
    Break("values above the bits", True, _too_large_values),
    Break("another file", True, _other_file),
    Break("another array", True, _other_array),
    Break("a file is gone", True, _no_file),
)
