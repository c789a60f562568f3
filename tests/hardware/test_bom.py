"""The bill of materials against the schematics, and the power budget against its document."""

import csv
from collections import Counter
from copy import deepcopy

import pytest

from hardware.power import budget
from tests.hardware.kicad import HARDWARE, netlist

PER_PROBE = {"carrier": 1, "ring": 1, "bar": 2, "white": 1}


def rows() -> list[dict[str, str]]:
    with (HARDWARE / "bom.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_quantities_and_boards_are_those_of_the_schematics() -> None:
    wanted: Counter[str] = Counter()
    boards: dict[str, set[str]] = {}
    for board, count in PER_PROBE.items():
        for part in netlist(board)[0].values():
            if part["mpn"]:
                wanted[part["mpn"]] += count
                boards.setdefault(part["mpn"], set()).add(board)
    listed = {row["mpn"]: row for row in rows() if row["boards"]}
    assert {mpn: int(row["quantity"]) for mpn, row in listed.items()} == dict(wanted)
    assert {mpn: set(row["boards"].split("+")) for mpn, row in listed.items()} == boards


def test_every_part_of_a_board_is_bought_or_a_pad_or_a_hole() -> None:
    for board in PER_PROBE:
        bare = {ref for ref, part in netlist(board)[0].items() if not part["mpn"]}
        assert {ref.rstrip("0123456789") for ref in bare} <= {"TP", "H"}


def test_every_row_has_maker_number_price_range_and_no_number_stands_twice() -> None:
    seen = Counter(row["mpn"] for row in rows())
    assert max(seen.values()) == 1
    for row in rows():
        assert row["item"] and row["maker"] and row["mpn"] and int(row["quantity"]) > 0, row
        assert 0 < float(row["price_low_usd"]) <= float(row["price_high_usd"]), row
    assert {"Raspberry Pi", "GY-521", "RX5808", "AWUS036ACM"} <= {row["mpn"] for row in rows()} | {
        row["maker"] for row in rows()
    }


def test_the_power_table_of_the_document_is_what_the_tables_give() -> None:
    text = (HARDWARE / "power/README.md").read_text()
    table = text.split("<!-- budget -->\n")[1].split("<!-- end -->")[0].splitlines()
    assert table == budget.markdown(budget.tables())


def test_no_mode_asks_more_than_the_bank_gives() -> None:
    tables = budget.tables()
    limit = tables.loads["bank"]["limit_a"]
    assert max(budget.peak_a(tables).values()) < limit < tables.boards["rail"]["bank_fuse_a"]
    assert budget.hours(tables) == pytest.approx(3.1, abs=0.1)
    worse = deepcopy(tables)
    worse.boards["group"]["white"]["sense_resistor_ohm"] = 1.2
    assert max(budget.peak_a(worse).values()) > limit
