"""The project's symbol library: the few symbols taken from KiCad's libraries, and boxes for modules and chips whose pins
are drawn in the order of the signal. Writes `lib/ansim.kicad_sym`; hands out pin positions to the sheets.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from sexpr import Node, Quoted, child, children, number, parse, write

KICAD_SYMBOLS = Path(os.environ.get("KICAD9_SYMBOL_DIR", "/usr/share/kicad/symbols"))
BORROWED = {
    "Device": (
        "R",
        "C",
        "C_Polarized",
        "LED",
        "LED_Pad",
        "D",
        "D_Schottky",
        "D_TVS",
        "Fuse",
        "Polyfuse",
        "L",
        "FerriteBead",
        "Buzzer",
    ),
    "Switch": ("SW_Push",),
    "Connector": ("TestPoint",),
    "Jumper": ("Jumper_2_Open",),
    "Mechanical": ("MountingHole_Pad", "MountingHole"),
    "Transistor_FET": ("AO3400A", "BSS138", "NDT3055L"),
    "Transistor_BJT": ("MMBT3904",),
    "74xx": ("74HC02", "74LS11"),
    "MCU_Module": ("Arduino_Nano_v3.x",),
    "power": ("GND", "+5V", "+3V3", "+12V", "+5VA", "PWR_FLAG"),
}
RENAMED = {"74LS11": "74HC11", "Arduino_Nano_v3.x": "Arduino_Nano"}
GRID = 2.54


@dataclass(frozen=True, slots=True)
class Pin:
    """Where a pin ends, relative to the symbol's origin, y up (mm), and the direction it points to from the body."""

    number: str
    name: str
    x: float
    y: float
    angle: int
    """0: the body lies to the right of the end, 180: to the left, 90: above, 270: below."""
    unit: int


@dataclass(frozen=True, slots=True)
class Symbol:
    """A symbol of the library with its pins and the box around its body (left, bottom, right, top; mm, y up)."""

    name: str
    node: Node
    pins: tuple[Pin, ...]
    box: tuple[float, float, float, float]
    is_power: bool


def _flat(library: Node, name: str) -> Node:
    """Symbol `name` of a KiCad library; one that extends another is made whole."""
    own = next(s for s in children(library, "symbol") if s[1] == name)
    parent = child(own, "extends")
    if parent is None:
        return own
    base = _flat(library, parent[1])
    properties = {p[1]: p for p in children(own, "property")}
    merged: Node = ["symbol", Quoted(name)]
    for part in base[2:]:
        if isinstance(part, list) and part[0] == "property" and part[1] in properties:
            merged.append(properties.pop(part[1]))
        elif isinstance(part, list) and part[0] == "symbol":
            merged.append(["symbol", Quoted(str(part[1]).replace(base[1], name)), *part[2:]])
        else:
            merged.append(part)
    return merged


def _rename(node: Node, old: str, new: str) -> Node:
    renamed: Node = []
    for part in node:
        if isinstance(part, list) and part[0] == "symbol":
            renamed.append(["symbol", Quoted(str(part[1]).replace(old, new, 1)), *part[2:]])
        else:
            renamed.append(part)
    renamed[1] = Quoted(new)
    return renamed


def _unit_of(name: str) -> tuple[int, int]:
    unit, style = name.rsplit("_", 2)[1:]
    return int(unit), int(style)


def _read(node: Node) -> Symbol:
    pins, xs, ys = [], [], []
    for part in children(node, "symbol"):
        unit, style = _unit_of(part[1])
        if style > 1:
            continue
        for pin in children(part, "pin"):
            at, length = child(pin, "at"), float(child(pin, "length")[1])
            x, y, angle = float(at[1]), float(at[2]), int(at[3])
            pins.append(Pin(child(pin, "number")[1], child(pin, "name")[1], x, y, angle, unit))
            dx, dy = {0: (1, 0), 180: (-1, 0), 90: (0, 1), 270: (0, -1)}[angle]
            xs.append(x + dx * length)
            ys.append(y + dy * length)
        for shape in children(part, "rectangle"):
            for corner in ("start", "end"):
                xs.append(float(child(shape, corner)[1]))
                ys.append(float(child(shape, corner)[2]))
    box = (min(xs, default=0), min(ys, default=0), max(xs, default=0), max(ys, default=0))
    return Symbol(str(node[1]), node, tuple(pins), box, child(node, "power") is not None)


