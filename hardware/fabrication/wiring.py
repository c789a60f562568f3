"""The wiring diagram, drawn from `cables.toml` and the nets of the committed carrier.

Job: `wiring.svg` and its words. Input: the cables and the board; output: SVG. `python -m hardware.fabrication.drawings`
writes it; a test holds the committed file against the tables.
"""

from __future__ import annotations

from hardware.fabrication.cables import Cable, cables, pins_of
from hardware.fabrication.svg import INK, RED, Drawing

STROKES = {
    "red": "#d32f2f", "black": "#111111", "blue": "#1565c0", "yellow": "#d9a400", "green": "#2e7d32",
    "white": "#9aa4ad", "brown": "#6d4c41", "grey": "#78909c", "flat": "#7e57c2", "cable": "#00838f", "coax": "#8d6e63",
}  # fmt: skip
LAMPS = ("lamps", "light", "spot", "button")
"""Words in the name of a cable that put it on the right."""
WIDTH, CARRIER = 1500.0, (610.0, 890.0)
PITCH, HEAD = 15.0, 26.0


def height(cable: Cable) -> float:
    """Of its row."""
    return HEAD + PITCH * len(cable.wires) + 12.0


def row(sheet: Drawing, cable: Cable, y: float, *, is_right: bool) -> None:
    """Device, wires, connector on the carrier."""
    tall = height(cable) - 10.0
    edge = CARRIER[1] if is_right else CARRIER[0]
    side = 1.0 if is_right else -1.0
    device = WIDTH - 230.0 if is_right else 30.0
    sheet.box(device, y, 200.0, tall)
    sheet.text(device + 100.0, y + 16.0, cable.end, 13, "middle", bold=True)
    anchor = "start" if is_right else "end"
    connector = cable.start.removeprefix("carrier ")
    sheet.text(edge - side * 8.0, y + 16.0, connector, 13, "end" if is_right else "start", bold=True)
    middle = (edge + (device if is_right else device + 200.0)) / 2
    gauge = f"{cable.awg} AWG, " if cable.awg else ""
    option = " (option)" if cable.is_optional else ""
    sheet.text(middle, y + 12.0, f"{cable.name}{option}: {gauge}{cable.length_mm:g} mm", 12, "middle")
    nets = pins_of(cable.start)
    for index, wire in enumerate(cable.wires):
        at = y + HEAD + PITCH * index
        far = device if is_right else device + 200.0
        sheet.line([(edge, at), (far, at)], STROKES[wire.colour], 2.0)
        net = nets.get(wire.here, "")
        net = "" if net.startswith(("Net-", "unconnected")) else f"  {net}"
        label = f"{net}  {wire.here}" if is_right else f"{wire.here}{net}"
        sheet.text(edge - side * 8.0, at + 4.0, label.strip(), 11, "end" if is_right else "start")
        sheet.text(far + side * 8.0, at + 4.0, wire.there, 11, anchor)


def wiring() -> str:
    """The diagram as SVG."""
    at_carrier = [c for c in cables() if c.start.startswith("carrier ")]
    right = [c for c in at_carrier if any(word in c.name for word in LAMPS)]
    left = [c for c in at_carrier if c not in right]
    rest = [c for c in cables() if c not in at_carrier]
    tall = max(sum(height(c) for c in side) for side in (left, right))
    rows = -(-len(rest) // 2)
    sheet = Drawing(WIDTH, 110.0 + tall + 60.0 + 34.0 * rows + 30.0)
    sheet.text(30, 38, "배선도 / Wiring of the probe", 24, bold=True)
    sheet.text(
        30,
        62,
        "제작·시험된 적 없음. UNBUILT: drawn from cables.toml and the nets of the committed board.",
        14,
        colour=RED,
    )
    sheet.box(CARRIER[0], 85.0, CARRIER[1] - CARRIER[0], tall + 20.0, "#e3efe5")
    sheet.text(sum(CARRIER) / 2, 104.0, "CARRIER", 14, "middle", bold=True)
    for side, is_right in ((left, False), (right, True)):
        y = 100.0
        for cable in side:
            row(sheet, cable, y, is_right=is_right)
            y += height(cable)
    top = 110.0 + tall + 40.0
    sheet.text(30, top, "Between bought parts", 15, bold=True)
    for index, cable in enumerate(rest):
        x, y = 30.0 + 735.0 * (index // rows), top + 14.0 + 34.0 * (index % rows)
        sheet.box(x, y, 200.0, 26.0)
        sheet.text(x + 100, y + 17.0, cable.start, 12, "middle")
        sheet.box(x + 490, y, 215.0, 26.0)
        sheet.text(x + 597, y + 17.0, cable.end, 12, "middle")
        for step, wire in enumerate(cable.wires):
            at = y + 13.0 + 5.0 * (step - (len(cable.wires) - 1) / 2)
            sheet.line([(x + 200, at), (x + 490, at)], STROKES[wire.colour], 2.0)
        ends = " / ".join(f"{w.here} - {w.there}" for w in cable.wires)
        sheet.text(x + 345, y + 4.0, f"{ends}, {cable.length_mm:g} mm", 10.5, "middle", INK)
    return sheet.render()
