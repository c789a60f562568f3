"""The cables of a probe: what connects what, how long it must be at least, what it is made of.

Job: read `cables.toml`, hold it against the committed boards (connectors, nets), the enclosure (distances) and the
bill (housings, contacts); write the table of the assembly sheet. Input: those files; output: `Cable`s and findings in
words. Lengths in mm. Ways are guessed as going along the walls, x, y, z one after the other; the cut length has to be
longer.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from hardware import bom
from hardware.enclosure import layout
from hardware.fabrication.boards import BOARDS, Board, natural, pin_nets

HERE = Path(__file__).parent
SLACK_MM = 20.0
"""For plugs and bends (guessed)."""
BARE = ("carrier J18",)
"""Connectors that take no cable: the IMU board is soldered onto its pins."""
RIBBON = 10
"""Conductors from which on a cable is a ribbon."""
HOUSINGS = ("PHR-", "SPH-", "VHR-", "SVH-")
"""Numbers that cables alone use: the bill must hold just as many, contacts a few more."""


@dataclass(frozen=True, slots=True)
class Wire:
    """One conductor, or one cable that comes whole."""

    here: str
    there: str
    colour: str


@dataclass(frozen=True, slots=True)
class Cable:
    """One row of the table."""

    name: str
    start: str
    end: str
    wires: tuple[Wire, ...]
    awg: int
    """0: a cable that is bought whole."""
    length_mm: float
    parts: dict[str, int]
    is_optional: bool = False


@cache
def cables() -> tuple[Cable, ...]:
    """`cables.toml`."""
    table = tomllib.loads((HERE / "cables.toml").read_text(encoding="utf-8"))
    return tuple(
        Cable(
            row["name"],
            row["from"],
            row["to"],
            tuple(Wire(*wire) for wire in row["wires"]),
            row["awg"],
            row["length_mm"],
            row["parts"],
            row.get("optional", False),
        )
        for row in table["cable"]
    )


def board_of(end: str, boards: Sequence[Board] = BOARDS) -> tuple[Board, str] | None:
    """Board and connector that an end names; None for what is bought."""
    name, _, connector = end.partition(" ")
    found = next((board for board in boards if board.name == name.partition("-")[0]), None)
    if found is None or all(reference != connector for reference, _ in pin_nets(found)):
        return None
    return found, connector


def pins_of(end: str) -> dict[str, str]:
    """Pin to net of a connector on a board; empty for what is bought."""
    if (found := board_of(end)) is None:
        return {}
    board, connector = found
    return {pin: net for (reference, pin), net in pin_nets(board).items() if reference == connector}


def against_boards(wanted: Sequence[Cable]) -> list[str]:
    """Wires to pins that are not there or of another net, pins that no wire takes, connectors without a cable."""
    said = []
    for cable in wanted:
        here, there = pins_of(cable.start), pins_of(cable.end)
        for wire in cable.wires:
            if cable.awg and here and wire.here not in here:
                said.append(f"{cable.name}: no pin {wire.here} at {cable.start}")
            if cable.awg and there and wire.there not in there:
                said.append(f"{cable.name}: no pin {wire.there} at {cable.end}")
            if here and there and not same_net(here.get(wire.here, ""), there.get(wire.there, "")):
                said.append(f"{cable.name}: {here.get(wire.here)} meets {there.get(wire.there)} at pin {wire.there}")
        if here and there and (missed := set(there) - {w.there for w in cable.wires} - {"MP"}):
            said.append(f"{cable.name}: nothing at pins {', '.join(sorted(missed))} of {cable.end}")
    ends = Counter(end for cable in wanted for end in (cable.start, cable.end) if pins_of(end))
    lonely = [name for name in connectors() if ends[name] != 1 and name not in BARE]
    return [*said, *(f"{name}: {ends[name]} cables" for name in lonely)]


def same_net(carrier: str, lamp: str) -> bool:
    """ON_AXIS_K1 of the carrier is K1 of the ring, MIDDLE_RING_K1 its MK1, and the only cathode of a bar is K."""
    group, _, pin = carrier.rpartition("_")
    letter = {"MIDDLE_RING": "M", "RED": "R"}.get(group, "")
    return lamp == letter + pin or (lamp == "K" and pin in ("K1", "K2"))


def connectors() -> list[str]:
    """All J of the boards of a probe, optional boards left out; of two bars each has its own."""
    found = []
    for board in BOARDS:
        if board.is_optional:
            continue
        names = [board.name] if board.per_probe == 1 else [f"{board.name}-left", f"{board.name}-right"]
        references = sorted(
            {r for r, _ in pin_nets(board) if r.startswith("J") and not r.startswith("JP")}, key=natural
        )
        found += [f"{name} {reference}" for name in names for reference in references]
    return found


def against_bill(wanted: Sequence[Cable], bill: Sequence[bom.Line]) -> list[str]:
    """Parts of cables that the bill lacks, and housings that no cable uses."""
    used: Counter[str] = Counter()
    for cable in wanted:
        used.update(cable.parts)
    held = {line.mpn: line.quantity + line.optional for line in bill}
    said = [
        f"{mpn}: {count} in cables, {held.get(mpn, 0)} in the bill"
        for mpn, count in used.items()
        if held.get(mpn, 0) < count
    ]
    for mpn, count in held.items():
        spare = 10 if mpn.startswith(("SPH-", "SVH-")) else 0
        if mpn.startswith(HOUSINGS) and count > used[mpn] + spare:
            said.append(f"{mpn}: {count} in the bill, {used[mpn]} in cables")
    return said


def place(end: str) -> tuple[float, float, float] | None:
    """Where an end sits in the enclosure's coordinates (mm); None where nobody has said."""
    name, _, connector = end.partition(" ")
    shell, boards = layout.shell(), layout.boards()
    if name == "carrier":
        at = layout.interfaces()["carrier_connectors"][connector]
        x, y = at["at"]
        top = shell["carrier"]["underside"] + boards["carrier"]["thickness_mm"] + at["height_mm"]
        return x - boards["carrier"]["outline_mm"][0] / 2, top, layout.carrier_rear() + y
    behind = layout.ring_front() - boards["ring"]["thickness_mm"]
    left, right = layout.bar_centres()
    grip, light = shell["grip"], shell["camera_led"]
    known = {
        "ring J1": (0.0, 14.0, behind - boards["ring"]["connector_height_mm"]),
        "ring J2": (*boards["middle"]["connectors_mm"][0], behind - boards["ring"]["connector_height_mm"]),
        "ring J3": (*boards["middle"]["connectors_mm"][1], behind - boards["ring"]["connector_height_mm"]),
        "bar-left J1": (left, 0.0, behind - boards["bar"]["connector_height_mm"]),
        "bar-right J1": (right, 0.0, behind - boards["bar"]["connector_height_mm"]),
        "white J1": (shell["white"]["centre_x"], 0.0, layout.white_board_front()),
        "aiming LED": (shell["aim"]["centre_x"], 0.0, -shell["shell"]["front_thickness"] - shell["aim"]["tube_length"]),
        "camera light (lid)": (light["x"], layout.lid_top(), light["z"]),
        "camera": (0.0, 18.0, layout.camera_board_front()),
        "camera XTR": (0.0, 18.0, layout.camera_board_front()),
        "stop button (grip)": (0.0, layout.grip_top() + grip["button_y"], grip["z"] + grip["outer"][1] / 2 - 22.0),
        "power button (rear)": (shell["power_button"]["x"], shell["power_button"]["y"], layout.rear() + 25.0),
    }
    return known.get(end)


