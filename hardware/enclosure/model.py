"""The printable parts of the enclosure, modelled with build123d from `layout.py`.

Job: build each part, write STL, STEP and `parameters.json`. Input: the tables behind `layout.py`; output: files in
`export/`. build123d (with its kernel half a gigabyte) is not among the project's dependencies: tests look at the
exported meshes, and `parameters.json` says from which numbers they were made. `python -m hardware.enclosure.model` with
build123d 0.13 installed rebuilds them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from build123d import (
    Align,
    Axis,
    Box,
    Color,
    Compound,
    Cone,
    Cylinder,
    Location,
    Part,
    Pos,
    Rot,
    export_step,
    export_stl,
    fillet,
)

from hardware.enclosure import layout

EXPORT = layout.HERE / "export"
CENTRE = (Align.CENTER, Align.CENTER, Align.MIN)
S = layout.shell()
WALL = S["shell"]["wall"]
HALF_X, HALF_Y = S["shell"]["half_width"], S["shell"]["half_height"]
PLATE_BACK = -S["shell"]["front_thickness"]


def block(x0: float, y0: float, z0: float, x1: float, y1: float, z1: float) -> Part:
    """A box between two corners."""
    return Pos((x0 + x1) / 2, (y0 + y1) / 2, (z0 + z1) / 2) * Box(x1 - x0, y1 - y0, z1 - z0)


def rod(axis: str, at: tuple[float, float], diameter: float, low: float, high: float) -> Part:
    """A cylinder along x, y or z, as `layout.Cylinder`."""
    body = Cylinder(diameter / 2, high - low, align=CENTRE)
    if axis == "z":
        return Pos(at[0], at[1], low) * body
    if axis == "y":
        return Pos(at[0], low, at[1]) * Rot(-90, 0, 0) * body
    return Pos(low, at[0], at[1]) * Rot(0, 90, 0) * body


def columns() -> list[tuple[float, float, float, float]]:
    """x0, x1, z0, z1 of the four corner columns that take the screws of lid and front plate."""
    width, inner = S["shell"]["column_width"], HALF_X - WALL
    rear = layout.rear() + WALL
    spans = [(-inner, -inner + width), (inner - width, inner)]
    return [(x0, x1, z0, z1) for x0, x1 in spans for z0, z1 in ((PLATE_BACK - 14.0, PLATE_BACK), (rear, rear + 12.0))]


def lid_screws() -> list[tuple[float, float]]:
    """X and z of the lid's screws."""
    return [((x0 + x1) / 2, (z0 + z1) / 2) for x0, x1, z0, z1 in columns()]


def plate_screws() -> list[tuple[float, float]]:
    """X and y of the front plate's screws, in the two front columns."""
    x = HALF_X - WALL - S["shell"]["column_width"] / 2
    return [(sx * x, sy * (HALF_Y - 9.0)) for sx in (-1, 1) for sy in (-1, 1)]


def bracket_screws() -> list[tuple[float, float]]:
    """X and y of the camera bracket's posts."""
    camera = S["camera"]
    return [(sx * camera["post_x"], sy * camera["post_y"]) for sx in (-1, 1) for sy in (-1, 1)]


def light_box_ears() -> list[tuple[float, float]]:
    """X and y of the screws that hold the white light box to the front plate."""
    x = S["white"]["centre_x"]
    return [(x + 21.0 * side, y) for side in (-1, 1) for y in (-26.0, 26.0)]


def aim_screws() -> list[tuple[float, float]]:
    """X and y of the aiming tube's screws."""
    return [(S["aim"]["centre_x"], side * 11.5) for side in (-1, 1)]


