"""Clips on disk: what is written is read back, what is broken is refused by name."""

import json
import math
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sweep.lens import ClipError, scan_clips
from sweep.lens.clip.clips import Frame, read_clip, write_clip
from sweep.lens.clip.source import pair_triples
from sweep.modality.strobe import Phase
from tests.lens.clip_factory import PHASES, as_frame, made_up_photograph, meta_for, write_frames

SHAPE = (96, 128)


def _frames(count: int = len(PHASES)) -> list[Frame]:
    rng = np.random.default_rng(5)
    photograph = made_up_photograph(1, SHAPE)
    return [as_frame(photograph * (0.2 if i % 3 == 2 else 1.0), rng, 0.3, 2.0) for i in range(count)]


@pytest.mark.parametrize("fmt", ["png", "npz", "npy"])
def test_written_clip_is_read_back(tmp_path: Path, fmt: Any) -> None:
    frames = _frames()
    write_clip(tmp_path / "clip", frames, meta_for(SHAPE), fmt)
    clip = read_clip(tmp_path / "clip")
    assert clip.meta == meta_for(SHAPE).model_copy(update={"format": fmt})
    assert clip.meta.short_frames == frozenset()
    for i, frame in enumerate(frames):
        assert np.array_equal(clip.frame(i), frame)


def test_existing_clip_is_not_replaced(tmp_path: Path) -> None:
    write_clip(tmp_path / "clip", _frames(), meta_for(SHAPE), "npy")
    with pytest.raises(FileExistsError):
        write_clip(tmp_path / "clip", _frames(), meta_for(SHAPE), "npy")


def test_writer_refuses_what_does_not_fit(tmp_path: Path) -> None:
    with pytest.raises(ClipError, match="one phase per frame"):
        write_clip(tmp_path / "a", _frames(4), meta_for(SHAPE), "npy")
    with pytest.raises(ClipError, match="uint16"):
        write_clip(tmp_path / "b", [f.astype(np.int32) for f in _frames()], meta_for(SHAPE), "npy")
    with pytest.raises(ClipError, match="96 x 128"):
        write_clip(tmp_path / "c", [f[:-1] for f in _frames()], meta_for(SHAPE), "npy")


def _edit_meta(folder: Path, **changes: Any) -> None:
    table = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
    for key, value in changes.items():
        if value is None:
            del table[key]
        else:
            table[key] = value
    (folder / "meta.json").write_text(json.dumps(table), encoding="utf-8")


def _cut(name: str, keep: float) -> Callable[[Path], object]:
    def act(folder: Path) -> None:
        data = (folder / name).read_bytes()
        (folder / name).write_bytes(data[: int(len(data) * keep)])

    return act


def _png_with_size(folder: Path) -> None:
    path = folder / "f003_A.png"
    data = bytearray(path.read_bytes())
    data[16:24] = struct.pack(">II", 60000, 60000)
    data[29:33] = struct.pack(">I", zlib.crc32(bytes(data[12:29])))
    path.write_bytes(bytes(data))


