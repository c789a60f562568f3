"""The breadboard as a picture: holes, parts, jumpers and leads of `kit.toml`, up to a step of the guide.

Input is the table and the step; output is a `Drawing`.  What the step adds has full colour, what was there before is
pale, so each picture shows what to do now.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from hardware.fabrication.svg import INK, Drawing
from hardware.kit.table import kit

PITCH: Final = 20.0
LEFT, TOP = 90.0, 190.0
WIDTH, HEIGHT = 1440.0, 600.0
ROWS: Final = {
    "T+": 0.0, "T-": 1.0, "j": 3.6, "i": 4.6, "h": 5.6, "g": 6.6, "f": 7.6,
    "e": 10.0, "d": 11.0, "c": 12.0, "b": 13.0, "a": 14.0, "B+": 16.6, "B-": 17.6,
}  # fmt: skip
COLOURS: Final = {
    "red": "#d32f2f", "black": "#222222", "orange": "#ef6c00", "yellow": "#d9a400", "green": "#2e7d32",
    "violet": "#7e57c2", "blue": "#1565c0", "white": "#9aa4ad", "grey": "#607d8b",
}  # fmt: skip
BANDS: Final = ("#111111", "#6d4c41", "#d32f2f", "#ef6c00", "#fdd835", "#2e7d32", "#1565c0", "#7e57c2", "#757575",
                "#fafafa")  # fmt: skip
DEVICES: Final = {
    "on": (700.0, "축상 램프 / ring"), "left": (875.0, "왼쪽 / left lamps"), "right": (1020.0, "오른쪽 / right"),
    "camera": (1165.0, "카메라 / camera"), "pi": (1330.0, "파이 / Pi"),
}  # fmt: skip
PALE_SHARE: Final = 0.3
Point = tuple[float, float]


def at(hole: str) -> tuple[float, float]:
    """Where a hole is on the sheet."""
    row = hole[:2] if hole[1] in "+-" else hole[0]
    return LEFT + PITCH * int(hole[len(row) :]), TOP + PITCH * ROWS[row]


def _around(holes: dict[str, Point]) -> tuple[float, float, float, float]:
    """Least x and y, largest x and y."""
    xs, ys = [x for x, _ in holes.values()], [y for _, y in holes.values()]
    return min(xs), min(ys), max(xs), max(ys)


class Board:
    """The picture of one step."""

    def __init__(self, step: int, *, is_whole: bool = False) -> None:
        """`is_whole`: everything in full colour."""
        self.sheet = Drawing(WIDTH, HEIGHT)
        self._step, self._is_whole = step, is_whole
        self._now = 0
        """Step of what is drawn."""
        self._labels: list[tuple[int, Callable[[], None]]] = []
        """Which wires would hide: drawn last."""
        self._rails()

    def draw(self) -> str:
        """The file."""
        return self.sheet.render()

    def fill(self) -> Board:
        """Parts below, wires above them, labels above all."""
        table = kit()
        for name, place in table["place"].items():
            if place["step"] <= self._step:
                self._with(place["step"], lambda n=name, p=place: self._part(n, p))
        for name, (ohm, start, end, step) in table["resistor"].items():
            if step <= self._step:
                self._with(step, lambda n=name, o=ohm, a=start, b=end: self._resistor(n, o, a, b))
        for start, end, colour, step in table["wire"].values():
            if step <= self._step:
                self._with(step, lambda a=start, b=end, c=colour: self._wire(at(a), at(b), COLOURS[c]))
        self._leads(table)
        for step, label in self._labels:
            self._with(step, label)
        return self

    def mark(self, hole: str, number: int) -> None:
        """A numbered point, for the measurements."""
        x, y = at(hole)
        self.sheet.disc(x, y, 13, "#00695c")
        self.sheet.text(x, y + 5.5, str(number), 15, "middle", "white", bold=True)

    def jumper(self, start: str, end: str, colour: str) -> None:
        """A wire that is there for one measurement only."""
        self.sheet.line([at(start), at(end)], colour, 3.0, dashed=True)

    def _with(self, step: int, draw: Any) -> None:
        begin, self._now = len(self.sheet.elements), step
        draw()
        if step < self._step and not self._is_whole:
            inside = "\n".join(self.sheet.elements[begin:])
            self.sheet.elements[begin:] = [f'<g opacity="{PALE_SHARE:g}">\n{inside}\n</g>']

    def _label(self, x: float, y: float, words: str, size: float, anchor: str = "start", **how: Any) -> None:
        look = {"edge": "white"} | how
        self._labels.append((self._now, lambda: self.sheet.text(x, y, words, size, anchor, **look)))

    def _rails(self) -> None:
        sheet = self.sheet
        sheet.box(LEFT - 6, TOP - 26, PITCH * 64 + 12, PITCH * 17.6 + 52, "#fbfaf6", "#b9b4a6")
        for rail, colour in (("T+", "red"), ("T-", "black"), ("B+", "red"), ("B-", "black")):
            y = TOP + PITCH * ROWS[rail]
            sheet.line([(LEFT + 10, y), (LEFT + PITCH * 63.5, y)], COLOURS[colour], 0.8)
            for x in (LEFT - 22, LEFT + PITCH * 64 + 12):
                sheet.text(x, y + 5, rail, 13, colour=COLOURS[colour], bold=True)
        sheet.box(LEFT, TOP + PITCH * 8.5, PITCH * 64, PITCH * 0.6, "#efece3", "#efece3")
        for column in range(1, 64):
            x = LEFT + PITCH * column
            for y in ROWS.values():
                sheet.disc(x, TOP + PITCH * y, 2.2, "#a8a498")
            if column == 1 or column % 5 == 0:
                for row in (3.0, 14.75):
                    sheet.text(x, TOP + PITCH * row + 4, str(column), 10, "middle", "#6b675c")
        for letter in "abcdefghij":
            for x in (LEFT + 2, LEFT + PITCH * 64 - 2):
                sheet.text(x, TOP + PITCH * ROWS[letter] + 4, letter, 11, "middle", "#6b675c")

    def _part(self, name: str, place: dict[str, Any]) -> None:
        holes = {pin: at(hole) for pin, hole in place["holes"].items()}
        match place["kind"]:
            case "nano":
                self._nano(holes)
            case "chip":
                self._chip(f"{name} {place['value']}", holes)
            case "transistor" | "to92":
                self._standing(name, place["value"], holes)
            case "can":
                self._can(name, place["value"], holes)
            case "button":
                self._button(f"{name} {place['value']}", holes)
            case "bead":
                self._two(name, "", list(holes.values()), "#c98f2b")
            case _:
                self._two(name, place["value"], list(holes.values()), "#e0b000")

    def _nano(self, holes: dict[str, Point]) -> None:
        sheet, (low, top, high, foot) = self.sheet, _around(holes)
        sheet.box(low - 16, top - 9, high - low + 26, foot - top + 18, "#1e6f8e", "#0d3d50")
        sheet.box(low - 34, (top + foot) / 2 - 22, 46, 44, "#c9ced3", "#707880")
        sheet.text(low - 11, (top + foot) / 2 + 4, "USB", 11, "middle")
        sheet.text((low + high) / 2 + 12, (top + foot) / 2 + 6, "A1  Arduino Nano", 17, "middle", "white", bold=True)
        for pin, (x, y) in holes.items():
            sheet.disc(x, y, 4, "#e8c547")
            label = {"GND2": "GND", "RST2": "RST"}.get(pin, pin)
            self._label(x, y + (15 if y == top else -9), label, 7.5, "middle", colour="white", edge="#1e6f8e")

    def _chip(self, title: str, holes: dict[str, Point]) -> None:
        sheet, (low, top, high, foot) = self.sheet, _around(holes)
        sheet.box(low - 8, top + 5, high - low + 16, foot - top - 10, "#2b2b2b", "#000000")
        sheet.disc(low - 3, (top + foot) / 2, 5, "#666666")
        sheet.text((low + high) / 2 + 4, (top + foot) / 2 + 5, title, 13, "middle", "white", bold=True)
        for pin, (x, y) in holes.items():
            sheet.disc(x, y, 3.4, "#c9ced3")
            self._label(x, y + (-8 if y == foot else 14), pin, 8, "middle", colour="white", edge="#2b2b2b")

    def _standing(self, name: str, value: str, holes: dict[str, Point]) -> None:
        sheet, (low, top, high, _) = self.sheet, _around(holes)
        sheet.box(low - 10, top - 44, high - low + 20, 26, "#2b2b2b", "#000000")
        self._label((low + high) / 2, top - 26, name, 13, "middle", colour="white", bold=True, edge="#2b2b2b")
        self._label(high + 14, top - 27, value, 10.5)
        for pin, (x, y) in holes.items():
            sheet.line([(x, y), (x, top - 18)], "#8b9096", 3)
            sheet.disc(x, y, 3.4, "#8b9096")
            self._label(x + 4, y - 5, pin, 9.5, bold=True)

    def _can(self, name: str, value: str, holes: dict[str, Point]) -> None:
        sheet, (low, _, high, _) = self.sheet, _around(holes)
        sheet.disc((low + high) / 2, TOP - 50, 21, "#37474f")
        sheet.text((low + high) / 2, TOP - 46, name, 12, "middle", "white", bold=True)
        sheet.text((low + high) / 2, TOP - 76, value, 11, "middle")
        for pin, (x, y) in holes.items():
            sheet.line([(x, TOP - 33), (x, y)], "#8b9096", 2.4)
            sheet.text(x + (-9 if pin == "+" else 9), TOP - 30, pin, 13, "middle", bold=True)

    def _button(self, title: str, holes: dict[str, Point]) -> None:
        sheet, (low, top, _, foot) = self.sheet, _around(holes)
        x, y = low + 20, (top + foot) / 2
        sheet.box(x - 26, y - 17, 52, 34, "#455a64", "#222222")
        sheet.disc(x, y, 11, "#d32f2f")
        for px, py in holes.values():
            sheet.line([(px, py), (px, y + (17 if py > y else -17))], "#8b9096", 3)
            sheet.disc(px, py, 3.4, "#8b9096")
        sheet.text(x + 32, y + 5, title, 11)

    def _two(self, name: str, value: str, ends: list[Point], colour: str) -> None:
        (ax, ay), (bx, by) = ends
        x, y = (ax + bx) / 2, (ay + by) / 2
        self.sheet.line([(ax, ay), (bx, by)], "#8b9096", 2.4)
        self.sheet.disc(x, y, 8.5, colour)
        self._label(x, y + 3.5, name, 8.5, "middle", colour="white", bold=True, edge=colour)
        self._label(x + 12, y + 4, value, 10)

    def _resistor(self, name: str, ohm: int, start: str, end: str) -> None:
        (ax, ay), (bx, by) = at(start), at(end)
        sheet, x, y = self.sheet, (ax + bx) / 2, (ay + by) / 2
        sheet.line([(ax, ay), (bx, by)], "#8b9096", 2.4)
        lies = abs(bx - ax) > abs(by - ay)
        wide, tall = (40.0, 12.0) if lies else (13.0, 28.0)
        sheet.box(x - wide / 2, y - tall / 2, wide, tall, "#e6cfa5", "#8a744a")
        digits = f"{ohm:.1e}"
        bands = (int(digits[0]), int(digits[2]), int(digits[-2:]) - 1)
        for k, digit in enumerate(bands):
            if lies:
                sheet.line([(x - 11 + 9 * k, y - 6), (x - 11 + 9 * k, y + 6)], BANDS[digit], 3)
            else:
                sheet.line([(x - 6, y - 7 + 6 * k), (x + 6, y - 7 + 6 * k)], BANDS[digit], 3)
        said = f"{ohm / 1000:g}k" if ohm >= 1000 else f"{ohm}"
        if lies:
            self._label(x, y - 9, f"{name} {said}", 9.5, "middle", bold=True)
        else:
            column = int(end.lstrip("abcdefghijTB+-"))
            rail = f"{end[:2]}{column + 1}"
            beside = end[0] == "B" and any(rail in row[1:3] for row in kit()["resistor"].values())
            anchor, edge = ("end", x - 9) if beside else ("start", x + 9)
            self._label(edge, y - 1, name, 9.5, anchor, bold=True)
            self._label(edge, y + 9, said, 9.5, anchor)

    def _wire(self, a: tuple[float, float], b: tuple[float, float], colour: str, bend: float = 0.16) -> None:
        (ax, ay), (bx, by) = a, b
        dx, dy = bx - ax, by - ay
        over = bend if abs(dx) > 30 else 0.0
        cx, cy = (ax + bx) / 2 + abs(dy) * over * 0.5, (ay + by) / 2 - abs(dx) * over
        way = f"M{ax:g} {ay:g} Q{cx:g} {cy:g} {bx:g} {by:g}"
        self.sheet.path(way, "white", 6.0)
        self.sheet.path(way, colour, 3.6)
        for x, y in (a, b):
            self.sheet.disc(x, y, 3.8, colour)

    def _leads(self, table: dict[str, Any]) -> None:
        devices: dict[str, list[tuple[str, str, str, int]]] = {}
        for hole, pin, colour, step in table["lead"].values():
            if step <= self._step:
                device, _, label = pin.partition(".")
                devices.setdefault(device, []).append((hole, label, colour, step))
        for device, leads in devices.items():
            x, title = DEVICES[device]
            wide = max(134.0, 30.0 * len(leads) + 20)
            self.sheet.box(x - wide / 2, 34, wide, 46, "#eef2f6")
            self.sheet.text(x, 54, title, 13, "middle", bold=True)
            for k, (hole, label, colour, step) in enumerate(leads):
                px = x + 30.0 * (k - (len(leads) - 1) / 2)
                self._with(step, lambda h=hole, c=colour, p=px: self._hang((p, 80.0), at(h), COLOURS[c]))
                self.sheet.text(px, 74, label, 10, "middle", INK)

    def _hang(self, a: tuple[float, float], b: tuple[float, float], colour: str) -> None:
        (ax, ay), (bx, by) = a, b
        way = f"M{ax:g} {ay:g} C{ax:g} {ay + 60:g} {bx:g} {by - 90:g} {bx:g} {by:g}"
        self.sheet.path(way, "white", 6.0)
        self.sheet.path(way, colour, 3.6)
        self.sheet.disc(bx, by, 3.8, colour)
