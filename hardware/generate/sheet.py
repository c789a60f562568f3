"""Schematic sheets from short descriptions: a symbol, where it stands, which net each pin is on. Pins get a stub with a
label or a power symbol; what is drawn with `wire` needs none. Coordinates in grid steps of 2.54 mm, y down.
"""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from sexpr import Node, Quoted, number, stable_id, write
from symbols import GRID, Pin, Symbol

POWER = {"GND": "GND", "+5V": "+5V", "+5VA": "+5VA", "+3V3": "+3V3", "+18V": "+12V", "PWR_FLAG": "PWR_FLAG"}
"""Nets drawn as power symbols, and the symbol that draws them."""
STEP = {0: (-1, 0), 180: (1, 0), 90: (0, 1), 270: (0, -1)}
"""From a pin's angle, the way out of the body on the sheet (y down)."""
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Part:
    """What is bought: symbol, value, footprint and, for the bill of materials, the manufacturer's number."""

    symbol: str
    value: str
    footprint: str
    mpn: str = ""
    datasheet: str = "~"
    is_option: bool = False
    """On the board, but not fitted (KiCad: do not populate) unless somebody orders the option."""


@dataclass(slots=True)
class Placed:
    """A symbol on a sheet."""

    ref: str
    unit: int
    at: Point
    angle: int
    mirror: str
    part: Part
    symbol: Symbol


