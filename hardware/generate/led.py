"""Generates the lamp boards: ring around the lens, off-axis bar, white stimulus. Shapes, places and LEDs come
from `interfaces.toml`.
"""

import math
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import circuit
import parts as p
from board import HARDWARE, Maker
from plan import Place, Plan
from router import Klass
from sexpr import stable_id
from sheet import Part, Sheet
from symbols import Symbol, library

TABLE: dict[str, Any] = circuit.TABLE
CLASSES = [Klass(0.6, 0.7, 0.35)]


def led(kind: str) -> Part:
    """An LED of the lamp table; one with a thermal pad of its own has three pins."""
    row = TABLE["led"][kind]
    symbol = "LED_Pad" if row["thermal"] == "neutral" else "LED"
    return Part(symbol, row["part"], f"LED_SMD:{row['footprint']}", row["part"])


IR, WHITE, RED = led("ir"), led("white"), led("red")
IR_OPTION, RED_OPTION = replace(IR, is_option=True), replace(RED, is_option=True)


def socket(count: int, symbol: str) -> Part:
    """A JST PH header that lies, surface mounted."""
    return Part(
        symbol,
        "to carrier",
        f"Connector_JST:JST_PH_S{count}B-PH-SM4-TB_1x{count:02}-1MP_P2.00mm_Horizontal",
        f"S{count}B-PH-SM4-TB",
    )


def _string(
    s: Sheet, first: int, count: int, at: tuple[float, float], anode: str, cathode: str, part: Part, heat: str = "NC"
) -> None:
    """LEDs in series from left to right; `heat` is the net of the thermal pads, `NC` leaves them alone."""
    x, y = at
    s.label(anode, (x - 4.5, y), 180)
    for i in range(count):
        ref = f"D{first + i}"
        s.add(ref, part, (x + 9 * i, y), {"3": heat} if part.symbol == "LED_Pad" else {}, mirror="y", ref_at=(0, -1.5))
        a, k = s.pin(ref, "2"), s.pin(ref, "1")
        s.wire((x - 4.5 if i == 0 else s.pin(f"D{first + i - 1}", "1")[0], a[1]), a)
        if i == count - 1:
            s.wire(k, (x + 9 * i + 4.5, k[1]))
            s.label(cathode, (x + 9 * i + 4.5, k[1]), 0)


def ring_sheet(s: Sheet) -> None:
    """Three groups of two strings of four; neighbours of a group belong to different strings, so one that fails leaves a ring."""
    groups = (
        ("ON-AXIS RING, 8 mm", 1, IR, ("A", "K1", "K2"), ""),
        ("OPTION: MIDDLE RING, 16 mm (phase M)", 9, IR_OPTION, ("MA", "MK1", "MK2"), " Not fitted unless ordered."),
        ("OPTION: RED, 16 mm (phase R)", 17, RED_OPTION, ("RA", "RK1", "RK2"), " Pulses of 0.4 ms. Not fitted unless ordered."),
    )  # fmt: skip
    for n, (title, first, part, (anode, one, two), note) in enumerate(groups):
        y = 10 + 18 * n
        s.block(title, (10, y), (74, 17), "Two strings of four, neighbours alternate, 0.1 A. LEDs on the front, connector on the back." + note)  # fmt: skip
        _string(s, first, 4, (22, y + 5), anode, one, part)
        _string(s, first + 4, 4, (22, y + 11.5), anode, two, part)
        red = part is RED_OPTION  # its pins in reverse, as on the carrier: no lamp lights in a wrong socket
        modality = replace(socket(3, "LAMP3_RED" if red else "LAMP3"), is_option=part.is_option)
        pins = ("3", "2", "1") if red else ("1", "2", "3")
        s.add(f"J{n + 1}", modality, (66, y + 8), dict(zip(pins, (anode, one, two), strict=True)))


def bar_sheet(s: Sheet) -> None:
    """One string of four, upright, 70 mm beside the lens."""
    s.block(
        "OFF-AXIS BAR: one string of four",
        (10, 10),
        (60, 26),
        "Pulses of 0.1 A, at most 2 ms. Two of these boards a probe.",
    )
    _string(s, 1, 4, (22, 18), "A", "K", IR)
    s.add("J1", socket(2, "LAMP2"), (20, 27), {"1": "A", "2": "K"})


def white_sheet(s: Sheet) -> None:
    """Three LEDs with a common anode, one sink each on the carrier."""
    s.block(
        "WHITE STIMULUS: common anode, one sink each",
        (10, 10),
        (60, 40),
        "Copper on one side only: order it with an aluminium core.\nThe thermal pads are neutral and sit on the anode's copper.",
    )
    for i in range(3):
        _string(s, i + 1, 1, (36, 16 + 9 * i), "A", f"K{i + 1}", WHITE, "A")
    s.add("J1", socket(4, "LAMP4"), (18, 26), {"1": "A", "2": "K1", "3": "K2", "4": "K3"})


ALTERNATE = (0, 4, 1, 5, 2, 6, 3, 7)
"""LEDs of a group in their order around the axis: neighbours belong to different strings."""


def _around(
    order: tuple[int, ...], radius: float, angles: list[float], centre: tuple[float, float]
) -> dict[str, Place]:
    """Places of a group's LEDs, radially: the cathode of each towards the anode of the next of its string."""
    return {
        f"D{number}": (
            round(centre[0] + radius * math.cos(math.radians(angle)), 4),
            round(centre[1] - radius * math.sin(math.radians(angle)), 4),
            (angle + 270) % 360,
        )
        for number, angle in zip(order, angles, strict=True)
    }


