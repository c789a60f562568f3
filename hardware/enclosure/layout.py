"""Where everything of the probe sits: boards from `../interfaces.toml`, bought parts and walls from `enclosure.toml`.

Job: turn the two tables into solids of what goes into the enclosure, in the enclosure's coordinates (`enclosure.toml`).
Input: the tables; output: `Box`es and `Cylinder`s by name. Shared by the model, which makes room for them, and by the
tests, which look whether there is room. No CAD library is needed here.
"""

from __future__ import annotations

import json
import math
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from hardware.enclosure.solids import Box, Cylinder, Solid

HERE = Path(__file__).parent


@cache
def shell() -> dict[str, Any]:
    """`enclosure.toml`."""
    return tomllib.loads((HERE / "enclosure.toml").read_text(encoding="utf-8"))


@cache
def interfaces() -> dict[str, Any]:
    """`../interfaces.toml`."""
    return tomllib.loads((HERE.parent / "interfaces.toml").read_text(encoding="utf-8"))


@cache
def boards() -> dict[str, Any]:
    """The outlines of `../interfaces.toml`: all that the printed parts take from there."""
    table = interfaces()
    return {name: table[name] for name in ("carrier", "ring", "middle", "bar", "white")} | {
        "body": {led: table["led"][led]["body_mm"] for led in ("ir", "white")}
    }


@cache
def chamber_depth() -> float:
    """From the white LEDs to the diffuser, and the window's size: `../optics/optics_parts.toml` decides."""
    return float(_optics()["white"]["chamber_depth_mm"])


@cache
def window() -> tuple[float, float]:
    """Width and height of the white window."""
    width, height = _optics()["white"]["window_mm"]
    return float(width), float(height)


def _optics() -> dict[str, Any]:
    path = HERE.parent / "optics" / "optics_parts.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def parameters() -> str:
    """Everything that the exported files depend on, as one line of JSON."""
    return json.dumps([shell(), boards(), chamber_depth(), window()], sort_keys=True)


# Depths along the optical axis, from the front face backwards.
def ring_front() -> float:
    """Front face of the ring and bar boards."""
    return -float(shell()["shell"]["front_thickness"] + shell()["eye"]["gasket"])


def lens_front() -> float:
    """Front face of the camera's lens."""
    return ring_front() - float(boards()["ring"]["thickness_mm"] + shell()["eye"]["foam"])


def camera_board_front() -> float:
    """Front face of the camera's board."""
    camera = shell()["camera"]
    return lens_front() - float(camera["lens_length"] + camera["mount_length"])


def bracket_front() -> float:
    """Front face of the plate that the camera is screwed to."""
    camera = shell()["camera"]
    return camera_board_front() - float(camera["board_thickness"] + camera["back"])


def sensor() -> float:
    """Plane of the camera's sensor."""
    return camera_board_front() + float(shell()["filter"]["sensor_above_board"])


def filter_seat_rear() -> float:
    """Rear face of the filter's seat."""
    return sensor() + float(shell()["filter"]["behind"])


def aim_lens_edge() -> float:
    """Where the convex side of the aiming lens begins: it rests on the edge of its opening, curved outwards."""
    aim = shell()["aim"]
    return -float(aim["lens_lip"] + sagitta(aim["lens_diameter"] / 2) - sagitta(aim["lens_opening"] / 2))


def aim_lens_plane() -> float:
    """Its plane side."""
    return aim_lens_edge() - float(shell()["aim"]["lens_edge"])


def sagitta(radius: float) -> float:
    """Height of the aiming lens' curved side above a circle of this radius on it (mm)."""
    aim = shell()["aim"]
    half, high = aim["lens_diameter"] / 2, aim["lens_thickness"] - aim["lens_edge"]
    curvature = (half**2 + high**2) / (2 * high)
    return float(curvature - math.sqrt(curvature**2 - radius**2))


def white_board_front() -> float:
    """Front face of the white board."""
    white = shell()["white"]
    return -float(white["lip"] + white["diffuser"][2] + chamber_depth() + white["led_height"])


