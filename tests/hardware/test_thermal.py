"""Heat of the white group: the committed copper, the firmware's rule, and both situations against the parts' limits."""

import tomllib
from copy import deepcopy
from itertools import pairwise

import numpy as np
import pytest

from hardware.generate.sexpr import Node, child, children
from hardware.power import thermal
from hardware.power.budget import tables
from tests.hardware.kicad import HARDWARE, board, footprints

WHITE = ("Q18", "Q20", "Q22")


def area_mm2(polygon: Node) -> float:
    """A filled polygon of the board file (shoelace)."""
    points = [(float(p[1]), float(p[2])) for p in children(child(polygon, "pts") or ["pts"], "xy")]
    return abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairwise([*points, points[0]]))) / 2


def copper_mm2(net: str) -> float:
    """Copper areas of a net on both sides, as they were filled."""
    zones = [z for z in children(board("carrier"), "zone") if (child(z, "net_name") or ["", ""])[1] == net]
    return sum(area_mm2(polygon) for zone in zones for polygon in children(zone, "filled_polygon"))


def test_no_part_gets_too_warm_with_the_rule_or_when_the_firmware_fails() -> None:
    found = thermal.parts(tables())
    assert {p.situation for p in found} == {"firmware in order", "firmware fails: on for ever"}
    assert all(p.is_within for p in found), found
    assert max(p.temperature_c for p in found if p.situation == "firmware in order") < 110


def test_the_transistor_of_earlier_drawings_on_a_thin_track_would_not_have_done() -> None:
    """AO3400A in SOT-23: 125 K/W steady (datasheet, 1 in2) even with more copper than it had."""
    old = deepcopy(tables())
    old.boards["heat"] |= {"junction_to_air": [[0.8, 125.0], [645.0, 125.0]]}
    assert not all(p.is_within for p in thermal.parts(old))


def test_the_board_has_the_copper_that_is_counted_and_a_transistor_with_a_tab() -> None:
    wanted = tables().boards["heat"]["copper_mm2"]
    for number, ref in enumerate(WHITE, 1):
        assert "SOT-223" in str(footprints("carrier")[ref][1])
        assert wanted <= copper_mm2(f"WHITE_K{number}") < 2 * wanted


def test_the_fuse_holds_what_the_rule_lets_through_and_by_a_little_what_no_rule_would() -> None:
    t = tables()
    assert thermal.fuse_rms_a(t, thermal.share_on(t)) < 0.7 * thermal.fuse_hold_a(t)
    assert thermal.fuse_rms_a(t, 1.0) < thermal.fuse_hold_a(t)
    brighter = deepcopy(t)
    brighter.boards["group"]["white"]["sense_resistor_ohm"] = 1.5  # as on revision B: only the rule kept it closed
    assert thermal.fuse_rms_a(brighter, 1.0) > thermal.fuse_hold_a(brighter)


def test_a_hot_day_or_less_copper_is_noticed() -> None:
    for key, value in (("ambient_c", 75.0), ("copper_mm2", 1.0), ("supply_max_v", 6.5)):
        worse = deepcopy(tables())
        worse.boards["heat"][key] = value
        assert not all(p.is_within for p in thermal.parts(worse)), key


def test_a_fair_sequence_of_chips_hardly_ever_meets_the_rule() -> None:
    """128 chips of 0.6 s with even chances; on may run ahead of off by balance_ms and is never behind."""
    white = tables().limits["light"]["white"]
    most = int(white["balance_ms"] / 600)
    step = np.zeros((most + 1, most + 1))
    step[most, most] = 1.0  # cut: it stays here
    for ahead in range(most):
        step[ahead, ahead + 1] = 0.5
        step[ahead, max(0, ahead - 1)] += 0.5
    assert np.linalg.matrix_power(step, 128)[0, most] < 1e-4


def test_the_document_and_the_hardware_counter_agree_with_the_rule() -> None:
    t = tables()
    text = (HARDWARE / "power/README.md").read_text()
    assert text.split("<!-- heat -->\n")[1].split("<!-- end heat -->")[0].splitlines() == thermal.markdown(t)
    limits = tomllib.loads((HARDWARE.parent / "firmware/limits.toml").read_text())["light"]["white"]
    counter_s = t.boards["group"]["white"]["limit_ms"] * 1e-3
    assert limits["max_on_ms"] * 1e-3 < counter_s < limits["balance_ms"] * 1e-3
    assert thermal.share_on(t) == pytest.approx(1 / limits["duty_divisor"])