def _holes(row: dict[str, Any], centre: tuple[float, float]) -> list[tuple[float, float, float]]:
    """Bare holes on a circle."""
    radius, turns = row["hole_radius_mm"], [math.radians(a) for a in row["hole_angles_deg"]]
    return [
        (centre[0] + radius * math.cos(a), centre[1] - radius * math.sin(a), row["hole_diameter_mm"]) for a in turns
    ]


def ring_plan() -> Plan:
    """LEDs on two circles; the connectors behind."""
    row, middle = TABLE["ring"], TABLE["middle"]
    c = row["outline_diameter_mm"] / 2
    step = 360 / row["led_count"]
    places: dict[str, Place] = {"J1": (c, c - 14.0, 0)}
    for first, radius, start in (
        (1, row["led_radius_mm"], row["led_first_angle_deg"]),
        (9, middle["led_radius_mm"], middle["middle_first_angle_deg"]),
        (17, middle["led_radius_mm"], middle["red_first_angle_deg"]),
    ):
        order = tuple(first + k for k in ALTERNATE)
        places |= _around(order, radius, [start + step * i for i in range(row["led_count"])], (c, c))
    for n, (x, y) in enumerate(middle["connectors_mm"], 2):
        places[f"J{n}"] = (c + x, c - y, 90.0 if x < 0 else 270.0)
    texts = [
        ("8 mm  M  R", c, c - 20.7, 1.0, 0.0, False),
        ("EYE RING  B", c, c + 15, 1.2, 0.0, True),
        ("D5", c + 4.6, c - 11.2, 0.8, 0.0, False),  # designators that find no room by themselves
        ("D10", c, c - 12.9, 0.8, 0.0, False),
        ("J1", c - 7.4, c - 14.0, 0.8, 0.0, True),
    ]
    words = {"1": "A", "2": "K1", "3": "K2"}
    return Plan("ring", (2 * c, 2 * c), places, CLASSES, {}, back={"J1", "J2", "J3"}, hidden_refs={"D5", "D10", "J1"}, circle=True, labels={"J1": words, "J2": words, "J3": {"1": "K2", "2": "K1", "3": "A"}},
                label_side={"J1": "down", "J2": "right", "J3": "left"}, bore_mm=row["bore_diameter_mm"], holes=_holes(row, (c, c)),
                texts=texts, planes=(), revision="B", thickness_mm=row["thickness_mm"])  # fmt: skip


def bar_plan() -> Plan:
    """LEDs in a column on the front."""
    row = TABLE["bar"]
    (w, h), places = row["outline_mm"], {}
    for i, (x, y) in enumerate(row["led_positions_mm"], 1):
        places[f"D{i}"] = (w / 2 + x, h / 2 - y, 270.0)
    places["J1"] = (w / 2 - 0.5, h / 2, 270.0)
    holes = [(w / 2 + x, h / 2 - y, row["hole_diameter_mm"]) for x, y in row["holes_mm"]]
    texts = [("OFF AXIS", w / 2 - 5.6, h / 2, 1.0, 90.0, False), ("BAR  A", w / 2, 8.0, 1.0, 0.0, True)]
    return Plan(
        "bar",
        (w, h),
        places,
        CLASSES,
        {},
        back={"J1"},
        labels={"J1": {"1": "A", "2": "K"}},
        label_side={"J1": "left"},
        corner_mm=2,
        holes=holes,
        texts=texts,
        planes=(),
        thickness_mm=row["thickness_mm"],
    )


def white_plan() -> Plan:
    """Everything on the front; copper areas carry the heat."""
    row = TABLE["white"]
    (w, h), places = row["outline_mm"], {}
    for i, (x, y) in enumerate(row["led_positions_mm"], 1):
        places[f"D{i}"] = (w / 2 + x, h / 2 - y, 90.0)
    places["J1"] = (w / 2, h / 2 + 6.4, 0.0)
    holes = [(w / 2 + x, h / 2 - y, row["hole_diameter_mm"]) for x, y in row["holes_mm"]]
    return Plan("white", (w, h), places, CLASSES, {}, corner_mm=2, holes=holes, fiducials=((8.5, 2.5), (31.5, 2.5), (31.5, 21.5)), texts=[("WHITE  A", w / 2, 1.6, 1.2, 0.0, False)],
                planes=(0,), plane_net="A", two_sided=False, labels={"J1": {"1": "A", "2": "1", "3": "2", "4": "3"}}, label_side={"J1": "up"}, thickness_mm=row["thickness_mm"])  # fmt: skip


BOARDS: dict[str, tuple[str, Callable[[Sheet], None], Callable[[], Plan]]] = {
    "ring": ("Ring around the lens", ring_sheet, ring_plan),
    "bar": ("Off-axis bar", bar_sheet, bar_plan),
    "white": ("White stimulus", white_sheet, white_plan),
}


def write_sheet(name: str, title: str, describe: Callable[[Sheet], None], symbols: dict[str, Symbol]) -> None:
    """A schematic of one page."""
    sheet = Sheet(name, title, symbols, revision="B" if name == "ring" else "A")
    describe(sheet)
    folder = HARDWARE / "led"
    folder.mkdir(parents=True, exist_ok=True)
    sheet.render(folder / f"{name}.kicad_sch", 1, set(), f"/{stable_id(name, name, 'sheet')}", name)


def main() -> None:
    """All lamp boards, or those named on the command line."""
    symbols = library(p.boxes(), HARDWARE / "lib/ansim.kicad_sym")
    for name, (title, describe, plan) in BOARDS.items():
        if len(sys.argv) > 1 and name not in sys.argv[1:]:
            continue
        write_sheet(name, title, describe, symbols)
        folder = HARDWARE / "led"
        Maker(plan(), folder, {}).make()


if __name__ == "__main__":
    main()
