"""Cables and drawings: nets of both ends, lengths, housings of the bill, and what the committed drawings show."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hardware import bom, documents
from hardware.enclosure import callouts, mesh
from hardware.fabrication import cables, drawings, jig
from hardware.fabrication.cables import Cable, Wire
from tests.hardware.kicad import HARDWARE

CABLES = cables.cables()
BILL = bom.lines()


def changed(name: str, **values: Any) -> list[Cable]:
    """All cables with one altered."""
    assert any(cable.name == name for cable in CABLES)
    return [replace(c, **values) if c.name == name else c for c in CABLES]


def test_every_connector_has_its_cable_and_both_ends_carry_the_same_nets() -> None:
    assert cables.against_boards(CABLES) == []


def test_a_swapped_wire_a_missing_one_and_a_forgotten_cable_are_named() -> None:
    swapped = (Wire("1", "1", "red"), Wire("2", "3", "black"), Wire("3", "2", "blue"))
    said = cables.against_boards(changed("on-axis lamps", wires=swapped))
    assert said == [
        "on-axis lamps: ON_AXIS_K1 meets K2 at pin 3",
        "on-axis lamps: ON_AXIS_K2 meets K1 at pin 2",
    ]
    (said_missing,) = cables.against_boards(changed("white light", wires=CABLES[3].wires[:3]))
    assert said_missing == "white light: nothing at pins 4 of white J1"
    assert cables.against_boards(changed("aiming spot", start="carrier J99")) == ["carrier J12: 0 cables"]


def test_each_cable_is_longer_than_its_way_and_most_ways_are_known() -> None:
    assert cables.too_short(CABLES) == []
    assert sum(cables.way_mm(cable) is not None for cable in CABLES) >= 8
    (said,) = cables.too_short(changed("off-axis lamps, right", length_mm=200))
    assert said.startswith("off-axis lamps, right: 200 mm, its way is")


def test_housings_and_contacts_are_those_of_the_bill() -> None:
    assert cables.against_bill(CABLES, BILL) == []
    fewer = [replace(line, quantity=1) if line.mpn == "PHR-3" else line for line in BILL]
    assert cables.against_bill(CABLES, fewer) == ["PHR-3: 6 in cables, 5 in the bill"]
    more = [replace(line, quantity=9) if line.mpn == "PHR-4" else line for line in BILL]
    assert cables.against_bill(CABLES, more) == ["PHR-4: 11 in the bill, 4 in cables"]


@pytest.mark.parametrize("name", drawings.DRAWN)
def test_the_committed_drawing_is_what_the_tables_give(name: str) -> None:
    """When this fails: `python -m hardware.fabrication.drawings`, and look at it."""
    text = (HARDWARE / "fabrication" / name).read_text(encoding="utf-8")
    assert text == drawings.DRAWN[name]()
    assert "제작·시험된 적 없음" in text


def test_the_assembly_drawing_can_be_set(tmp_path: Path) -> None:
    file = tmp_path / "assembly.pdf"
    drawings.assembly(file)
    assert file.read_bytes().startswith(b"%PDF")
    assert drawings.source().count("UNBUILT") == 1
    assert not (HARDWARE / "fabrication/assembly.typ").exists()


def test_numbers_on_the_pictures_name_parts_that_are_drawn() -> None:
    drawn = {*mesh.part_names(), *mesh.contents()}
    assert {name for name, _, _ in callouts.CALLS} <= drawn
    assert len({name for name, _, _ in callouts.CALLS}) == len(callouts.CALLS)


@pytest.mark.parametrize("name", ["BUILD.md", "enclosure/README.md", "fabrication/README.md"])
def test_computed_tables_of_the_documents_are_fresh(name: str) -> None:
    document = HARDWARE / name
    text = document.read_text(encoding="utf-8")
    assert documents.with_tables(text, documents.computed()[document]) == text, "run: python -m hardware.documents"
    assert set(documents.tables_in(text)) == set(documents.computed()[document])


def test_loads_of_the_jig_take_what_lamps_would_and_stay_within_their_rating() -> None:
    for load in jig.loads():
        assert load.connector
        assert load.reads_v > 0.7 + 0.3  # the sink regulates: sense resistor and some drop at the transistor
        assert load.current_a**2 * load.ohm < load.rating_w
    assert {load.group for load in jig.loads()} >= {"on_axis", "off_axis", "white", "aim"}
    assert jig.e24(99.0) == 91.0
    assert jig.e24(5.9) == 5.6
