"""The bill of materials against the committed boards and the enclosure, and what it costs."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hardware import bom
from hardware.enclosure import screws
from hardware.fabrication.boards import BOARDS, HARDWARE, Board, placed

BILL = bom.lines()
LOOKED_UP = ("estimate, looked up by nobody", "seen in public parts lists, asked of nobody")
"""What `price_from` may say until somebody looks one up."""
UNFOUND = {
    "AON6411": ("bom.csv", "carrier/README.md", "spice/bench.py", "spice/models.lib"),
    "XP-G3": ("bom.csv", "interfaces.toml", "optics/WHITE.md"),
    "4872": ("bom.csv", "BUILD.md", "enclosure/enclosure.toml", "power/README.md", "spice/bench.py"),
    "LN009": ("bom.csv", "BUILD.md", "enclosure/README.md", "enclosure/enclosure.toml", "kit/README.md"),
}
"""Parts of which a data sheet was not found, and where figures of theirs are used."""


def changed(mpn: str, **values: Any) -> list[bom.Line]:
    """The bill with one line altered."""
    assert any(line.mpn == mpn for line in BILL)
    return [replace(line, **values) if line.mpn == mpn else line for line in BILL]


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda row: row.rpartition(",")[0], "shorter"),
        (lambda row: f"{row},more", "longer"),
        (lambda row: row.replace(f",{BILL[0].quantity},", ",some,", 1), "invalid literal"),
    ],
    ids=["a cell too few", "a cell too many", "no number"],
)
def test_a_damaged_row_of_the_bill_is_refused(damage: Callable[[str], str], said: str, tmp_path: Path) -> None:
    header, first, *_ = bom.FILE.read_text(encoding="utf-8").splitlines()
    file = tmp_path / "bom.csv"
    file.write_text(f"{header}\n{first}\n", encoding="utf-8")
    assert bom.lines(file) == BILL[:1]
    file.write_text(f"{header}\n{damage(first)}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=said):
        bom.lines(file)


def test_a_bill_with_a_column_renamed_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "bom.csv"
    file.write_text(bom.FILE.read_text(encoding="utf-8").replace("lead_risk", "risk", 1), encoding="utf-8")
    with pytest.raises(ValueError, match="columns"):
        bom.lines(file)


def test_every_board_of_the_folder_is_in_the_table() -> None:
    found = {file for file in HARDWARE.glob("*/*.kicad_pcb") if "panel" not in file.parts}
    assert found == {board.file for board in BOARDS}


def test_bill_and_committed_boards_agree_on_number_value_footprint_and_every_reference() -> None:
    """When this fails: give a new number its line, then `python -m hardware.bom fill`."""
    assert bom.against_boards(BILL) == []


def test_a_board_part_without_a_line_and_a_line_without_a_part_are_named() -> None:
    (said,) = bom.against_boards([line for line in BILL if line.mpn != "LM1881MX/NOPB"])
    assert said == "carrier U5: no line for LM1881MX/NOPB (LM1881, SOIC-8_3.9x4.9mm_P1.27mm)"
    (said,) = bom.against_boards([*BILL, replace(BILL[0], mpn="NOSUCH", references="carrier R999")])
    assert said == "NOSUCH: on no board"
    for wrong in ({"value": "LM1882"}, {"footprint": "SOIC-14"}, {"quantity": 2}, {"references": "carrier U4"}):
        assert len(bom.against_boards(changed("LM1881MX/NOPB", **wrong))) == 1


def test_every_part_of_a_board_is_bought_or_a_pad_or_a_hole() -> None:
    for board in BOARDS:
        bare = {part.reference for part in placed(board) if not part.mpn}
        assert {reference.rstrip("0123456789") for reference in bare} <= {"TP", "H", "FID"}


def test_optional_boards_stand_beside_the_probe_not_in_it() -> None:
    ring = next(board for board in BOARDS if board.name == "ring")
    twice = (*BOARDS, Board("another", ring.file, 2, is_optional=True))
    row = bom.from_boards(twice)["L1I0-0850060000000"]
    usual = bom.from_boards()["L1I0-0850060000000"]
    assert row["quantity"] == usual["quantity"]
    assert int(row["optional"]) == int(usual["optional"]) + 2 * 16  # eight fitted and eight empty places, twice
    assert (usual["quantity"], usual["optional"]) == (16, 8)  # phase M
    red = bom.from_boards()["XPEBRD-L1-0000-00801"]
    assert (red["quantity"], red["optional"]) == (0, 8)


def test_every_line_says_what_an_order_needs() -> None:
    for line in BILL:
        assert all((line.item, line.maker, line.mpn, line.data_sheet, line.place, line.size_from)), line
        assert line.second_source and line.state == "unchecked", line
        assert line.source_1 and line.source_2 and line.source_1 != line.source_2, line
        assert line.quantity > 0 or line.optional > 0, line
        assert 0 < line.price_10_usd <= line.price_1_usd, line
        assert line.price_from in LOOKED_UP, line
        assert line.risk in bom.RISKS, line
        assert line.risk == "low" or ": " in line.lead_risk, line
        assert all(side > 0 for side in line.size), line
        if line.is_on_boards:
            assert line.fits in line.place.split("+"), line
    assert len({line.mpn for line in BILL}) == len(BILL)


def test_a_part_is_unchecked_until_somebody_looked_it_up_and_a_table_counts_them() -> None:
    looked = replace(BILL[0], price_from="looked up on 2027-01-05")
    assert (BILL[0].state, looked.state) == ("unchecked", "in production")
    said = bom.risk_table([looked, *BILL[1:]])[-1]
    assert f"**{len(BILL) - 1} of {len(BILL)} are unchecked**" in said
    alone = [line for line in BILL if line.is_alone]
    assert {line.mpn for line in alone} >= {"TPS22917DBVR", "TLV61046ADBVR", "AON6411"}
    assert f"For {len(alone)} nothing else drops in" in said
    assert not any("active" in (line.state, line.second_source) for line in BILL)


@pytest.mark.parametrize("name", UNFOUND)
def test_what_no_data_sheet_gave_is_called_unchecked_where_it_is_used(name: str) -> None:
    for file in UNFOUND[name]:
        text = (HARDWARE / file).read_text(encoding="utf-8")
        near = [text[max(0, m.start() - 200) : m.end() + 200] for m in re.finditer(rf"\b{name}\b", text)]
        assert any("unchecked" in words.lower() for words in near), file


def test_what_goes_into_the_case_fits_it_and_each_screw_is_bought() -> None:
    assert bom.against_enclosure(BILL) == []


@pytest.mark.parametrize(
    ("mpn", "size", "said"),
    [
        ("WP710A10ID", "5.0x5.0x8.7", "camera LED hole"),
        ("C503B-GAN-CB0F0791", "3.0x3.0x5.3", "aim LED hole"),
        ("AWUS036ACM", "90x62x22", "wifi"),
        ("A1259", "122x59x10", "power bank"),
        ("LA1074", "12.0x12.0x2.5", "aiming lens"),
        ("SC0926", "40x40x29.5", "camera"),
        ("PBS-33B", "16x16x22", "button hole"),
        ("A000005", "45x18x23", "carrier"),
    ],
)
def test_a_part_of_another_size_is_named_with_its_place(mpn: str, size: str, said: str) -> None:
    (finding,) = bom.against_enclosure(changed(mpn, size_mm=size))
    assert f"at {said!r}" in finding


def test_a_missing_screw_is_named() -> None:
    (finding,) = bom.against_enclosure(changed("DIN 7985 A2 M3x8 pan", quantity=3))
    assert finding == "screw M3x8 pan: 3 in the bill, 4 in the enclosure"


@pytest.mark.parametrize("what", screws.fastenings())
def test_a_screw_holds_and_does_not_bottom(what: str) -> None:
    """At least one diameter of thread in plastic (0.8 in a nut or a thin wall), and no more than the hole is deep."""
    one = screws.fastenings()[what]
    diameter = float(one.thread.removeprefix("M"))
    assert 0.8 * diameter <= one.engaged_mm <= one.depth_mm + 0.01, one


def test_the_cost_is_the_sum_of_its_lines() -> None:
    one, ten = bom.cost_usd(BILL, 1), bom.cost_usd(BILL, 10)
    assert one == pytest.approx(sum(line.quantity * line.price_1_usd for line in BILL))
    assert ten < 10 * one
    dearer = [replace(line, price_1_usd=line.price_1_usd + 1.0) for line in BILL]
    assert bom.cost_usd(dearer, 1) - one == pytest.approx(sum(line.quantity for line in BILL))
    assert f"**{one:.0f}**" in bom.cost_table(BILL)[-3]


def test_references_are_written_as_runs() -> None:
    assert bom.shortened(["R10", "R2", "R1", "R3", "C5"]) == "C5 R1-R3 R10"