def front_plate() -> Part:
    """The face: baffle tube on its spokes, collar of the cap, slots for the bars, windows. Prints on its back."""
    eye, white, aim = S["eye"], S["white"], S["aim"]
    plate = block(-HALF_X, -HALF_Y, PLATE_BACK, HALF_X, HALF_Y, 0)
    plate = fillet(plate.edges().filter_by(Axis.Z), 4.0)
    plate -= rod("z", (0, 0), 2 * eye["opening_radius"], PLATE_BACK, 0)
    collar = rod("z", (0, 0), 2 * eye["collar_outer_radius"], 0, eye["collar_height"])
    collar -= rod("z", (0, 0), 2 * eye["collar_inner_radius"], 0, eye["collar_height"])
    tube = rod("z", (0, 0), 2 * eye["tube_outer_radius"], PLATE_BACK, eye["tube_ahead"])
    for turn in (0, 90):
        spoke = block(-12.0, -eye["spoke_width"] / 2, PLATE_BACK, 12.0, eye["spoke_width"] / 2, 0)
        tube += Rot(0, 0, turn) * spoke
    plate += collar + tube
    plate -= rod("z", (0, 0), 2 * eye["tube_inner_radius"], PLATE_BACK, eye["tube_ahead"])
    for x in layout.bar_centres():
        plate -= block(x - 3.0, -12.0, PLATE_BACK, x + 3.0, 12.0, 0)
        for px, py in layout.boards()["bar"]["holes_mm"]:
            plate -= rod("z", (x + px, py), S["shell"]["pilot_m2"], PLATE_BACK, PLATE_BACK + 2.7)
    for at in layout.ring_screws():
        plate -= rod("z", at, S["shell"]["pilot_m2"], PLATE_BACK, PLATE_BACK + 2.7)
    width, height = layout.window()
    x, sheet = white["centre_x"], white["diffuser"]
    plate -= block(x - width / 2, -height / 2, PLATE_BACK, x + width / 2, height / 2, 0)
    room = 0.2
    plate -= block(
        x - sheet[0] / 2 - room,
        -sheet[1] / 2 - room,
        PLATE_BACK,
        x + sheet[0] / 2 + room,
        sheet[1] / 2 + room,
        -white["lip"],
    )
    plate -= rod("z", (aim["centre_x"], 0), aim["lens_diameter"] + 0.3, PLATE_BACK, -1.0)
    plate -= rod("z", (aim["centre_x"], 0), aim["tube_inner"] - 1.0, PLATE_BACK, 0)
    for at in [*aim_screws(), *light_box_ears()]:
        plate -= rod("z", at, S["shell"]["pilot_m2"], PLATE_BACK, PLATE_BACK + 2.7)
    for at in [*bracket_screws(), *plate_screws()]:
        plate -= rod("z", at, 3.4, PLATE_BACK, 0)
        plate -= Pos(at[0], at[1], -1.7) * Cone(1.7, 3.4, 1.7, align=CENTRE)
    return plate


def camera_bracket() -> Part:
    """Four posts behind the front plate carry the camera. Prints with the flat side down."""
    camera = S["camera"]
    front, thick = layout.bracket_front(), camera["bracket_thickness"]
    half_x = camera["post_x"] + camera["post_diameter"] / 2 + 2.0
    half_y = camera["post_y"] + camera["post_diameter"] / 2
    part = block(-half_x, -half_y, front - thick, half_x, half_y, front)
    part -= block(-10.0, -11.0, front - thick, 10.0, 11.0, front)
    part -= block(-9.0, -half_y + 7.5, front - thick, 9.0, -17.5, front)  # the camera's flat cable
    for at in bracket_screws():
        part += rod("z", at, camera["post_diameter"], front, PLATE_BACK)
        part -= rod("z", at, S["shell"]["pilot_m3"], PLATE_BACK - 14.0, PLATE_BACK)
    pitch = camera["hole_pitch"] / 2
    for sx in (-1, 1):
        for sy in (-1, 1):
            at = (sx * pitch, sy * pitch)
            part += rod("z", at, 5.5, front, front + camera["back"])
            part -= rod("z", at, S["shell"]["pilot_m25"], front - thick, front + camera["back"])
    return part