def way_mm(cable: Cable) -> float | None:
    """Along x, y and z between both ends, with slack; None where an end has no place."""
    here, there = place(cable.start), place(cable.end)
    if here is None or there is None:
        return None
    return sum(abs(a - b) for a, b in zip(here, there, strict=True)) + SLACK_MM


def too_short(wanted: Sequence[Cable]) -> list[str]:
    """Cables shorter than their way."""
    ways = [(cable, way_mm(cable)) for cable in wanted]
    return [f"{c.name}: {c.length_mm:g} mm, its way is {way:.0f} mm" for c, way in ways if way and c.length_mm < way]


def _wires_of(cable: Cable) -> str:
    """From → to and colour of each conductor; a ribbon's straight ones by their numbers alone."""
    if len(cable.wires) >= RIBBON and all(w.here == w.there and w.colour == cable.wires[0].colour for w in cable.wires):
        return f"{', '.join(w.here for w in cable.wires)} straight, {cable.wires[0].colour}"
    return "; ".join(f"{w.here} → {w.there} {w.colour}" for w in cable.wires)


def markdown(wanted: Sequence[Cable]) -> list[str]:
    """A table of these cables, line by line."""
    rows = ["| cable | from, pin | to, pin | wire | mm | connectors |", "|---|---|---|---|---|---|"]
    for cable in wanted:
        wires = _wires_of(cable)
        gauge = f"{cable.awg} AWG" if cable.awg else "whole"
        parts = ", ".join(f"{count} x {mpn}" for mpn, count in cable.parts.items()) or "2.54 mm sockets, solder"
        name = f"{cable.name} (option)" if cable.is_optional else cable.name
        ends = f"{cable.start} | {cable.end} | {gauge}: {wires} | {cable.length_mm:g}"
        rows.append(f"| {name} | {ends} | {parts} |")
    return rows
