"""Generates the lamp boards: ring around the lens, off-axis bar, white stimulus. Shapes and places from `interfaces.toml`."""

import math
import sys
from collections.abc import Callable
from typing import Any

import circuit
import parts as p
from board import HARDWARE, Maker, Place, Plan
from router import Klass
from sexpr import stable_id
from sheet import Part, Sheet
from symbols import Symbol, library

TABLE: dict[str, Any] = circuit.TABLE
CLASSES = [Klass(0.6, 0.7, 0.35)]
IR = Part(
    "LED_Pad", "VSMA1085250", "LED_SMD:LED_Cree-XP", "VSMA1085250", "https://www.vishay.com/docs/80297/vsma1085250.pdf"
)
WHITE = Part("LED_Pad", "XP-G3", "LED_SMD:LED_Cree-XP", TABLE["led"]["white"]["part"])


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
        s.add(ref, part, (x + 9 * i, y), {"3": heat}, mirror="y", ref_at=(0, -1.5))
        a, k = s.pin(ref, "2"), s.pin(ref, "1")
        s.wire((x - 4.5 if i == 0 else s.pin(f"D{first + i - 1}", "1")[0], a[1]), a)
        if i == count - 1:
            s.wire(k, (x + 9 * i + 4.5, k[1]))
            s.label(cathode, (x + 9 * i + 4.5, k[1]), 0)


def ring_sheet(s: Sheet) -> None:
    """Two strings of four around the lens; neighbours belong to different strings, so one that fails leaves a ring."""
    s.block("ON-AXIS RING: two strings of four, neighbours alternate", (10, 10), (60, 34),
            "Pulses of 0.1 A, at most 2 ms. LEDs on the front, connector on the back.")  # fmt: skip
    _string(s, 1, 4, (22, 18), "A", "K1", IR)
    _string(s, 5, 4, (22, 27), "A", "K2", IR)
    s.add("J1", socket(3, "LAMP3"), (20, 36), {"1": "A", "2": "K1", "3": "K2"})


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


def ring_plan() -> Plan:
    """LEDs stand radially: the cathode of each towards the anode of the next of its string."""
    row = TABLE["ring"]
    c = row["outline_diameter_mm"] / 2
    places: dict[str, Place] = {}
    order = (1, 5, 2, 6, 3, 7, 4, 8)
    for i, ref in enumerate(order):
        angle = row["led_first_angle_deg"] + 360 / row["led_count"] * i
        turn = math.radians(angle)
        places[f"D{ref}"] = (
            round(c + row["led_radius_mm"] * math.cos(turn), 4),
            round(c - row["led_radius_mm"] * math.sin(turn), 4),
            (angle + 270) % 360,
        )
    places["J1"] = (c, c - 14.0, 0)
    holes = [(c + row["hole_radius_mm"] * math.cos(math.radians(a)), c - row["hole_radius_mm"] * math.sin(math.radians(a)), row["hole_diameter_mm"])
             for a in row["hole_angles_deg"]]  # fmt: skip
    texts = [
        ("ON AXIS", c, c + 16.2, 1.2, 0.0, False),
        ("ON-AXIS RING  A", c, c + 15, 1.2, 0.0, True),
    ]
    return Plan("ring", (2 * c, 2 * c), places, CLASSES, {}, back={"J1"}, circle=True, labels={"J1": {"1": "A", "2": "K1", "3": "K2"}}, label_side={"J1": "down"}, bore_mm=row["bore_diameter_mm"], holes=holes,
                texts=texts, planes=(), thickness_mm=row["thickness_mm"])  # fmt: skip


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
    return Plan("white", (w, h), places, CLASSES, {}, corner_mm=2, holes=holes, texts=[("WHITE  A", w / 2, 1.6, 1.2, 0.0, False)],
                planes=(0,), plane_net="A", two_sided=False, labels={"J1": {"1": "A", "2": "1", "3": "2", "4": "3"}}, label_side={"J1": "up"}, thickness_mm=row["thickness_mm"])  # fmt: skip


BOARDS: dict[str, tuple[str, Callable[[Sheet], None], Callable[[], Plan]]] = {
    "ring": ("On-axis ring", ring_sheet, ring_plan),
    "bar": ("Off-axis bar", bar_sheet, bar_plan),
    "white": ("White stimulus", white_sheet, white_plan),
}


def write_sheet(name: str, title: str, describe: Callable[[Sheet], None], symbols: dict[str, Symbol]) -> None:
    """A schematic of one page."""
    sheet = Sheet(name, title, symbols)
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