def rear() -> float:
    """Outer face of the rear wall."""
    return -float(shell()["shell"]["front_thickness"] + shell()["shell"]["length"])


def carrier_rear() -> float:
    """Rear edge of the carrier."""
    return rear() + float(shell()["shell"]["wall"] + shell()["carrier"]["rear_gap"])


def carrier_hole(index: int) -> tuple[float, float]:
    """X and z of a mounting hole: the board lies flat, its y edge 0 to the rear."""
    board = boards()["carrier"]
    x, y = board["holes_mm"][index]
    return x - board["outline_mm"][0] / 2, carrier_rear() + y


def floor() -> float:
    """Inner face of the floor."""
    return float(shell()["shell"]["wall"] - shell()["shell"]["half_height"])


def grip_top() -> float:
    """Lower face of the shell, where the grip begins."""
    return -float(shell()["shell"]["half_height"])


def ring_screws() -> list[tuple[float, float]]:
    """X and y of the ring board's screws; the board's front looks at the scene, so x turns round seen from behind."""
    ring = boards()["ring"]
    return [
        (ring["hole_radius_mm"] * math.cos(math.radians(a)), ring["hole_radius_mm"] * math.sin(math.radians(a)))
        for a in ring["hole_angles_deg"]
    ]


def ring_leds() -> list[tuple[float, float]]:
    """X and y of the ring's LEDs."""
    ring = boards()["ring"]
    return _around(ring["led_radius_mm"], ring["led_first_angle_deg"], ring["led_count"])


def option_leds() -> list[tuple[float, float]]:
    """X and y of the LEDs that are options (phases M and R), on the ring board's outer circle."""
    middle = boards()["middle"]
    firsts = (middle["middle_first_angle_deg"], middle["red_first_angle_deg"])
    return [at for first in firsts for at in _around(middle["led_radius_mm"], first, middle["led_count"])]


def _around(radius: float, first_deg: float, count: int) -> list[tuple[float, float]]:
    """Points evenly around the optical axis."""
    turns = [math.radians(first_deg + 360.0 / count * k) for k in range(count)]
    return [(radius * math.cos(turn), radius * math.sin(turn)) for turn in turns]


def bar_centres() -> tuple[float, float]:
    """X of the two bars."""
    return -boards()["bar"]["centre_offset_mm"], boards()["bar"]["centre_offset_mm"]


def white_screws() -> list[tuple[float, float]]:
    """X and y of the white board's screws: its long side stands upright."""
    return [(shell()["white"]["centre_x"] + y, x) for x, y in boards()["white"]["holes_mm"]]


def pi_holes() -> list[tuple[float, float]]:
    """X and z of the Pi's holes."""
    pi = shell()["pi"]
    return [(pi["x"] + 3.5 + dx, pi["z"] - 3.5 - dz) for dx in (0.0, 58.0) for dz in (0.0, 49.0)]


def corner_places() -> list[float]:
    """Z of the rear edges of the corner blocks, front and rear, on both side walls."""
    depth = shell()["corner"]["block"][2]
    return [-float(shell()["shell"]["front_thickness"] + depth), rear() + 6.0]


def contents() -> dict[str, list[Solid]]:
    """What must fit: every part with room for its plugs."""
    return {**_eye(), **_lamps(), **_boards(), **_bought()}