@dataclass(slots=True)
class Sheet:
    """One page. `render` makes the file once all pages are described, because a label's kind depends on the others."""

    name: str
    title: str
    symbols: dict[str, Symbol]
    paper: str = "A4"
    revision: str = "A"
    nodes: list[Node] = field(default_factory=list)
    placed: dict[tuple[str, int], Placed] = field(default_factory=dict)
    labels: list[tuple[str, Point, int]] = field(default_factory=list)
    ends: list[tuple[Point, Point]] = field(default_factory=list)
    power_count: int = 0

    def add(
        self, ref: str, part: Part, at: Point, nets: dict[str, str] | None = None, *, angle: int = 0, mirror: str = "",
        unit: int = 1, stub: float = 1, text: str = "auto", ref_at: Point | None = None,
    ) -> Placed:  # fmt: skip
        """Places `part`; `nets` maps pin numbers to nets (`NC` marks a pin that stays open, absent ones are wired by
        hand). `ref_at`, relative to `at`: the designator stands there and the value is not shown.
        """
        placed = Placed(ref, unit, at, angle, mirror, part, self.symbols[part.symbol])
        self.placed[ref, unit] = placed
        self.nodes.append(self._symbol_node(placed, text, ref_at))
        for pin in placed.symbol.pins:
            if pin.unit in {0, unit} and nets and pin.number in nets:
                self._connect(placed, pin, nets[pin.number], stub)
        return placed

    def pin(self, ref: str, pin_number: str, unit: int = 1) -> Point:
        """Where a pin of a placed symbol ends, in grid steps."""
        placed = self.placed[ref, unit]
        return self._end(placed, next(p for p in placed.symbol.pins if p.number == pin_number))[0]

    def wire(self, *points: Point) -> None:
        """A line through all points, which must be level or upright from one to the next."""
        for a, b in itertools.pairwise(points):
            if a != b:
                self.ends.append((_snap(a), _snap(b)))

    def join(self, *points: Point) -> None:
        """Like `wire`, but bends between points that are neither level nor upright: first level, then upright."""
        for a, b in itertools.pairwise(points):
            if a[0] != b[0] and a[1] != b[1]:
                self.wire(a, (b[0], a[1]), b)
            else:
                self.wire(a, b)

    def label(self, net: str, at: Point, angle: int = 0) -> None:
        """Names a net at a point. Angle 0: text to the right, 180: to the left, 90: up, 270: down."""
        if net in POWER:
            self.power(net, at)
        else:
            self.labels.append((net, _snap(at), angle))

    def power(self, net: str, at: Point, angle: int = 0) -> None:
        """A power symbol, or a flag that tells the checker that a net is fed from outside."""
        self.power_count += 1
        ref = f"#{'FLG' if net == 'PWR_FLAG' else 'PWR'}{self.name[:3].upper()}{self.power_count:02}"
        symbol = self.symbols[POWER[net]]
        placed = Placed(ref, 1, at, angle, "", Part(POWER[net], net, ""), symbol)
        self.placed[ref, 1] = placed
        self.nodes.append(self._symbol_node(placed, "power"))

    def block(self, title: str, corner: Point, size: Point, note: str = "") -> None:
        """A dashed frame with a title at its upper left and, at its foot, a note."""
        (x, y), (w, h) = corner, size
        self.nodes.append(["rectangle", ["start", _mm(x), _mm(y)], ["end", _mm(x + w), _mm(y + h)],
                           ["stroke", ["width", "0.2"], ["type", "dash"], ["color", "90", "110", "150", "1"]], ["fill", ["type", "none"]],
                           ["uuid", stable_id(self.name, "block", title)]])  # fmt: skip
        self.text(title, (x + 0.5, y + 0.9), size=2.0, bold=True)
        if note:
            self.text(note, (x + 0.5, y + h - 0.4), size=1.27, bottom=True)

    def text(self, words: str, at: Point, size: float = 1.5, *, bold: bool = False, bottom: bool = False) -> None:
        """Free text, left aligned; `at` is its middle for one line, its bottom with `bottom`."""
        font: Node = ["font", ["size", number(size), number(size)]]
        if bold:
            font.append(["bold", "yes"])
        justify = ["justify", "left", "bottom"] if bottom else ["justify", "left"]
        self.nodes.append(["text", Quoted(words), ["exclude_from_sim", "no"], ["at", _mm(at[0]), _mm(at[1]), "0"],
                           ["effects", font, justify], ["uuid", stable_id(self.name, "text", words, at)]])  # fmt: skip

    def _connect(self, placed: Placed, pin: Pin, net: str, stub: float) -> None:
        end, (dx, dy) = self._end(placed, pin)
        if net == "NC":
            self.nodes.append(
                [
                    "no_connect",
                    ["at", _mm(end[0]), _mm(end[1])],
                    ["uuid", stable_id(self.name, placed.ref, pin.number, "nc")],
                ]
            )
            return
        if net in POWER:
            upright = {"GND": (0, 1)}.get(net, (0, -1))
            if (dx, dy) == upright:
                self.power(net, end)
                return
            far = (end[0] + dx * stub, end[1] + dy * stub)
            self.wire(end, far)
            turn = {(1, 0): 90, (-1, 0): 270}.get((dx, dy), 0)
            self.power(net, far, turn if net == "GND" or not turn else 360 - turn)
            return
        far = (end[0] + dx * stub, end[1] + dy * stub)
        self.wire(end, far)
        self.label(net, far, {(1, 0): 0, (-1, 0): 180, (0, -1): 90, (0, 1): 270}[dx, dy])

    @staticmethod
    def _end(placed: Placed, pin: Pin) -> tuple[Point, tuple[int, int]]:
        """End of the pin on the sheet and the way out of the body."""
        x, y, (dx, dy) = pin.x / GRID, -pin.y / GRID, STEP[pin.angle]
        if placed.mirror == "y":
            x, dx = -x, -dx
        if placed.mirror == "x":
            y, dy = -y, -dy
        for _ in range(placed.angle // 90):
            x, y, dx, dy = y, -x, dy, -dx
        return _snap((placed.at[0] + x, placed.at[1] + y)), (dx, dy)

    def _fields(self, placed: Placed, text: str) -> Iterable[tuple[str, str, Point, str, bool]]:
        """(key, value, place, justification, hidden) of each field."""
        left, low, _right, high = (v / GRID for v in placed.symbol.box)
        (x, y), part = placed.at, placed.part
        small = {"R", "C", "C_Polarized", "L", "Fuse", "Polyfuse", "FerriteBead", "LED", "D", "D_Schottky", "D_TVS"}
        lies = (placed.angle % 180 == 0) == (part.symbol in {"LED", "D", "D_Schottky", "D_TVS"})
        if text == "power":
            spots = ((x, y), self._power_text(placed), "center")
        elif part.symbol in small and lies:
            away = 0.95 if part.symbol in {"R", "Fuse", "Polyfuse", "L"} else 1.35
            spots = ((x, y - away), (x, y + away), "center")
        elif part.symbol in small:
            aside = 0.75 if part.symbol in {"R", "Fuse", "Polyfuse", "L"} else 1.15
            spots = ((x + aside, y - 0.45), (x + aside, y + 0.45), "right" if placed.angle else "left")
        elif part.symbol in {"AO3400A", "BSS138", "MMBT3904"}:
            spots = ((x + 2.1, y - 0.45), (x + 2.1, y + 0.45), "left")
        elif part.symbol == "TestPoint":
            spots = ((x, y + (1.9 if placed.angle else -1.9)), (x + 0.8, y - 0.9), "center")
        elif part.symbol == "Buzzer":
            spots = ((x, y - 2.2), (x, y + 2.2), "center")
        elif part.symbol == "SW_Push":
            spots = ((x, y - 1.3), (x, y + 0.9), "center")
        elif part.symbol in {"74HC11", "74HC02"}:
            tall = not any(p.unit == placed.unit and p.name == "~" for p in placed.symbol.pins)
            spots = ((x - 0.4, y), (x + 0.5, y), "center") if tall else ((x, y - 2.0), (x, y + 2.0), "center")
        else:
            bottom = any(p.angle == 90 for p in placed.symbol.pins)
            spots = ((x + left, y - high - 0.6), (x + (0.6 if bottom else left), y - low + 0.6), "left")
        (ref_at, value_at, justify) = spots
        flag = part.value == "PWR_FLAG"
        yield "Reference", placed.ref, ref_at, justify, text in {"power", "none"} or placed.ref.startswith("H")
        yield "Value", part.value, value_at, justify, text == "none" or flag or placed.ref.startswith(("TP", "H"))
        yield "Footprint", "ansim:" + part.footprint.split(":")[-1] if part.footprint else "", (x, y), "center", True
        yield "Datasheet", part.datasheet, (x, y), "center", True
        yield "Description", "", (x, y), "center", True
        if text != "power":
            yield "MPN", part.mpn, (x, y), "center", True

    @staticmethod
    def _power_text(placed: Placed) -> Point:
        """Where the name of a power symbol stands: at its tip, and further out when the symbol lies."""
        (x, y), below = placed.at, placed.part.value == "GND"
        if placed.angle:
            right = (placed.angle == 90) == below
            return x + (1.2 + len(placed.part.value) * 0.27) * (1 if right else -1), y
        return x, y + (1.5 if below else -1.5)

    def _symbol_node(self, placed: Placed, text: str, ref_at: Point | None = None) -> Node:
        key = (self.name, placed.ref, placed.unit)
        node: Node = ["symbol", ["lib_id", Quoted(f"ansim:{placed.part.symbol}")],
                      ["at", _mm(placed.at[0]), _mm(placed.at[1]), str(placed.angle)]]  # fmt: skip
        if placed.mirror:
            node.append(["mirror", placed.mirror])
        bought = "yes" if placed.part.mpn else "no"
        node += [["unit", str(placed.unit)], ["exclude_from_sim", "no"], ["in_bom", bought], ["on_board", "yes"],
                 ["dnp", "yes" if placed.part.is_option else "no"], ["uuid", stable_id(*key)]]  # fmt: skip
        for name, value, at, justify, hidden in self._fields(placed, text):
            if ref_at and name == "Reference":
                at, justify = (placed.at[0] + ref_at[0], placed.at[1] + ref_at[1]), "center"  # noqa: PLW2901 - the loop's value is completed here
            elif ref_at and name == "Value":
                hidden = True  # noqa: PLW2901 - the loop's value is completed here
            angle = "90" if placed.angle % 180 else "0"
            effects: Node = ["effects", ["font", ["size", "1.27", "1.27"]]]
            if justify != "center":
                effects.append(["justify", justify if placed.mirror != "y" else "right"])
            if hidden:
                effects.append(["hide", "yes"])
            node.append(["property", Quoted(name), Quoted(value), ["at", _mm(at[0]), _mm(at[1]), angle], effects])
        for pin in placed.symbol.pins:
            if pin.unit in {0, placed.unit}:
                node.append(["pin", Quoted(pin.number), ["uuid", stable_id(*key, "pin", pin.number)]])
        node.append(["instances", PROJECT, self.name, placed.ref, placed.unit])  # completed by render
        return node

    def _split(self) -> tuple[list[tuple[Point, Point]], list[Point]]:
        """Wires cut where anything touches them, and the points where three or more ends meet."""
        pins = {self._end(p, pin)[0] for p in self.placed.values() for pin in p.symbol.pins if pin.unit in {0, p.unit}}
        touching = pins | {point for wire in self.ends for point in wire} | {at for _, at, _ in self.labels}
        pieces: set[tuple[Point, Point]] = set()
        for a, b in self.ends:
            on = sorted(
                p
                for p in touching
                if min(a[0], b[0]) <= p[0] <= max(a[0], b[0]) and min(a[1], b[1]) <= p[1] <= max(a[1], b[1])
            )
            pieces |= set(itertools.pairwise(on))
        meet: dict[Point, int] = dict.fromkeys(pins, 1)
        for wire in pieces:
            for point in wire:
                meet[point] = meet.get(point, 0) + 1
        return sorted(pieces), sorted(p for p, count in meet.items() if count > 2)

    def render(self, path: Path, page: int, local: set[str], instance: str, project: str) -> None:
        """Writes the file. Nets get global labels, so that they have one name on all sheets; `local` ones a plain name."""
        used = sorted({p.part.symbol for p in self.placed.values()})
        library = [["symbol", Quoted(f"ansim:{name}"), *self.symbols[name].node[2:]] for name in used]
        head: Node = ["kicad_sch", ["version", "20250114"], ["generator", Quoted("ansim")], ["generator_version", Quoted("9.0")],
                      ["uuid", stable_id(project, self.name, "sheet")], ["paper", Quoted(self.paper)],
                      ["title_block", ["title", Quoted(self.title)], ["date", Quoted("2026-11-26")], ["rev", Quoted(self.revision)],
                       ["company", Quoted("Ansim Sweep")], ["comment", "1", Quoted("MIT licence; generated, see hardware/generate")]],
                      ["lib_symbols", *library]]  # fmt: skip
        body: list[Node] = []
        pieces, junctions = self._split()
        for i, (a, b) in enumerate(pieces):
            body.append(["wire", ["pts", ["xy", _mm(a[0]), _mm(a[1])], ["xy", _mm(b[0]), _mm(b[1])]],
                         ["stroke", ["width", "0"], ["type", "default"]], ["uuid", stable_id(self.name, "wire", i)]])  # fmt: skip
        for x, y in junctions:
            body.append(["junction", ["at", _mm(x), _mm(y)], ["diameter", "0"], ["color", "0", "0", "0", "0"],
                         ["uuid", stable_id(self.name, "junction", x, y)]])  # fmt: skip
        for i, (net, (x, y), angle) in enumerate(self.labels):
            body.append(_label_node(self.name, i, net, x, y, angle, is_global=net not in local))
        for node in self.nodes:
            if node[0] == "symbol":  # its sheet is known only now
                _, _, _, ref, unit = node[-1]
                node = [  # noqa: PLW2901 - the loop's value is completed here
                    *node[:-1],
                    [
                        "instances",
                        [
                            "project",
                            Quoted(project),
                            ["path", Quoted(instance), ["reference", Quoted(ref)], ["unit", str(unit)]],
                        ],
                    ],
                ]
            body.append(node)
        tail = [["sheet_instances", ["path", Quoted("/"), ["page", Quoted(str(page))]]]] if page == 1 else []
        path.write_text(write([*head, *body, *tail, ["embedded_fonts", "no"]]) + "\n")


PROJECT = "project"


def _label_node(sheet: str, index: int, net: str, x: float, y: float, angle: int, *, is_global: bool) -> Node:
    justify = "right" if angle in {180, 270} else "left"
    node: Node = ["global_label" if is_global else "label", Quoted(net)]
    if is_global:
        node.append(["shape", "passive"])
    node += [["at", _mm(x), _mm(y), str(angle)], ["effects", ["font", ["size", "1.27", "1.27"]], ["justify", justify] + ([] if is_global else ["bottom"])],
             ["uuid", stable_id(sheet, "label", index, net)]]  # fmt: skip
    if is_global:
        node.append(["property", Quoted("Intersheetrefs"), Quoted("${INTERSHEET_REFS}"), ["at", _mm(x), _mm(y), "0"],
                     ["effects", ["font", ["size", "1.27", "1.27"]], ["hide", "yes"]]])  # fmt: skip
    return node


def _snap(at: Point) -> Point:
    return (round(at[0], 3), round(at[1], 3))


def _mm(steps: float) -> str:
    return number(steps * GRID)
