"""The committed boards as an assembler sees them: every part with its number, place, side and way of soldering.

Job: read `*.kicad_pcb`. Input: the files named in `BOARDS`; output: `Placed` records, lengths in mm from the lower left
corner of the board, y up, angles in degrees as KiCad gives them. It judges nothing; `../bom.py` compares with the bill.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from hardware.generate.sexpr import Node, child, children, parse

HARDWARE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Board:
    """One board that is ordered."""

    name: str
    file: Path
    per_probe: int
    is_optional: bool = False
    """Left out of a probe until what it adds has been measured."""


@dataclass(frozen=True, slots=True)
class Placed:
    """One part on a board."""

    board: str
    reference: str
    value: str
    mpn: str
    """Empty: a bare pad or a hole, nothing to buy."""
    footprint: str
    """Without its library."""
    is_smd: bool
    is_back: bool
    is_fitted: bool
    at_mm: tuple[float, float]
    turn_deg: float


BOARDS = (
    Board("carrier", HARDWARE / "carrier/carrier.kicad_pcb", 1),
    Board("ring", HARDWARE / "led/ring.kicad_pcb", 1),
    Board("bar", HARDWARE / "led/bar.kicad_pcb", 2),
    Board("white", HARDWARE / "led/white.kicad_pcb", 1),
)


@cache
def tree(board: Board) -> Node:
    """The file as nested lists."""
    return parse(board.file.read_text(encoding="utf-8"))


def _edge(board: Board) -> tuple[float, float]:
    """X of the left and y of the lower edge on KiCad's sheet (y down there)."""
    xs: list[float] = []
    ys: list[float] = []
    for shape in ("gr_line", "gr_arc", "gr_circle"):
        for node in children(tree(board), shape):
            if (child(node, "layer") or ["", ""])[1] != "Edge.Cuts":
                continue
            points = [
                (float(p[1]), float(p[2])) for key in ("start", "mid", "end", "center") if (p := child(node, key))
            ]
            if shape == "gr_circle":
                (ex, ey), (cx, cy) = points
                radius = ((ex - cx) ** 2 + (ey - cy) ** 2) ** 0.5
                points = [(cx - radius, cy - radius), (cx + radius, cy + radius)]
            xs += [p[0] for p in points]
            ys += [p[1] for p in points]
    return min(xs), max(ys)


@cache
def placed(board: Board) -> tuple[Placed, ...]:
    """All footprints of a board that its schematic knows, holes of the outline left out."""
    left, low = _edge(board)
    found = []
    for node in children(tree(board), "footprint"):
        words = {str(p[1]): str(p[2]) for p in children(node, "property")}
        kinds = [str(word) for word in (child(node, "attr") or ["attr"])[1:]]
        x, y, turn = ([float(v) for v in (child(node, "at") or ["at"])[1:]] + [0.0])[:3]
        if "board_only" in kinds:
            continue
        found.append(
            Placed(
                board.name,
                words["Reference"],
                words["Value"],
                words.get("MPN", ""),
                str(node[1]).rpartition(":")[2],
                "smd" in kinds,
                (child(node, "layer") or ["", ""])[1] == "B.Cu",
                "dnp" not in kinds,
                (round(x - left, 4), round(low - y, 4)),
                turn % 360.0,
            )
        )
    return tuple(sorted(found, key=lambda p: natural(p.reference)))


@cache
def pin_nets(board: Board) -> dict[tuple[str, str], str]:
    """Net of each numbered pad, by reference and pad."""
    nets: dict[tuple[str, str], str] = {}
    for node in children(tree(board), "footprint"):
        reference = next(str(p[2]) for p in children(node, "property") if p[1] == "Reference")
        for pad in children(node, "pad"):
            if str(pad[1]) and (net := child(pad, "net")):
                nets[reference, str(pad[1])] = str(net[2]).rpartition("/")[2]
    return nets


def natural(reference: str) -> tuple[str, int]:
    """R9 stands before R10."""
    letters = reference.rstrip("0123456789")
    return letters, int(reference[len(letters) :] or 0)


def to_buy(board: Board) -> tuple[Placed, ...]:
    """What is soldered onto a board."""
    return tuple(part for part in placed(board) if part.mpn and part.is_fitted)