def _effects(size: float = 1.27, *, hide: bool = False) -> Node:
    effects: Node = ["effects", ["font", ["size", number(size), number(size)]]]
    return [*effects, ["hide", "yes"]] if hide else effects


def box(name: str, reference: str, left: str, right: str, width: int = 8, top: str = "", bottom: str = "") -> Node:
    """A box of `width` grid steps. Pins as `number:name:type`, one a word, `-` leaves a gap; types are KiCad's, shortened."""
    kinds = {
        "i": "input",
        "o": "output",
        "b": "bidirectional",
        "p": "passive",
        "w": "power_in",
        "W": "power_out",
        "n": "no_connect",
    }
    rows = max(len(left.split()), len(right.split()), 1)
    half_w, top_y = width * GRID / 2, (rows + 1) * GRID / 2
    top_y = round(top_y / GRID) * GRID
    bottom_y = top_y - (rows + 1) * GRID
    pins: list[Node] = []

    def pin(word: str, x: float, y: float, angle: int) -> None:
        if word != "-":
            num, label, kind = word.split(":")
            pins.append(["pin", kinds[kind], "line", ["at", number(x), number(y), str(angle)], ["length", number(GRID)],
                         ["name", Quoted(label), _effects()], ["number", Quoted(num), _effects()]])  # fmt: skip

    for row, word in enumerate(left.split()):
        pin(word, -half_w - GRID, top_y - (row + 1) * GRID, 0)
    for row, word in enumerate(right.split()):
        pin(word, half_w + GRID, top_y - (row + 1) * GRID, 180)
    for words, y, angle in ((top.split(), top_y + GRID, 270), (bottom.split(), bottom_y - GRID, 90)):
        start = -((len(words) - 1) // 2) * GRID
        for column, word in enumerate(words):
            pin(word, start + column * GRID, y, angle)
    body = ["rectangle", ["start", number(-half_w), number(top_y)], ["end", number(half_w), number(bottom_y)],
            ["stroke", ["width", "0.254"], ["type", "default"]], ["fill", ["type", "background"]]]  # fmt: skip

    def field(key: str, value: str, y: float, *, hide: bool = False) -> Node:
        return ["property", Quoted(key), Quoted(value), ["at", "0", number(y), "0"], _effects(hide=hide)]

    return ["symbol", Quoted(name), ["exclude_from_sim", "no"], ["in_bom", "yes"], ["on_board", "yes"],
            field("Reference", reference, top_y + 1.27), field("Value", name, bottom_y - 1.27),
            field("Footprint", "", 0, hide=True), field("Datasheet", "~", 0, hide=True), field("Description", "", 0, hide=True),
            ["symbol", Quoted(f"{name}_0_1"), body], ["symbol", Quoted(f"{name}_1_1"), *pins]]  # fmt: skip


def library(boxes: list[Node], path: Path) -> dict[str, Symbol]:
    """Writes the library and returns its symbols by name."""
    nodes: list[Node] = []
    for file, names in BORROWED.items():
        content = parse((KICAD_SYMBOLS / f"{file}.kicad_sym").read_text())
        for name in names:
            flat = _flat(content, name)
            flat = [
                part for part in flat if part[:2] != ["property", "ki_fp_filters"]
            ]  # footprints are chosen in parts.py
            nodes.append(_rename(flat, name, RENAMED[name]) if name in RENAMED else flat)
    nodes += boxes
    head: Node = [
        "kicad_symbol_lib",
        ["version", "20241209"],
        ["generator", Quoted("ansim")],
        ["generator_version", Quoted("9.0")],
    ]
    path.write_text(write([*head, *nodes]) + "\n")
    return {str(node[1]): _read(node) for node in nodes}