def _eye() -> dict[str, list[Solid]]:
    camera, ring, eye = shell()["camera"], boards()["ring"], shell()["eye"]
    front, lens, board = ring_front(), lens_front(), camera_board_front()
    body = boards()["body"]["ir"]
    half = camera["board"] / 2
    mount_bore = shell()["filter"]["outer"] / 2 + 0.1
    bore = ring["bore_diameter_mm"] / 2
    thick = ring["thickness_mm"]
    return {
        "ring board": [
            Cylinder("z", (0, 0), ring["outline_diameter_mm"] / 2, front - thick, front, bore),
            Box((-6.0, 10.5, front - thick - ring["connector_height_mm"]), (6.0, 19.0, front - thick)),
        ],
        "ring LEDs": [Cylinder("z", led, body[0] / 2, front, front + body[2]) for led in ring_leds()],
        "lens foam": [Cylinder("z", (0, 0), eye["foam_outer_radius"], lens, front - thick, eye["foam_inner_radius"])],
        "camera": [
            Cylinder("z", (0, 0), camera["lens_radius"], lens - camera["lens_length"], lens),
            Cylinder("z", (0, 0), camera["mount_radius"], board, board + camera["mount_length"], mount_bore),
            Box((-half, -half, board - camera["board_thickness"]), (half, half, board)),
            Box((-12.0, -18.0, bracket_front() + 0.5), (12.0, 18.0, board - camera["board_thickness"])),
        ],
    }


def _lamps() -> dict[str, list[Solid]]:
    bar, white, room = boards()["bar"], boards()["white"], shell()["white"]
    front, z = ring_front(), white_board_front()
    width, height = bar["outline_mm"]
    long, short = white["outline_mm"]
    x = room["centre_x"]
    sheet = room["diffuser"]
    solids: dict[str, list[Solid]] = {}
    for name, centre in zip(("left bar", "right bar"), bar_centres(), strict=True):
        back = front - bar["thickness_mm"]
        solids[name] = [
            Box((centre - width / 2, -height / 2, back), (centre + width / 2, height / 2, front)),
            Box((centre - 5.0, -5.0, back - bar["connector_height_mm"]), (centre + 5.0, 5.0, back)),
            *(
                Box(
                    (centre + px - 1.7, py - 1.7, front),
                    (centre + px + 1.7, py + 1.7, front + boards()["body"]["ir"][2]),
                )
                for px, py in bar["led_positions_mm"]
            ),
        ]
    solids["diffuser"] = [
        Box(
            (x - sheet[0] / 2, -sheet[1] / 2, -room["lip"] - sheet[2]),
            (x + sheet[0] / 2, sheet[1] / 2, -room["lip"]),
        )
    ]
    solids["white board"] = [
        Box((x - short / 2, -long / 2, z - white["thickness_mm"]), (x + short / 2, long / 2, z)),
        *(
            Box((x + py - 1.75, px - 1.75, z), (x + py + 1.75, px + 1.75, z + room["led_height"]))
            for px, py in white["led_positions_mm"]
        ),
    ]
    aim = shell()["aim"]
    solids["aiming lens"] = [
        Cylinder("z", (aim["centre_x"], 0), aim["lens_diameter"] / 2, aim_lens_plane(), aim_lens_edge())
    ]
    return solids


def _boards() -> dict[str, list[Solid]]:
    carrier, place = boards()["carrier"], shell()["carrier"]
    half, depth = carrier["outline_mm"][0] / 2, carrier["outline_mm"][1]
    low, thick = place["underside"], carrier["thickness_mm"]
    z0, z1 = carrier_rear(), carrier_rear() + depth
    inset = 9.0  # no part stands over the corner holes and their screws
    pi = shell()["pi"]
    y = floor() + pi["standoff"]
    x1, zp = pi["x"] + 85.0, pi["z"] - 56.0
    return {
        "carrier": [
            Box((-half, low, z0), (half, low + thick, z1)),
            Box((-half, low + thick, z0 + inset), (half, low + thick + carrier["height_above_mm"], z1 - inset)),
            Box((-half + inset, low - carrier["height_below_mm"], z0), (half - inset, low, z1)),
        ],
        "pi": [
            Box((pi["x"], y, zp), (x1, y + 1.6, pi["z"])),
            Box((pi["x"], y + 1.6, zp + 6), (x1 + 3.0, y + 1.6 + pi["height"], pi["z"] - 6)),
            Box((x1 + 3.0, y + 1.6, zp + 6), (x1 + 3.0 + pi["plug_room"], y + 1.6 + pi["height"], pi["z"] - 6)),
            Box((pi["x"] + 5.0, y, pi["z"]), (pi["x"] + 18.0, y + 8.0, pi["z"] + 11.0)),  # right-angled USB-C plug
        ],
    }