def light_box() -> Part:
    """White chamber between white LEDs and diffuser; clamps the diffuser. Prints in white, rear wall down."""
    white = S["white"]
    width, height = layout.window()
    x, wall = white["centre_x"], white["box_wall"]
    board = layout.white_board_front()
    half_x, half_y = width / 2 + wall, height / 2 + wall - 0.2
    part = block(x - half_x, -half_y, board, x + half_x, half_y, PLATE_BACK)
    part -= block(x - width / 2, -height / 2, board + 2.0, x + width / 2, height / 2, PLATE_BACK)
    part -= block(x - 10.0, -13.0, board, x + 10.0, 13.0, board + 2.0)
    part -= block(x - half_x, -7.0, board, x - 9.0, 7.0, board + 2.0)  # cable
    for at in layout.white_screws():
        part -= rod("z", at, S["shell"]["pilot_m3"], board, board + 2.0)
    for at in light_box_ears():
        ear = rod("z", at, 6.5, PLATE_BACK - 5.0, PLATE_BACK)
        inward = block(min(at[0], x), at[1] - 3.25, PLATE_BACK - 5.0, max(at[0], x), at[1] + 3.25, PLATE_BACK)
        slope = Pos(at[0], at[1], PLATE_BACK - 11.0) * Cone(0.6, 3.25, 6.0, align=CENTRE)
        part += (ear + inward + slope) & block(x - 30, -half_y, board, x + 30, half_y, PLATE_BACK)
        part -= block(x - width / 2, -height / 2, board + 2.0, x + width / 2, height / 2, PLATE_BACK)
        part -= rod("z", at, 2.3, PLATE_BACK - 12.0, PLATE_BACK)
    return part


def aim_tube() -> Part:
    """Holds lens and aiming LED; a stop of 2 mm stands in front of the LED. Prints with the flange down."""
    aim = S["aim"]
    at = (aim["centre_x"], 0.0)
    end = PLATE_BACK - aim["tube_length"]
    part = rod("z", at, aim["tube_outer"], end - 6.0, PLATE_BACK)
    flange = block(at[0] - 6.0, -15.0, PLATE_BACK - 3.0, at[0] + 6.0, 15.0, PLATE_BACK)
    part += flange
    part -= rod("z", at, aim["tube_inner"], end + 2.0, PLATE_BACK)
    part -= rod("z", at, 2.0, end, end + 2.0)
    part -= rod("z", at, aim["led_hole"], end - 6.0, end)
    for screw in aim_screws():
        part -= rod("z", screw, 2.3, PLATE_BACK - 3.0, PLATE_BACK)
    return part


def body() -> Part:
    """The tray: floor, sides, rear; carrier posts, Pi posts, vents, antenna holes. Prints on its floor."""
    rear, floor = layout.rear(), layout.floor()
    part = block(-HALF_X, -HALF_Y, rear, HALF_X, HALF_Y - WALL, PLATE_BACK)
    part = fillet(part.edges().filter_by(Axis.Y).sort_by(Axis.Z)[:2], 6.0)
    part -= block(-HALF_X + WALL, floor, rear + WALL, HALF_X - WALL, HALF_Y, PLATE_BACK)
    for x0, x1, z0, z1 in columns():
        part += block(x0, floor, z0, x1, HALF_Y - WALL, z1)
    for x, z in lid_screws():
        part -= rod("y", (x, z), S["shell"]["pilot_m3"], HALF_Y - WALL - 12.0, HALF_Y - WALL)
    for at in plate_screws():
        part -= rod("z", at, S["shell"]["pilot_m3"], PLATE_BACK - 12.0, PLATE_BACK)
    place = S["carrier"]
    for index in range(4):
        at = layout.carrier_hole(index)
        part += rod("y", at, place["post_diameter"], floor, place["underside"])
        part -= rod("y", at, S["shell"]["pilot_m3"], place["underside"] - 12.0, place["underside"])
    for at in layout.pi_holes():
        part += rod("y", at, 6.0, floor, floor + S["pi"]["standoff"])
        part -= rod("y", at, S["shell"]["pilot_m25"], floor - 1.5, floor + S["pi"]["standoff"])
    wifi = S["wifi"]
    stick = wifi["box"]
    for z in (wifi["z"] + 0.3, wifi["z"] - stick[2] - 2.3):
        part += block(wifi["x"] + 5.0, floor, z, wifi["x"] + stick[0] - 5.0, floor + 5.0, z + 2.0)
    for z in [-78.0 - 7.0 * k for k in range(9)]:
        part -= block(-HALF_X, -12.0, z - 1.25, HALF_X, 12.0, z + 1.25)
    for x in S["antennas"]["x"]:
        part -= rod("z", (x, S["antennas"]["y"]), 2 * S["antennas"]["radius"], rear, rear + WALL)
    grip = S["grip"]
    z = grip["neck_z"]
    part -= block(
        -grip["neck"][0] / 2, -HALF_Y, z - grip["neck"][1] / 2, grip["neck"][0] / 2, floor, z + grip["neck"][1] / 2
    )
    for at in grip_screws():
        part -= rod("y", at, 4.4, -HALF_Y, floor)
    return part


