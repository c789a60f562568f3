"""Capacitors stand beside the pins that they serve: from pad to pad on the committed board."""

import itertools
import math
import re
from functools import cache

import pytest

from hardware.generate.sexpr import Node, child, children
from tests.hardware.kicad import HARDWARE, Point, board, footprints, netlist, supply_pins

NEAR_MM = 3.5
"""Pad to pad. Guessed: 3 mm of track are 2 to 3 nH, little beside the capacitor's own and its vias."""
SERVES = (
    ("U2", "6", "C3", NEAR_MM),  # boost converter, input
    ("U2", "5", "C4", NEAR_MM),  # boost converter, output: the loop of the switched current
    ("U5", "6", "C20", 5.0),  # RSET filter of the sync separator: direct current
    ("U3", "1", "C10", NEAR_MM),  # reference: no supply pin
)


def pad_at(ref: str, number: str) -> Point:
    """Middle of a pad on the sheet (mm)."""
    part = footprints("carrier")[ref]
    ax, ay, turn = ([float(v) for v in (child(part, "at") or [])[1:]] + [0.0])[:3]
    cos, sin = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    pad = next(pad for pad in children(part, "pad") if pad[1] == number)
    x, y = (float(v) for v in (child(pad, "at") or [])[1:3])
    return ax + x * cos + y * sin, ay - x * sin + y * cos


def distance_mm(ref: str, pin: str, capacitor: str) -> float:
    """From a pin to the capacitor's pad on the same net."""
    _, nets = netlist("carrier")
    (same,) = [number for number in ("1", "2") if nets[capacitor, number] == nets[ref, pin]]
    return math.dist(pad_at(ref, pin), pad_at(capacitor, same))


def nearest(ref: str, pin: str) -> tuple[float, str]:
    """Distance (mm) and name of the nearest capacitor between a pin's net and ground."""
    _, nets = netlist("carrier")
    net = nets[ref, pin]
    found = {c for (c, _), name in nets.items() if c.startswith("C") and name == net}
    return min((distance_mm(ref, pin, c), c) for c in found if {nets[c, "1"], nets[c, "2"]} == {net, "GND"})


def too_far(most_mm: float) -> list[str]:
    """Supply pins of the carrier whose nearest capacitor stands farther off."""
    found = ((ref, pin, *nearest(ref, pin)) for ref, pin in supply_pins("carrier"))
    return [
        f"{capacitor} stands {mm:.1f} mm from pin {pin} of {ref}" for ref, pin, mm, capacitor in found if mm > most_mm
    ]


def test_every_supply_pin_of_every_chip_has_a_capacitor_beside_it() -> None:
    """No exceptions by name."""
    assert too_far(NEAR_MM) == []
    assert "C28 stands 2.3 mm from pin 16 of U10" in too_far(2.0)


def test_the_rule_looks_at_every_chip() -> None:
    chips = {ref for ref in netlist("carrier")[0] if ref.startswith("U")}
    assert {ref for ref, _ in supply_pins("carrier")} == chips - {"U3"}


@pytest.mark.parametrize(("ref", "pin", "capacitor", "most_mm"), SERVES)
def test_a_capacitor_stands_beside_its_pin(ref: str, pin: str, capacitor: str, most_mm: float) -> None:
    found = distance_mm(ref, pin, capacitor)
    assert found <= most_mm, f"{capacitor} stands {found:.1f} mm from pin {pin} of {ref}"
    _, nets = netlist("carrier")
    assert "GND" in {nets[capacitor, "1"], nets[capacitor, "2"]}


def test_the_bulk_capacitor_behind_it_would_not_have_done() -> None:
    assert distance_mm("U2", "5", "C5") > NEAR_MM


def corners(net: str, layer: str) -> list[Point]:
    """Corners of the areas drawn for a net on a layer."""
    zones = [z for z in children(board("carrier"), "zone") if (child(z, "net_name") or ["", ""])[1] == net]
    outlines = [
        child(child(z, "polygon") or [], "pts") or [] for z in zones if (child(z, "layer") or ["", ""])[1] == layer
    ]
    return [(float(xy[1]), float(xy[2])) for outline in outlines for xy in children(outline, "xy")]