def range_sensor() -> Box:
    """The board of the range sensor with its wires, against the back of the front plate."""
    table, back = shell()["range"], -float(shell()["shell"]["front_thickness"])
    (x, y), (wide, high, deep) = table["at"], table["board"]
    return Box((x - wide / 2, y - high / 2, back - deep), (x + wide / 2, y + high / 2, back))


def grip_bottom() -> float:
    """Lower end of the grip, where the door closes it."""
    return grip_top() - float(shell()["grip"]["flange"][2] + shell()["grip"]["length"])


def wake_slot() -> tuple[float, float, float]:
    """Y of the middle of the opening over the bank's button, z of the outer and of the inner face of its wall."""
    grip, wake = shell()["grip"], shell()["wake"]
    y = grip_bottom() + wake["low"] + wake["slot"][1] / 2
    return float(y), float(grip["z"] - grip["outer"][1] / 2), float(grip["z"] - grip["inner"][1] / 2)


def wake_outline(grow: float) -> list[tuple[float, float]]:
    """Corners of that opening, wider by `grow` on every side; x and y from its middle."""
    wide, high = (side / 2 + grow for side in shell()["wake"]["slot"])
    cut = shell()["wake"]["cut"] + grow * (2.0 - math.sqrt(2.0))
    right = [(wide, cut - high), (wide, high - cut), (wide - cut, high)]
    left = [(-x, y) for x, y in reversed(right)]
    return [*right, *left, (-wide + cut, -high), (wide - cut, -high)]


def lid_top() -> float:
    """Upper face of the lid."""
    return float(shell()["shell"]["half_height"])


def _bought() -> dict[str, list[Solid]]:
    wifi, bank, grip, antennas = (shell()[k] for k in ("wifi", "bank", "grip", "antennas"))
    power, converters = shell()["power_button"], shell()["converters"]
    wx, wy, wz = wifi["box"]
    low = lid_top() + wifi["room"] / 2
    bx, by, bz = (side / 2 for side in bank["box"])
    bottom = grip_bottom()
    wall = rear() + shell()["shell"]["wall"]
    button_z = grip["z"] + grip["outer"][1] / 2
    button_y = grip_top() - grip["flange"][2] + grip["button_y"]
    cx, cy, cz = converters["box"]
    modules = shell()["modules"]
    return {
        **{
            name.replace("_", " "): [
                Box((x, floor(), z - modules[name][0]), (x + modules[name][2], floor() + modules[name][1], z))
            ]
            for name in ("log_detector", "tuner", "clock_cell")
            for x, z in [modules[f"{name}_at"]]
        },
        "range sensor": [range_sensor()],
        "wifi": [Box((wifi["x"], low, wifi["z"] - wz), (wifi["x"] + wx, low + wy, wifi["z"]))],
        "converters": [
            Box((converters["x"], floor(), converters["z"] - cz), (converters["x"] + cx, floor() + cy, converters["z"]))
        ],
        "power bank": [Box((-bx, bottom + 1.0, grip["z"] - bz), (bx, bottom + 1.0 + 2 * by, grip["z"] + bz))],
        "bank plug": [Box((-8.0, bottom + 1.0 + 2 * by, grip["z"] - 6), (8.0, bottom + 30.0 + 2 * by, grip["z"] + 6))],
        "button": [
            Cylinder(
                "z", (0, button_y), grip["button_diameter"] / 2 - 0.1, button_z - grip["button_depth"], button_z + 2.0
            )
        ],
        "power button": [
            Cylinder("z", (power["x"], power["y"]), power["diameter"] / 2 - 0.1, rear() - 3.0, rear() + power["depth"])
        ],
        "antennas": [
            Cylinder("z", (x, antennas["y"]), antennas["nut_radius"], wall, wall + antennas["inside"])
            for x in antennas["x"]
        ],
    }