def grip_screws() -> list[tuple[float, float]]:
    """X and z of the screws between shell and grip."""
    grip = S["grip"]
    return [(sx * grip["flange_screw_x"], grip["z"] + sz * grip["flange_screw_z"]) for sx in (-1, 1) for sz in (-1, 1)]


def lid() -> Part:
    """The roof: parking place of the lens cap, light of the camera's power, its seal. Prints on its lower face."""
    rear = layout.rear()
    low, high = HALF_Y - WALL, HALF_Y
    part = block(-HALF_X, low, rear, HALF_X, high, PLATE_BACK)
    part = fillet(part.edges().filter_by(Axis.Y).sort_by(Axis.Z)[:2], 6.0)
    eye, light = S["eye"], S["camera_led"]
    park = (0.0, -120.0)
    part += rod("y", park, 2 * eye["collar_outer_radius"], high, high + eye["collar_height"])
    part -= rod("y", park, 2 * eye["collar_inner_radius"], high, high + eye["collar_height"])
    part -= rod("y", (park[0] + 22.0, park[1]), 3.0, low, high)  # the cap's cord
    at = (light["x"], light["z"])
    top = high + light["boss_height"]
    part += rod("y", at, light["boss_diameter"], high, top)
    part -= rod("y", at, light["led_hole"], low, top)
    part -= rod("y", at, light["led_flange"], low, low + 2.5)
    part -= rod("y", at, light["window_diameter"] + 0.2, top - light["window_thickness"], top)
    part -= (
        Pos(at[0], top - light["window_thickness"] - 2.0, at[1])
        * Rot(-90, 0, 0)
        * Cone(light["led_hole"] / 2, light["window_diameter"] / 2, 2.0, align=CENTRE)
    )
    width, depth, thick = light["seal"]
    part -= block(at[0] - width / 2, high - thick, PLATE_BACK - depth, at[0] + width / 2, high, PLATE_BACK)
    for x, z in lid_screws():
        part -= rod("y", (x, z), 3.4, low, high)
        part -= Pos(x, high - 1.7, z) * Rot(-90, 0, 0) * Cone(1.7, 3.4, 1.7, align=CENTRE)
    return part


def oblong(width: float, depth: float, low: float, high: float, radius: float) -> Part:
    """An upright block with rounded corners around the grip's axis."""
    z = S["grip"]["z"]
    part = block(-width / 2, low, z - depth / 2, width / 2, high, z + depth / 2)
    return fillet(part.edges().filter_by(Axis.Y), radius)


