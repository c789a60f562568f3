"""How large a bought part may be: rooms, pockets and holes of the enclosure by the names that the bill of parts uses.

Job: for each name the least and the largest sides (mm, longest first) that fit, computed from `layout.py` and the
tables behind it. Input: those tables; output: `Room`s. A hole has a least size too: a LED of 3 mm in a bore of 5 mm is
as wrong as the other way round.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from hardware.enclosure import layout
from hardware.enclosure.solids import Box, Cylinder

FREE = math.inf


@dataclass(frozen=True, slots=True)
class Room:
    """What fits, side by side with a part's sides, both longest first."""

    most: tuple[float, float, float]
    least: tuple[float, float, float] = (0.0, 0.0, 0.0)
    is_board: bool = False
    """A part's last side is its height above the board then, whatever the other two are."""

    def refusal(self, size: tuple[float, float, float]) -> str:
        """Why a part of these sides does not fit; empty when it does."""
        sides = [*sorted(size[:2], reverse=True), size[2]] if self.is_board else sorted(size, reverse=True)
        for side, low, high in zip(sides, self.least, self.most, strict=True):
            if side > high + 1e-6:
                return f"{side:g} mm is longer than {high:g} mm"
            if side < low - 1e-6:
                return f"{side:g} mm is shorter than {low:g} mm"
        return ""


def _box(name: str, index: int = 0) -> Room:
    solid = layout.contents()[name][index]
    if isinstance(solid, Box):
        sides = [high - low for low, high in zip(solid.low, solid.high, strict=True)]
    else:
        sides = [2 * solid.radius, 2 * solid.radius, solid.high - solid.low]
    a, b, c = sorted(sides, reverse=True)
    return Room((a, b, c))


def _disc(diameter: float, thickness: float, play: float) -> Room:
    return Room((diameter, diameter, thickness), (diameter - play, diameter - play, thickness - play))


def _board(outline: Sequence[float], height: float) -> Room:
    long, wide = outline
    return Room((long, wide, height), is_board=True)


def rooms() -> dict[str, Room]:
    """All places that the bill's column `fits` may name."""
    s, b = layout.shell(), layout.boards()
    camera, eye, aim, light = s["camera"], s["eye"], s["aim"], s["camera_led"]
    long, wide = b["carrier"]["outline_mm"]
    imu = layout.interfaces()["imu"]
    above_imu = layout.lid_top() - s["shell"]["wall"] - b["carrier"]["thickness_mm"]
    above_imu -= layout.interfaces()["carrier_connectors"]["J18"]["height_mm"]
    board, parts = (solid for solid in layout.contents()["pi"][:2] if isinstance(solid, Box))
    pi = (board.high[0] - board.low[0], board.high[2] - board.low[2], parts.high[1] - board.low[1])
    bar_height = max(b["bar"]["connector_height_mm"], b["body"]["ir"][2])
    sheet = sorted(s["white"]["diffuser"], reverse=True)
    slot = sorted((s["wifi"]["slot"][2], s["wifi"]["slot"][3]), reverse=True)
    neck = sorted(s["grip"]["neck"], reverse=True)
    collar = max(solid.radius for solid in layout.contents()["camera"] if isinstance(solid, Cylinder))
    converters = s["converters"]["box"]
    chain = 25.4 + 18.0  # regulator and sink behind each other, two such rows
    return {
        "carrier": _board((long, wide), b["carrier"]["height_above_mm"]),
        "ring": _board((b["ring"]["outline_diameter_mm"],) * 2, b["ring"]["connector_height_mm"]),
        "bar": _board(sorted(b["bar"]["outline_mm"], reverse=True), bar_height),
        "white": _board(b["white"]["outline_mm"], b["white"]["connector_height_mm"]),
        "imu": _board(imu["outline_mm"], above_imu),
        "pi": Room(pi),
        "clock cell": _box("clock cell"),
        "camera": Room((camera["board"], camera["board"], camera["lens_length"] + camera["mount_length"])),
        "lens mount": Room((2 * collar, 2 * collar, camera["mount_length"])),
        "lens": Room((camera["lens_length"], 2 * camera["lens_radius"], 2 * camera["lens_radius"])),
        "filter": _disc(s["filter"]["cell"][0] + s["filter"]["play"], s["filter"]["cell"][1], 0.4),
        "wifi": _box("wifi"),
        "adapter slot": Room((FREE, slot[0], slot[1])),
        "log detector": _box("log detector"),
        "tuner": _box("tuner"),
        "range sensor": _box("range sensor"),
        "converter": Room((min(chain, converters[0]), converters[2] / 2, converters[1])),
        "power bank": _box("power bank"),
        "neck": Room((FREE, neck[0], neck[1])),
        "antenna hole": Room((FREE, 2 * s["antennas"]["nut_radius"], 2 * s["antennas"]["nut_radius"])),
        "aim LED hole": Room(
            (FREE, aim["led_hole"], aim["led_hole"]), (0, aim["led_hole"] - 0.3, aim["led_hole"] - 0.3)
        ),
        "camera LED hole": Room(
            (FREE, light["led_hole"], light["led_hole"]), (0, light["led_hole"] - 0.3, light["led_hole"] - 0.3)
        ),
        "button hole": Room(
            (s["grip"]["button_depth"], *(min(s["grip"]["button_diameter"], s["power_button"]["diameter"]),) * 2),
            (0, *(max(s["grip"]["button_diameter"], s["power_button"]["diameter"]) - 0.5,) * 2),
        ),
        "aiming lens": _disc(aim["lens_diameter"], aim["lens_thickness"], 0.1),
        "diffuser": Room((sheet[0], sheet[1], sheet[2]), (sheet[0] - 0.4, sheet[1] - 0.4, sheet[2] - 0.2)),
        "light window": _disc(light["window_diameter"], light["window_thickness"], 0.2),
        "gasket": Room((FREE, FREE, eye["gasket"]), (*[b["ring"]["outline_diameter_mm"]] * 2, eye["gasket"])),
        "lens foam": Room((FREE, FREE, eye["foam"]), (*[2 * eye["foam_outer_radius"]] * 2, eye["foam"])),
        "seal": Room(tuple(light["seal"]), (light["seal"][0] - 1, light["seal"][1] - 1, 0)),
        "corner": Room(tuple(sorted(s["corner"]["block"], reverse=True))),
        "phone bolt": Room((*(s["phone"]["bolt_head"][0],) * 2, s["phone"]["bolt_head"][1])),
    }
