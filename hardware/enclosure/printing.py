"""How each part stands on the printer's bed, how long it takes and what it weighs: PrusaSlicer's answer, kept.

Job: turn every exported part into its printing position, let PrusaSlicer slice it with `print.ini`, keep hours and
grams in `export/printing.json` with the digests of what was sliced; tables for the documents. Input: `export/*.stl`;
output: that file. `python -m hardware.enclosure.printing PRUSA_SLICER` writes it; no other estimate of hours or printed
mass is made anywhere. Not counted: heating, taking parts off the bed, what fails.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from hardware.enclosure import layout, mesh
from hardware.enclosure.solids import Point

PROFILE = layout.HERE / "print.ini"
RECORD = mesh.EXPORT / "printing.json"


@dataclass(frozen=True, slots=True)
class Job:
    """How a part is printed."""

    up: Point
    """Which way of the enclosure's coordinates points away from the bed."""
    material: str
    on_bed: str
    pieces: int = 1
    options: tuple[str, ...] = ()
    """Besides the profile."""


BLACK, ANY, WHITE = "black PETG", "PETG", "white PETG"
TPU = (
    "--fill-density",
    "100%",
    "--fill-pattern",
    "rectilinear",
    "--filament-max-volumetric-speed",
    "3",
    "--filament-density",
    "1.21",
)
COARSE = ("--layer-height", "0.28")
"""For what nobody looks through and what has no skin of two layers."""
JOBS = {
    "aim_tube": Job((0.0, 0.0, -1.0), BLACK, "flange"),
    "body": Job((0.0, 1.0, 0.0), ANY, "floor", options=COARSE),
    "camera_bracket": Job((0.0, 0.0, 1.0), BLACK, "flat side"),
    "cap": Job((0.0, 0.0, -1.0), "bright PETG", "outer face"),
    "corner_block": Job((1.0, 0.0, 0.0), "TPU, 85 Shore A", "glued side", 4, TPU),
    "door": Job((0.0, 1.0, 0.0), ANY, "outer face", options=COARSE),
    "filter_seat": Job((0.0, 0.0, 1.0), BLACK, "lip"),
    "front_plate": Job((0.0, 0.0, 1.0), BLACK, "back"),
    "grip": Job((0.0, -1.0, 0.0), ANY, "flange", options=COARSE),
    "lid": Job((0.0, 1.0, 0.0), ANY, "lower face", options=COARSE),
    "light_box": Job((0.0, 0.0, 1.0), WHITE, "rear wall"),
    "phone_foot": Job((0.0, 1.0, 0.0), ANY, "foot", options=COARSE),
    "thermal_plate": Job((0.0, 0.0, 1.0), BLACK, "flange"),
    "wake_pad": Job((0.0, 0.0, -1.0), "TPU, 85 Shore A", "skin", options=TPU),
    "wifi_shell": Job((0.0, -1.0, 0.0), ANY, "roof", options=COARSE),
}


def turned(corners: mesh.Corners, up: Point) -> mesh.Corners:
    """The part with `up` along z, standing on z = 0."""
    z = np.asarray(up, np.float64)
    x = np.roll(z, 1)  # any axis at right angles: `up` is one of the three
    frame = np.stack([x, np.cross(z, x), z])
    moved = corners.astype(np.float64) @ frame.T
    return (moved - moved.reshape(-1, 3).min(axis=0)).astype(np.float32)


def write_stl(corners: mesh.Corners, path: Path) -> None:
    """A binary STL."""
    facets = np.zeros(len(corners), mesh.FACET)
    facets["corners"] = corners
    path.write_bytes(bytes(mesh.HEADER) + np.uint32(len(corners)).tobytes() + facets.tobytes())


def digest(path: Path) -> str:
    """Of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def hours(words: str) -> float:
    """PrusaSlicer's "1d 2h 3m 4s"."""
    units = {"d": 24.0, "h": 1.0, "m": 1 / 60, "s": 1 / 3600}
    return sum(float(number) * units[unit] for number, unit in re.findall(r"(\d+)([dhms])", words))


def sliced(name: str, slicer: str) -> dict[str, float]:
    """Hours and grams of one piece, by a slicer that is installed; raises CalledProcessError where it fails."""
    job = JOBS[name]
    with tempfile.TemporaryDirectory() as folder:
        stl, gcode = Path(folder) / "part.stl", Path(folder) / "part.gcode"
        write_stl(turned(mesh.read_stl(mesh.EXPORT / f"{name}.stl"), job.up), stl)
        words = [slicer, "--export-gcode", "--load", str(PROFILE), *job.options, "-o", str(gcode), str(stl)]
        subprocess.run(words, check=True, capture_output=True)
        text = gcode.read_text(encoding="utf-8")
    time, grams = (
        re.findall(rf"^; {key} = (.+)$", text, re.MULTILINE)[0]
        for key in (r"estimated printing time \(normal mode\)", r"filament used \[g\]")
    )
    return {"hours": round(hours(time), 2), "grams": round(float(grams), 1)}


@cache
def record() -> dict[str, dict[str, float]]:
    """Hours and grams of one piece of each part, as kept."""
    return dict(json.loads(RECORD.read_text(encoding="utf-8"))["parts"])


def total_hours() -> float:
    """All parts of a probe, one after the other."""
    return sum(JOBS[name].pieces * row["hours"] for name, row in record().items())


def markdown() -> list[str]:
    """A line a material: each part with what lies on the bed, hours and grams; and the sum."""
    parts: dict[str, list[str]] = {}
    for name, job in sorted(JOBS.items()):
        row, pieces = record()[name], f"{job.pieces} " if job.pieces > 1 else ""
        needs = f"{job.pieces * row['hours']:.1f} h, {job.pieces * row['grams']:.0f} g"
        parts.setdefault(job.material, []).append(f"{pieces}`{name}` ({job.on_bed}, {needs})")
    grams = sum(JOBS[name].pieces * row["grams"] for name, row in record().items())
    lines = [f"- {material}: {', '.join(said)}" for material, said in sorted(parts.items())]
    return [*lines, f"- **all: {total_hours():.1f} h, {grams:.0f} g**, no supports"]


def main(slicer: str) -> None:
    """Slice everything and keep what came of it."""
    said = subprocess.run([slicer, "--help"], capture_output=True, text=True, check=False).stdout
    version = re.findall(r"PrusaSlicer-\S+", said)
    kept = {
        "slicer": version[0] if version else "unknown",
        "profile": digest(PROFILE),
        "stl": {name: digest(mesh.EXPORT / f"{name}.stl") for name in JOBS},
        "parts": {name: sliced(name, slicer) for name in JOBS},
    }
    RECORD.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