def _write_text(name: str, text: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_text(text, encoding="utf-8")


def _header(text: str) -> Callable[[Path], object]:
    """Replace the header of frames.npy."""
    header = text.encode().ljust(118)[:-1] + b"\n" if len(text) < 118 else text.encode() + b"\n"
    return lambda folder: (folder / "frames.npy").write_bytes(
        b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + bytes(2000)
    )


def _array(descr: str, shape: str) -> Callable[[Path], object]:
    return _header(f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}")


BROKEN: list[tuple[str, str, Callable[[Path], object], str]] = [
    ("no meta", "npy", lambda f: (f / "meta.json").unlink(), "no_meta"),
    ("meta is text", "npy", _write_text("meta.json", "hello"), "meta_not_json"),
    ("meta is a list", "npy", _write_text("meta.json", "[1, 2]"), "meta_invalid"),
    ("meta nested deep", "npy", _write_text("meta.json", "[" * 100_000), "meta_not_json"),
    ("meta huge", "npy", _write_text("meta.json", " " * 300_000), "too_large"),
    ("meta not utf-8", "npy", lambda f: (f / "meta.json").write_bytes(b"\xff\xfe{}"), "meta_not_json"),
    ("nan", "npy", lambda f: _edit_meta(f, e_per_dn=math.nan), "meta_not_json"),
    ("infinite by digits", "npy", lambda f: (f / "meta.json").write_text(
        (f / "meta.json").read_text().replace('"fps": 60.0', '"fps": 1e999')), "meta_invalid"),
    ("negative gain", "npy", lambda f: _edit_meta(f, e_per_dn=-4.0), "meta_invalid"),
    ("no gain", "npy", lambda f: _edit_meta(f, e_per_dn=None), "meta_invalid"),
    ("unknown phase", "npy", lambda f: _edit_meta(f, phases=["X"] * 15), "meta_invalid"),
    ("no phases", "npy", lambda f: _edit_meta(f, phases=[]), "meta_invalid"),
    ("phases are numbers", "npy", lambda f: _edit_meta(f, phases=7), "meta_invalid"),
    ("black above white", "npy", lambda f: _edit_meta(f, black_level=1023), "meta_invalid"),
    ("no lamps", "npy", lambda f: _edit_meta(f, led={}), "meta_invalid"),
    ("width differs", "npy", lambda f: _edit_meta(f, width=130), "frames_wrong_size"),
    ("width differs", "npz", lambda f: _edit_meta(f, width=130), "frames_wrong_size"),
    ("width differs", "png", lambda f: _edit_meta(f, width=130), "frames_wrong_size"),
    ("width absurd", "npy", lambda f: _edit_meta(f, width=10**9), "meta_invalid"),
    ("a phase too many", "npy", lambda f: _edit_meta(f, phases=["A", "B", "C"] * 6), "frame_count_differs"),
    ("a phase too many", "npz", lambda f: _edit_meta(f, phases=["A", "B", "C"] * 6), "frame_count_differs"),
    ("a phase too many", "png", lambda f: _edit_meta(f, phases=["A", "B", "C"] * 6), "frame_count_differs"),
    ("letters differ", "png", lambda f: _edit_meta(f, phases=["B", "A", "C"] * 5), "phase_letter_differs"),
    ("a frame is gone", "png", lambda f: (f / "f004_B.png").rename(f / "f077_B.png"), "frame_count_differs"),
    ("no frames", "npy", lambda f: (f / "frames.npy").unlink(), "no_frames"),
    ("cut short", "npy", _cut("frames.npy", 0.7), "frames_truncated"),
    ("cut in the header", "npy", _cut("frames.npy", 0.0001), "frames_unreadable"),
    ("cut short", "npz", _cut("frames.npz", 0.7), "frames_unreadable"),
    ("empty", "npz", _cut("frames.npz", 0.0), "frames_unreadable"),
    ("cut short", "png", _cut("f003_A.png", 0.7), "frames_truncated"),
    ("cut in the header", "png", _cut("f003_A.png", 0.001), "frames_unreadable"),
    ("no picture", "png", _write_text("f003_A.png", "GIF89a" + "x" * 100), "frames_unreadable"),
    ("picture of 3.6 gigapixels", "png", _png_with_size, "frames_wrong_size"),
    ("objects", "npy", _array("|O", "(15, 96, 128)"), "frames_wrong_type"),
    ("floats", "npy", _array("<f4", "(15, 96, 128)"), "frames_wrong_type"),
    ("negative shape", "npy", _array("<u2", "(15, -96, 128)"), "frames_wrong_size"),
    ("header is code", "npy", _header("__import__('os').system('true')"), "frames_unreadable"),
    ("header of brackets", "npy", _header("(" * 4000), "frames_unreadable"),
    ("header unclosed", "npy", _header("{'descr': \"\"\"abc"), "frames_unreadable"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "fmt", "damage", "reason"), BROKEN, ids=[f"{b[0]} ({b[1]})" for b in BROKEN])
def test_broken_clip_is_refused_by_name(
    tmp_path: Path, what: str, fmt: Any, damage: Callable[[Path], object], reason: str
) -> None:
    write_clip(tmp_path / "broken", _frames(), meta_for(SHAPE), fmt)
    damage(tmp_path / "broken")
    write_clip(tmp_path / "whole", _frames(), meta_for(SHAPE), "npy")
    scan = scan_clips(tmp_path)
    broken, whole = scan.clips
    assert broken.error == reason, broken.message
    assert broken.verdict == "not_assessable"
    assert "\n" not in broken.message
    assert whole.error is None
    table = scan.to_json()
    assert table["clips"] == ["whole"]
    assert [e["clip"] for e in table["errors"]] == ["broken"]
    json.dumps(table, allow_nan=False)


def test_values_above_the_stated_bits(tmp_path: Path) -> None:
    frames = _frames()
    frames[4] = frames[4] + np.uint16(2000)
    write_frames(tmp_path / "clip", frames)
    assert scan_clips(tmp_path).clips[0].error == "values_out_of_range"


def test_folder_without_clips(tmp_path: Path) -> None:
    with pytest.raises(ClipError, match="folder"):
        scan_clips(tmp_path)
    with pytest.raises(ClipError, match="folder"):
        scan_clips(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("level", "reason"),
    [(60, "lamp_phases_do_not_differ"), (1023, "frames_saturated"), (0, "lamp_phases_do_not_differ")],
)
def test_uniform_frames(tmp_path: Path, level: int, reason: str) -> None:
    write_frames(tmp_path / "clip", [np.full(SHAPE, level, np.uint16) for _ in PHASES])
    (result,) = scan_clips(tmp_path).clips
    assert (result.error, result.verdict, result.reason) == (None, "not_assessable", reason)
    assert result.detections == ()


@pytest.mark.parametrize(
    ("phases", "reason"),
    [
        (("A",), "too_few_triples"),
        (("C",), "too_few_triples"),
        (("A", "B", "C"), "too_few_triples"),
        (("A", "B", "C", "A", "B", "C"), "too_few_triples"),
        (("A",) * 15, "too_few_triples"),
        (("A", "B") * 6, "too_few_triples"),
    ],
)
def test_too_few_phases(tmp_path: Path, phases: tuple[Phase, ...], reason: str) -> None:
    rng = np.random.default_rng(5)
    photograph = made_up_photograph(1, SHAPE)
    light = {"A": 1.0, "B": 0.95, "C": 0.05}
    frames = [as_frame(photograph * light[p], rng, 0.3, 2.0) for p in phases]
    write_frames(tmp_path / "clip", frames, phases)
    (result,) = scan_clips(tmp_path).clips
    assert (result.verdict, result.reason) == ("not_assessable", reason)


def test_pairing_takes_any_order_and_skips_other_lamps() -> None:
    triples, rejected = pair_triples(("B", "M", "A", "R", "C") * 3)
    assert [(t.on_axis, t.off_axis, t.dark) for t in triples] == [(2, 0, 4), (7, 5, 9), (12, 10, 14)]
    assert not rejected
    triples, rejected = pair_triples(("A", "B", "C", "A", "A", "A", "A", "A", "A", "A"))
    assert [t.on_axis for t in triples] == [0, 3, 4, 5, 6]
    assert rejected == {"no_off_axis_frame": 3}


def test_groups_with_short_pulses_belong_to_the_triple_beside_them() -> None:
    phases = ("A", "B", "C") * 5
    short = frozenset({9, 10, 11})
    triples, rejected = pair_triples(phases, short)
    assert [t.on_axis for t in triples] == [0, 3, 6, 12]
    assert [t.short for t in triples] == [None, None, (9, 10), None]
    assert all(t.off_axis not in short for t in triples)
    assert not rejected
    (triple, *_), _ = pair_triples(("A", "M", "N", "B", "R", "C") * 3)
    assert (triple.middle, triple.outer, triple.red, triple.short) == (1, 2, 4, None)


@pytest.mark.parametrize("wrong", [[1.0], [0.0] * 15, [1.0] * 14 + [-1.0], "1" * 15, [None] * 15, {"0": 1.0}])
def test_pulses_that_cannot_be_are_refused(tmp_path: Path, wrong: Any) -> None:
    write_frames(tmp_path / "clip", _frames())
    _edit_meta(tmp_path / "clip", pulse_scale=[1.0, 1.0, 1.0, 0.0625, 0.0625] * 3)
    assert read_clip(tmp_path / "clip").meta.short_frames == {3, 4, 8, 9, 13, 14}
    _edit_meta(tmp_path / "clip", pulse_scale=wrong)
    with pytest.raises(ClipError, match="pulse_scale"):
        read_clip(tmp_path / "clip")
