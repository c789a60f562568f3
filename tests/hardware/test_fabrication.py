"""What a workshop gets: gerbers, drill files and placement of one board lie on each other, from one origin."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from tests.hardware.kicad import BOARDS, HARDWARE, Point, footprints, kicad, outline, pads, place

RECIPE = (HARDWARE / "Makefile").read_text()
NEAR_MM = 0.002  # gerbers and drill files are rounded to a micrometre


def options(command: str) -> list[str]:
    """What the Makefile passes to an export of this kind, without layers, outputs and the board."""
    found = re.search(rf"kicad-cli pcb export {command} (.*?) -o ", RECIPE)
    assert found is not None
    words = found[1].split()
    return [word for at, word in enumerate(words) if "$(" not in word and words[at : at + 1] != ["--layers"]]


def flashes(gerber: Path) -> set[Point]:
    """Where a gerber file flashes a pad (mm)."""
    text = gerber.read_text()
    digits = re.search(r"%FSLAX4(\d)Y4\1\*%", text)
    assert digits is not None
    assert "%MOMM*%" in text
    scale = 10 ** int(digits[1])
    return {(int(x) / scale, int(y) / scale) for x, y in re.findall(r"X(-?\d+)Y(-?\d+)D03\*", text)}


def holes(drill: Path) -> set[Point]:
    """Where an Excellon file drills or begins a slot (mm)."""
    text = drill.read_text()
    assert "METRIC" in text
    return {(float(x), float(y)) for x, y in re.findall(r"^X(-?[\d.]+)Y(-?[\d.]+)", text, re.MULTILINE)}


def has_near(points: set[Point], point: Point) -> bool:
    return any(abs(x - point[0]) <= NEAR_MM and abs(y - point[1]) <= NEAR_MM for x, y in points)


@pytest.fixture(scope="module")
def files(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A board and the folder with its files, made as the Makefile makes them."""
    name: str = request.param
    out, board = tmp_path_factory.mktemp(name), f"{BOARDS[name]}.kicad_pcb"
    layers = ["--layers", "F.Cu,B.Cu,Edge.Cuts"]
    kicad("pcb", "export", "gerbers", *options("gerbers"), *layers, "-o", f"{out}/", board)
    kicad("pcb", "export", "drill", *options("drill"), "-o", f"{out}/", board)
    kicad("pcb", "export", "pos", *options("pos"), "-o", str(out / "positions.csv"), board)
    return name, out


@pytest.mark.soak  # KiCad plots every board
@pytest.mark.parametrize(
    "files",
    [pytest.param(name, marks=() if name in {"carrier", "ring"} else pytest.mark.soak) for name in BOARDS],
    indirect=True,
)
def test_one_origin_for_copper_drill_and_placement(files: tuple[str, Path]) -> None:
    """The lower left corner of the board: a pad of the board file is found in each of the three."""
    name, out = files
    copper = flashes(next(out.glob("*F_Cu*"))) | flashes(next(out.glob("*B_Cu*")))
    drilled = {point for file in out.glob("*.drl") for point in holes(file)}
    with (out / "positions.csv").open() as file:
        placed = {row["Ref"]: (float(row["PosX"]), float(row["PosY"])) for row in csv.DictReader(file)}
    width, height = outline(name)
    edge = [int(v) / 1e6 for v in re.findall(r"[XY](-?\d+)", next(out.glob("*Edge_Cuts*")).read_text())]
    assert min(edge) == pytest.approx(0, abs=0.1)
    assert max(edge) == pytest.approx(max(width, height), abs=0.1)
    parts = footprints(name)
    for reference, part in parts.items():
        centre = place(name, part)
        for pad in pads(name, part):
            at = place(name, pad)
            assert has_near(copper, at), f"{reference}: no copper at {at}"
            if "thru_hole" in str(part) and len(pads(name, part)) == str(part).count("thru_hole"):
                assert has_near(drilled, at), f"{reference}: no hole at {at}"
        if reference in placed:
            assert placed[reference] == pytest.approx(centre, abs=0.01), reference
    assert placed
    assert all(-1 <= x <= width + 1 and -1 <= y <= height + 1 for x, y in drilled | set(placed.values()))


@pytest.mark.soak
def test_the_origin_before_would_have_been_noticed(tmp_path: Path) -> None:
    """Drill files from the sheet's corner, as KiCad writes them unless told otherwise, lie off the board."""
    kicad("pcb", "export", "drill", "-o", f"{tmp_path}/", f"{BOARDS['carrier']}.kicad_pcb")
    drilled = {point for file in tmp_path.glob("*.drl") for point in holes(file)}
    assert not any(0 <= x <= outline("carrier")[0] and 0 <= y <= outline("carrier")[1] for x, y in drilled)
