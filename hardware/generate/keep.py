"""What a new board keeps of an earlier one: tracks and vias of nets whose pads are where they were. Lays nothing itself."""

import math
from pathlib import Path

import pcbnew
from plan import Plan
from planes import LAYERS
from router import CLEARANCE_MM, Pad
from silkscreen import SHEET_MM

Kept = tuple[str, int | None, float, tuple[float, float], tuple[float, float]]
"""Net, layer (none: a via), width, start and end of a piece of an earlier board."""


def kept_pieces(
    earlier: Path, board: pcbnew.BOARD, plan: Plan, pads: list[Pad], numbers: dict[str, int], done: set[str]
) -> list[Kept]:
    """Tracks and vias of the earlier board whose nets have the pads that they had, and which meet no other pad."""
    old = pcbnew.LoadBoard(str(earlier))
    before: dict[str, set[tuple[float, float]]] = {}
    for part in old.GetFootprints():
        for pad in part.Pads():
            before.setdefault(pad.GetNetname(), set()).add(_spot(pad.GetPosition()))
    now: dict[int, set[tuple[float, float]]] = {}
    for part in board.GetFootprints():
        for pad in part.Pads():
            now.setdefault(numbers.get(pad.GetNetname(), 0), set()).add(_spot(pad.GetPosition()))
    found: list[Kept] = []
    for item in old.Tracks():
        name = item.GetNetname()
        if name == plan.plane_net or name in done or before.get(name) != now.get(numbers.get(name, -1)):
            continue
        layer = None if item.GetClass() == "PCB_VIA" else LAYERS.index(item.GetLayer())
        if layer is None and any(math.dist(_spot(item.GetStart()), (x, y)) < 0.1 for _, _, x, y in plan.vias):
            continue  # set by hand
        width = pcbnew.ToMM(item.GetWidth(pcbnew.F_Cu) if layer is None else item.GetWidth())
        found.append((name, layer, width, _spot(item.GetStart()), _spot(item.GetEnd())))
    met = {piece[0] for piece in found if any(_meets(piece, pad, numbers[piece[0]]) for pad in pads)}
    print("kept:", len({piece[0] for piece in found} - met), "nets; in the way of a pad:", sorted(met))
    return [piece for piece in found if piece[0] not in met]


def _spot(at: pcbnew.VECTOR2I) -> tuple[float, float]:
    return round(pcbnew.ToMM(at.x) - SHEET_MM, 3), round(pcbnew.ToMM(at.y) - SHEET_MM, 3)


def _meets(piece: Kept, pad: Pad, net: int) -> bool:
    """Whether a piece comes too near to a pad of another net."""
    _, layer, width, (x0, y0), (x1, y1) = piece
    if pad.net == net or (layer is not None and layer not in pad.layers):
        return False
    steps = max(1, math.ceil(math.hypot(x1 - x0, y1 - y0) / 0.1))
    reach = width / 2 + CLEARANCE_MM
    turn = math.radians(pad.angle_deg)
    size = math.hypot(pad.w, pad.h) / 2 + reach
    if max(min(x0, x1) - pad.x, pad.x - max(x0, x1), min(y0, y1) - pad.y, pad.y - max(y0, y1)) > size:
        return False
    for k in range(steps + 1):
        dx, dy = x0 + (x1 - x0) * k / steps - pad.x, y0 + (y1 - y0) * k / steps - pad.y
        u = abs(dx * math.cos(turn) - dy * math.sin(turn)) - pad.w / 2
        v = abs(dx * math.sin(turn) + dy * math.cos(turn)) - pad.h / 2
        if math.hypot(max(u, 0.0), max(v, 0.0)) < reach - 1e-6:
            return True
    return False
