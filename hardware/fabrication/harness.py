"""The cable set as a maker of cables is asked for it: one drawing a cable with housings, and the same as a table.

Job: `harness.svg` (`python -m hardware.fabrication.drawings`) and the rows of `build/order/cables.csv`. Input:
`cables.toml`; output: words and SVG. Only cables with crimped contacts: the rest is bought whole or soldered.
"""

from __future__ import annotations

from hardware.fabrication.cables import HOUSINGS, Cable, cables, pins_of
from hardware.fabrication.svg import INK, RED, Drawing
from hardware.fabrication.wiring import STROKES

COLUMNS = ("Cable", "Option", "From", "To", "Pin", "To pin", "Colour", "AWG", "Length mm", "Housings and contacts")
TOLERANCE_MM = 10
"""Plus and minus, from housing to housing (guessed: nothing is tight)."""
WIDTH, COLUMN, PITCH, HEAD = 1240.0, 610.0, 20.0, 62.0


def crimped() -> list[Cable]:
    """Cables with at least one housing."""
    return [cable for cable in cables() if any(part.startswith(HOUSINGS) for part in cable.parts)]


def contacts(*, with_options: bool) -> int:
    """How many contacts are crimped for a probe."""
    return sum(
        count
        for cable in crimped()
        if with_options or not cable.is_optional
        for part, count in cable.parts.items()
        if part.startswith(("SPH-", "SVH-"))
    )


def rows() -> list[dict[str, str]]:
    """One a conductor."""
    found = []
    for cable in crimped():
        parts = ", ".join(f"{count} x {part}" for part, count in cable.parts.items())
        for wire in cable.wires:
            cells = (
                cable.name,
                "yes" if cable.is_optional else "",
                cable.start,
                cable.end,
                wire.here,
                wire.there,
                wire.colour,
                str(cable.awg),
                f"{cable.length_mm:g} +-{TOLERANCE_MM}",
                parts,
            )
            found.append(dict(zip(COLUMNS, cells, strict=True)))
    return found


def height(cable: Cable) -> float:
    """Of one drawing."""
    return HEAD + PITCH * len(cable.wires) + 34.0


def one(sheet: Drawing, cable: Cable, x: float, y: float) -> None:
    """Both ends with their pins, the conductors between them."""
    option = " (선택 / option)" if cable.is_optional else ""
    sheet.text(x, y + 16, f"{cable.name}{option}", 15, bold=True)
    parts = ", ".join(f"{count} x {part}" for part, count in cable.parts.items())
    sheet.text(x, y + 34, f"{cable.awg} AWG, {cable.length_mm:g} ± {TOLERANCE_MM} mm; {parts}", 11.5)
    tall = PITCH * len(cable.wires) + 8
    for left, end in ((x, cable.start), (x + 420, cable.end)):
        is_board = bool(pins_of(end))
        sheet.box(left, y + 44, 130, tall, "#f6f1e3" if is_board else "#ffffff")
        sheet.text(left + 65, y + 44 + tall + 15, end, 11.5, "middle", bold=True)
    for step, wire in enumerate(cable.wires):
        at = y + 44 + 4 + PITCH * (step + 0.5)
        sheet.line([(x + 130, at), (x + 420, at)], STROKES[wire.colour], 3)
        sheet.text(x + 124, at + 4, wire.here, 12, "end")
        sheet.text(x + 426, at + 4, wire.there, 12)
        sheet.text(x + 275, at - 3, wire.colour, 10, "middle", INK)


def harness() -> str:
    """The whole set on one sheet, in two columns."""
    wanted = crimped()
    half, sums = sum(height(cable) for cable in wanted) / 2, 0.0
    columns: tuple[list[Cable], list[Cable]] = ([], [])
    for cable in wanted:
        columns[int(sums >= half)].append(cable)
        sums += height(cable)
    tall = max(sum(height(cable) for cable in column) for column in columns)
    sheet = Drawing(WIDTH, tall + 130)
    sheet.text(30, 36, "케이블 묶음 / Cable set of one probe", 24, bold=True)
    sheet.text(30, 60, "제작·시험된 적 없음 / UNBUILT: drawn from cables.toml", 14, colour=RED)
    said = f"{contacts(with_options=False)} contacts, options {contacts(with_options=True)}. "
    sheet.text(30, 82, f"{said}Pin 1 at the housing's mark; seen from the wire's side. Test: each pin to its pin.", 13)
    for index, column in enumerate(columns):
        y = 104.0
        for cable in column:
            one(sheet, cable, 30.0 + COLUMN * index, y)
            y += height(cable)
    return sheet.render()