def test_the_switching_node_of_the_boost_converter_does_not_cross_the_chip() -> None:
    """As in the data sheet's figure: the inductor bridges the chip's upper end, each end of it over its own pin."""
    assert math.dist(pad_at("L1", "2"), pad_at("U2", "1")) < math.dist(pad_at("L1", "1"), pad_at("U2", "1"))
    assert math.dist(pad_at("L1", "1"), pad_at("U2", "6")) < math.dist(pad_at("L1", "2"), pad_at("U2", "6"))
    middle_x = (pad_at("U2", "1")[0] + pad_at("U2", "6")[0]) / 2
    switched, entering = corners("/Supplies/LAMP_SW", "F.Cu"), corners("/Supplies/LAMP_IN", "F.Cu")
    assert max(x for x, _ in switched) < middle_x < min(x for x, _ in entering)
    width, height = (max(v) - min(v) for v in zip(*switched, strict=True))
    assert width * height < 16.0  # square millimetres of an antenna
    tracks = [t for t in children(board("carrier"), "segment") if net_of(t) == "/Supplies/LAMP_SW"]
    assert all(float((child(t, end) or [0, 0])[1]) < middle_x for t in tracks for end in ("start", "end"))
    detector = math.dist(pad_at("J4", "1"), pad_at("L1", "2"))
    assert detector > 100.0


def net_of(track: Node) -> str:
    """Name of a track's net."""
    numbers = {n[1]: str(n[2]) for n in children(board("carrier"), "net")}
    return numbers[(child(track, "net") or ["", ""])[1]]


# --- Bodies ----------------------------------------------------------------------------------------------------------

APART_MM = 0.5
"""From body to body: placement and moulding take a tenth or two each (guessed)."""
OVER_OTHERS = {"J18"}
"""Its model carries the IMU's board, which lies over low parts (`test_imu.py`)."""
Rectangle = tuple[float, float, float, float]
"""x, y of the corner with the least, of that with the most (mm)."""


@cache
def drawn(model: str) -> Rectangle:
    """The outline of a STEP model above the board, y up."""
    text = (HARDWARE / "lib/models" / model).read_text(encoding="utf-8", errors="replace")
    points = dict(re.findall(r"(#\d+)\s*=\s*CARTESIAN_POINT\s*\('[^']*',\s*\(([^)]*)\)", text))
    corners = [points[name] for name in re.findall(r"VERTEX_POINT\s*\('[^']*',\s*(#\d+)\)", text)]
    above = [(x, y) for x, y, z in ([float(v) for v in corner.split(",")] for corner in corners) if z > 0.05]
    xs, ys = zip(*above, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def body(part: Node) -> Rectangle | None:
    """The outline of a part's model on the sheet; None for a bare pad or a hole."""
    models = children(part, "model")
    if not models:
        return None
    for key, usual in (("offset", 0.0), ("rotate", 0.0), ("scale", 1.0)):
        assert [float(v) for v in children(children(models[0], key)[0], "xyz")[0][1:]] == [usual] * 3
    ax, ay, turn = ([float(v) for v in (child(part, "at") or [])[1:]] + [0.0])[:3]
    cos, sin = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    x0, y0, x1, y1 = drawn(str(models[0][1]).rpartition("/")[2])
    corners = [(ax + x * cos - y * sin, ay - x * sin - y * cos) for x in (x0, x1) for y in (y0, y1)]
    xs, ys = zip(*corners, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def gap_mm(one: Rectangle, other: Rectangle) -> float:
    """From outline to outline; negative where they overlap."""
    across, along = (max(one[k] - other[k + 2], other[k] - one[k + 2]) for k in (0, 1))
    return math.hypot(across, along) if min(across, along) > 0 else max(across, along)


def too_near(bodies: dict[str, Rectangle]) -> list[tuple[str, str]]:
    """Pairs of parts whose bodies touch or nearly do."""
    return [
        (one, other)
        for one, other in itertools.combinations(sorted(bodies), 2)
        if gap_mm(bodies[one], bodies[other]) < APART_MM - 1e-6
    ]


def test_no_body_stands_in_another_by_the_longest_drawing_of_each() -> None:
    """KiCad's rules look at courtyards; those of the camera's sockets are made for the shorter of two drawings."""
    found = {ref: body(part) for ref, part in footprints("carrier").items() if ref not in OVER_OTHERS}
    bodies = {ref: outline for ref, outline in found.items() if outline}
    assert len(bodies) > 250
    assert too_near(bodies) == []
    x0, y0, x1, y1 = bodies["J23"]
    assert too_near(bodies | {"J23": (x0 - 0.5, y0, x1 - 0.5, y1)}) == [("J14", "J23")]