def grip() -> Part:
    """Handle with the power bank inside and the button in front. Prints upside down, on its flange."""
    table = S["grip"]
    top = layout.grip_top()
    bottom = top - table["flange"][2] - table["length"]
    width, depth, thick = table["flange"]
    part = oblong(width, depth, top - thick, top, 6.0)
    part += oblong(table["outer"][0], table["outer"][1], bottom, top, 12.0)
    part -= oblong(table["inner"][0], table["inner"][1], bottom, top, 2.0)
    for at in grip_screws():
        part -= rod("y", at, 4.4, top - thick, top)
    y = top - thick + table["button_y"]
    front = table["z"] + table["outer"][1] / 2
    part -= rod("z", (0.0, y), table["button_diameter"], front - 8.0, front)
    part -= rod("x", (bottom + table["door_overlap"] / 2, table["z"]), 2.6, -table["outer"][0], table["outer"][0])
    return part


def door() -> Part:
    """Flap under the grip with the hole for charging; a thumbscrew holds it. Prints on its outer face."""
    table = S["grip"]
    bottom = layout.grip_top() - table["flange"][2] - table["length"]
    gap, wall = table["door_clearance"], 2.5
    width, depth = table["outer"][0] + 2 * (gap + wall), table["outer"][1] + 2 * (gap + wall)
    part = oblong(width, depth, bottom - 3.0, bottom + table["door_overlap"], 12.0 + gap + wall)
    part -= oblong(
        table["outer"][0] + 2 * gap, table["outer"][1] + 2 * gap, bottom, bottom + table["door_overlap"], 12.0 + gap
    )
    part -= block(-6.0, bottom - 3.0, table["z"] - 16.0, 6.0, bottom, table["z"] + 16.0)
    part -= rod("x", (bottom + table["door_overlap"] / 2, table["z"]), 3.2, -table["outer"][0], table["outer"][0])
    return part


def cap() -> Part:
    """Lens cap; sits on the collar of the front plate, or on its twin on the lid. Prints on its outer face."""
    eye = S["eye"]
    radius = eye["collar_outer_radius"] + eye["cap_clearance"]
    part = rod("z", (0, 0), 2 * radius + 4.0, 0.4, eye["collar_height"] + 2.4)
    part -= rod("z", (0, 0), 2 * radius, 0.4, eye["collar_height"] + 0.1)
    tab = block(-4.0, -radius - 10.0, eye["collar_height"] + 0.1, 4.0, -radius, eye["collar_height"] + 2.4)
    tab -= rod("z", (0, -radius - 6.5), 3.0, 0, 10.0)
    return part + tab


PARTS = {
    "front_plate": front_plate,
    "camera_bracket": camera_bracket,
    "light_box": light_box,
    "aim_tube": aim_tube,
    "body": body,
    "lid": lid,
    "grip": grip,
    "door": door,
    "cap": cap,
}
COLOURS = {"light_box": "white", "cap": "orangered", "grip": "dimgray", "lid": "slategray", "body": "lightslategray"}


def build(names: Iterable[str] = PARTS) -> dict[str, Part]:
    """The named parts, each one solid."""
    made = {}
    for name in names:
        part = PARTS[name]()
        solids = part.solids()
        if len(solids) != 1:
            raise ValueError(f"{name} fell into {len(solids)} pieces")
        made[name] = solids[0]
    return made


def main() -> None:
    """Write every part and the assembly."""
    EXPORT.mkdir(exist_ok=True)
    made = build()
    for name, part in made.items():
        export_stl(part, str(EXPORT / f"{name}.stl"), tolerance=0.05, angular_tolerance=0.25)
        part.label = name
        part.color = Color(COLOURS.get(name, "darkslategray"))
    export_step(
        Compound(label="probe", children=[p.moved(Location()) for p in made.values()]), str(EXPORT / "enclosure.step")
    )
    record = {
        "parameters": json.loads(layout.parameters()),
        "volume_mm3": {n: round(p.volume, 1) for n, p in made.items()},
    }
    (EXPORT / "parameters.json").write_text(json.dumps(record, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
