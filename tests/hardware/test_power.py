"""The power budget: margin at the peak, hours with a swap of banks, and its document."""

from copy import deepcopy

import pytest

from hardware.power import budget
from tests.hardware.kicad import HARDWARE

TABLES = budget.tables()
LEAST = TABLES.loads["carrier"]["least_margin"]


def changed(table: str, row: str, key: str, value: object) -> budget.Tables:
    """The tables with one number altered."""
    tables = deepcopy(TABLES)
    getattr(tables, table)[row][key] = value
    return tables


def short_of(tables: budget.Tables) -> list[str]:
    """What has less margin than asked for, the comparison with a plain bank left out."""
    return [bound.what for bound in budget.bounds(tables)[:-1] if bound.margin < LEAST]


def test_the_power_table_of_the_document_is_what_the_tables_give() -> None:
    text = (HARDWARE / "power/README.md").read_text()
    assert text.split("<!-- budget -->\n")[1].split("<!-- end -->")[0].splitlines() == budget.markdown(TABLES)
    for mode, watts in (("looking", 9.0), ("stimulus", 9.5), ("waiting", 5.2)):
        assert sum(load.typical_w[mode] for load in budget.loads(TABLES)) == pytest.approx(watts, abs=0.05)


def test_a_fifth_is_left_above_the_highest_second_and_a_bank_of_5_v_would_not_leave_it() -> None:
    assert LEAST >= 0.2
    assert short_of(TABLES) == []
    assert budget.bounds(TABLES)[-1].margin < LEAST


def test_a_weaker_bank_or_regulator_and_a_brighter_light_are_named() -> None:
    assert short_of(changed("loads", "bank", "profile_a", 1.8)) == ["bank, 9 V 3 A"]
    assert short_of(changed("loads", "converter", "limit_a", 3.0)) == ["regulator"]
    brighter = deepcopy(TABLES)
    brighter.boards["group"]["white"]["sense_resistor_ohm"] = 0.9
    assert "contacts of one USB-C socket (heat: rms over the chips)" in short_of(brighter)


def test_six_hours_of_work_with_one_swap() -> None:
    assert budget.hours(TABLES, swaps=1) >= 6.0
    assert budget.hours(TABLES) < 6.0  # not without
    fast = deepcopy(TABLES)
    fast.loads["load"]["pi"] |= {"looking": {"typical": 6.5, "peak": 8.5}, "stimulus": {"typical": 4.0, "peak": 4.5}}
    fast.loads["load"]["pi"]["waiting"] = {"typical": 3.2, "peak": 5.0}
    assert budget.hours(fast, swaps=1) == pytest.approx(5.8, abs=0.1)  # as the document says of 2.4 GHz
    assert budget.hours(changed("loads", "bank", "capacity_mah", 9000), swaps=1) < 6.0


def test_every_second_counts_once() -> None:
    assert sum(mode["hours_share"] for mode in TABLES.loads["mode"].values()) == pytest.approx(1.0)
    assert budget.energy_wh(TABLES, 1.0) < TABLES.loads["bank"]["capacity_mah"] / 1000 * TABLES.loads["bank"]["cell_v"]
