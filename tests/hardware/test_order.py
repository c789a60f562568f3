"""What an assembler gets: bill, placement and zip agree with the committed boards, and the panel holds those boards."""

from __future__ import annotations

import csv
import itertools
import math
import zipfile
from pathlib import Path

import pytest

from hardware import bom
from hardware.fabrication import cables, harness, order
from hardware.fabrication.boards import BOARDS, Board, Placed, natural, placed, to_buy, tree
from hardware.generate.sexpr import children
from tests.hardware.kicad import kicad

IN_PANEL = ("bar", "ring", "bar")
"""From left to right; the numbers of a board's parts go up by thirty from board to board (`panel.py`)."""
LINES = {line.mpn: line for line in bom.lines()}


def board(name: str) -> Board:
    return next(board for board in BOARDS if board.name == name)


def of_panel(index: int) -> list[Placed]:
    """Parts of one board in the committed panel, under the names that they have on their own board."""
    parts = [p for p in to_buy(order.LAMPS) if natural(p.reference)[1] // 30 == index]
    return sorted(parts, key=lambda p: p.reference)


def offsets(parts: list[Placed]) -> list[tuple[float, ...]]:
    """Places against the first part: the same wherever a board stands."""
    x0, y0 = parts[0].at_mm
    return [(p.at_mm[0] - x0, p.at_mm[1] - y0, p.turn_deg, float(p.is_back)) for p in parts]


@pytest.mark.parametrize(("index", "name"), list(enumerate(IN_PANEL)))
def test_the_panel_holds_the_committed_boards(index: int, name: str) -> None:
    """When this fails: `make -C hardware panels`."""
    own = sorted(to_buy(board(name)), key=lambda p: p.reference)
    held = of_panel(index)
    assert [p.mpn for p in held] == [p.mpn for p in own]
    for one, other in zip(offsets(held), offsets(own), strict=True):
        assert one == pytest.approx(other, abs=0.01)


def test_the_panel_has_every_lamp_of_a_probe_fiducials_on_both_sides_and_tooling_holes() -> None:
    wanted = sum(b.per_probe * len(to_buy(b)) for b in BOARDS if b.name in IN_PANEL)
    assert len(to_buy(order.LAMPS)) == wanted
    names = [str(p[2]) for f in children(tree(order.LAMPS), "footprint") for p in children(f, "property")]
    fiducials = [n for n in names if n.startswith("KiKit_FID_T")], [n for n in names if n.startswith("KiKit_FID_B")]
    assert [len(side) for side in fiducials] == [3, 3]
    assert sum(n.startswith("KiKit_TO") for n in names) == 4


@pytest.mark.parametrize("name", ["carrier", "white"])
def test_what_is_ordered_alone_has_three_fiducials_that_tell_a_turned_board(name: str) -> None:
    marks = [f for f in children(tree(board(name)), "footprint") if str(f[1]).endswith("Fiducial_1mm_Mask2mm")]
    places = {(float(at[1]), float(at[2])) for f in marks for at in children(f, "at")}
    assert len(places) == 3
    assert {str(layer[1]) for f in marks for layer in children(f, "layer")} == {"F.Cu"}
    for a, b in itertools.combinations(places, 2):
        assert math.dist(a, b) > 15.0
    x, y = (sum(values) / 2 for values in zip(*(max(places), min(places)), strict=True))
    assert {(2 * x - a, 2 * y - b) for a, b in places} != places


@pytest.mark.parametrize("one", BOARDS, ids=lambda one: one.name)
def test_no_word_of_a_board_lies_on_another(one: Board) -> None:
    boxes = {}
    for number, node in enumerate(children(tree(one), "gr_text")):
        (at,), (font,) = children(node, "at"), children(children(node, "effects")[0], "font")
        height = float(children(font, "size")[0][1])
        half = (0.44 * height * len(str(node[1])), 0.5 * height)
        turn = math.radians(float(at[3])) if len(at) > 3 else 0.0
        wide, high = (
            abs(half[0] * f(turn)) + abs(half[1] * g(turn)) for f, g in ((math.cos, math.sin), (math.sin, math.cos))
        )
        layer = str(children(node, "layer")[0][1])
        boxes[number, str(node[1])] = (layer, float(at[1]), float(at[2]), wide, high)
    for (one_word, (layer, x, y, w, h)), (other, (its, u, v, k, m)) in itertools.combinations(boxes.items(), 2):
        assert layer != its or abs(x - u) >= w + k or abs(y - v) >= h + m, (one_word, other)


def test_the_panel_breaks_no_rule(tmp_path: Path) -> None:
    kicad("pcb", "drc", "--severity-all", "--exit-code-violations", "-o", str(tmp_path / "drc"), str(order.LAMPS.file))


def test_bill_and_placement_name_the_same_parts_and_the_rest_is_for_the_hand(tmp_path: Path) -> None:
    for one in order.ORDERED:
        (tmp_path / one.name / "gerbers").mkdir(parents=True)
        for name in ("x.gtl", "x.gm1", "x.drl", "x.pdf"):
            (tmp_path / one.name / "gerbers" / name).write_text(name)
        assert order.order(one, tmp_path) == ["x.drl", "x.gm1", "x.gtl"]
        files = {kind: tmp_path / f"order/{one.name}-{kind}.csv" for kind in ("bom", "positions", "by-hand")}
        made = {kind: list(csv.DictReader(file.read_text().splitlines())) for kind, file in files.items()}
        machine, hand = ([n for row in made[kind] for n in row["Designator"].split(",")] for kind in ("bom", "by-hand"))
        assert sorted(machine) == sorted(row["Designator"] for row in made["positions"])
        assert sorted(machine + hand) == sorted(p.reference for p in to_buy(one))
        full = tmp_path / f"order/{one.name}-options-positions.csv"
        assert full.exists() == any(p.mpn and not p.is_fitted for p in placed(one))
        if full.exists():
            everything = {row["Designator"] for row in csv.DictReader(full.read_text().splitlines())}
            assert everything == {p.reference for p in placed(one) if p.mpn and p.is_smd}
        assert len({*machine, *hand}) == len(machine) + len(hand)
        assert list(made["positions"][0]) == list(order.POSITION_COLUMNS)
        assert {row["Layer"] for row in made["positions"]} <= {"Top", "Bottom"}
        for row in (*made["bom"], *made["by-hand"]):
            line = LINES[row["MPN"]]
            assert (row["Manufacturer"], row["Second source"]) == (line.maker, line.second_source)
            assert row["State"] == "unchecked"
            assert int(row["Quantity"]) == len(row["Designator"].split(","))
    again = tmp_path / "again.zip"
    order.pack(tmp_path / "lamps" / "gerbers", again)
    assert again.read_bytes() == (tmp_path / "order/lamps.zip").read_bytes()
    assert zipfile.ZipFile(again).namelist() == ["x.drl", "x.gm1", "x.gtl"]


def test_the_cable_set_names_every_contact_that_somebody_has_to_crimp(tmp_path: Path) -> None:
    assert order.cable_set(tmp_path) == sum(len(cable.wires) for cable in harness.crimped())
    rows = list(csv.DictReader((tmp_path / "order/cables.csv").read_text().splitlines()))
    assert list(rows[0]) == list(harness.COLUMNS)
    assert {row["Cable"] for row in rows} == {cable.name for cable in harness.crimped()}
    drawn = (tmp_path / "order/harness.svg").read_text(encoding="utf-8")
    for row in rows:
        assert row["Cable"] in drawn and row["AWG"] and row["Length mm"]
    named = [cable for cable in cables.cables() if not cable.is_optional]
    crimps = sum(n for cable in named for part, n in cable.parts.items() if part.startswith(("SPH-", "SVH-")))
    assert harness.contacts(with_options=False) == crimps <= harness.contacts(with_options=True)


def test_places_are_those_that_kicad_exports(tmp_path: Path) -> None:
    """From the lower left corner; angles before the assembler's own library is allowed for."""
    file = tmp_path / "positions.csv"
    origin = ["--format", "csv", "--units", "mm", "--use-drill-file-origin"]
    kicad("pcb", "export", "pos", *origin, "-o", str(file), str(order.LAMPS.file))
    with file.open() as text:
        exported = {row["Ref"]: row for row in csv.DictReader(text)}
    for part in to_buy(order.LAMPS):
        row = exported[part.reference]
        assert (float(row["PosX"]), float(row["PosY"])) == pytest.approx(part.at_mm, abs=0.005)
        assert math.cos(math.radians(float(row["Rot"]) - part.turn_deg)) == pytest.approx(1.0, abs=1e-6)
        assert (row["Side"] == "bottom") == part.is_back


@pytest.mark.parametrize(
    ("footprint", "turn"),
    [
        ("SOT-23-5", 180.0),
        ("SOT-223-3_TabPin2", 180.0),
        ("SOIC-8_3.9x4.9mm_P1.27mm", 270.0),
        ("R_0805_2012Metric", 0.0),
    ],
)
def test_the_assemblers_library_is_allowed_for(footprint: str, turn: float) -> None:
    part = Placed("carrier", "U1", "", "x", footprint, True, False, True, (1.0, 2.0), 90.0)
    (row,) = order.positions([part])
    assert float(row["Rotation"]) == (90.0 + turn) % 360.0
    assert (row["Mid X"], row["Mid Y"]) == ("1.0000mm", "2.0000mm")


def test_orders_without_gerbers_are_refused(tmp_path: Path) -> None:
    assert order.main(tmp_path) == 2
    assert order.main(tmp_path, ["carrier-panel"]) == 2
