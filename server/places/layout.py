"""A plan laid out from counts of fixtures, for a room that nobody has drawn: never verified, and easy to correct.

Stalls stand in rows along the upper wall, urinals follow them, basins and entrance are opposite.  Sizes are guessed:
those of the demonstration's rooms.
"""

from __future__ import annotations

from sweep.phrases import Phrase
from sweep.report import LocalText, Plan, Zone

STALL_M = (1.0, 1.5)
URINAL_M = (0.8, 0.9)
AISLE_M = 1.2
BASINS_M = (2.0, 0.9)
ENTRANCE_M = (1.2, 0.9)
STALLS_OF_ROW = 12
MOST_STALLS = 70  # derived: a plan holds 80 zones


def lay_out(stalls: int, urinals: int, *, is_changing_room: bool = False) -> Plan:
    """The first plan of a room with so many stalls (or booths) and urinals; ValueError for none or too many."""
    if stalls + urinals < 1 or stalls > MOST_STALLS or urinals > MOST_STALLS:
        raise ValueError(Phrase("no_plan_from_counts"))
    zones: list[Zone] = []
    rows = -(-stalls // STALLS_OF_ROW)
    for index in range(stalls):
        row, column = divmod(index, STALLS_OF_ROW)
        zones.append(_stall(index + 1, column * STALL_M[0], row * (STALL_M[1] + AISLE_M), is_booth=is_changing_room))
    width, depth = min(stalls, STALLS_OF_ROW) * STALL_M[0], rows * (STALL_M[1] + AISLE_M)
    if urinals:
        long = urinals * URINAL_M[0]
        zones.append(_zone("urinals", "urinal", "소변기", "Urinals", width, 0.0, long, URINAL_M[1]))
        width, depth = width + long, max(depth, URINAL_M[1] + AISLE_M)
    width = max(width, BASINS_M[0] + ENTRANCE_M[0])
    if not is_changing_room:
        zones.append(_zone("basins", "basin", "세면대", "Basins", 0.0, depth, *BASINS_M))
    zones.append(_zone("entrance", "entrance", "출입구", "Entrance", width - ENTRANCE_M[0], depth, *ENTRANCE_M))
    return Plan(
        version=1, is_verified=False, width_m=round(width, 2), depth_m=round(depth + BASINS_M[1], 2), zones=tuple(zones)
    )


def _stall(number: int, x_m: float, y_m: float, *, is_booth: bool) -> Zone:
    if is_booth:
        return _zone(f"booth-{number}", "booth", f"{number}번 칸", f"Booth {number}", x_m, y_m, *STALL_M)
    return _zone(f"stall-{number}", "stall", f"{number}번 칸", f"Stall {number}", x_m, y_m, *STALL_M)


def _zone(zone_id: str, kind: str, ko: str, en: str, x_m: float, y_m: float, width_m: float, depth_m: float) -> Zone:
    left, top, right, bottom = (round(value, 2) for value in (x_m, y_m, x_m + width_m, y_m + depth_m))
    polygon = ((left, top), (right, top), (right, bottom), (left, bottom))
    return Zone.model_validate({"zone_id": zone_id, "kind": kind, "name": LocalText(ko=ko, en=en), "polygon": polygon})
