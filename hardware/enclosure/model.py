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
    Axis,
    Color,
    Compound,
    Cone,
    Location,
    Part,
    Pos,
    RegularPolygon,
    Rot,
    export_step,
    export_stl,
    extrude,
    fillet,
)

from hardware.enclosure import front, layout, outside, screws
from hardware.enclosure.shapes import CENTRE, HALF_X, HALF_Y, HOLD, PLATE_BACK, WALL, S, block, countersink, rod

EXPORT = layout.HERE / "export"


def body() -> Part:
    """The tray: floor, sides, rear; carrier posts, Pi posts, vents, antenna holes. Prints on its floor."""
    rear, floor = layout.rear(), layout.floor()
    part = block(-HALF_X, -HALF_Y, rear, HALF_X, HALF_Y - WALL, PLATE_BACK)
    part = fillet(part.edges().filter_by(Axis.Y).sort_by(Axis.Z)[:2], 6.0)
    part -= block(-HALF_X + WALL, floor, rear + WALL, HALF_X - WALL, HALF_Y, PLATE_BACK)
    for x0, x1, z0, z1 in screws.columns():
        part += block(x0, floor, z0, x1, HALF_Y - WALL, z1)
    for x, z in screws.lid():
        part -= rod("y", (x, z), S["shell"]["pilot_m3"], HALF_Y - WALL - HOLD["lid"].depth_mm, HALF_Y - WALL)
    for at in screws.plate():
        part -= rod("z", at, S["shell"]["pilot_m3"], PLATE_BACK - HOLD["front plate"].depth_mm, PLATE_BACK)
    place = S["carrier"]
    for index in range(4):
        at = layout.carrier_hole(index)
        part += rod("y", at, place["post_diameter"], floor, place["underside"])
        part -= rod("y", at, S["shell"]["pilot_m3"], place["underside"] - HOLD["carrier"].depth_mm, place["underside"])
    for at in layout.pi_holes():
        top = floor + S["pi"]["standoff"]
        part += rod("y", at, 6.0, floor, top)
        part -= rod("y", at, S["shell"]["pilot_m25"], top - HOLD["pi"].depth_mm, top)
    for z in [-78.0 - 7.0 * k for k in range(9)]:
        part -= block(-HALF_X, -12.0, z - 1.25, HALF_X, 12.0, z + 1.25)
    for x in S["antennas"]["x"]:
        part -= rod("z", (x, S["antennas"]["y"]), 2 * S["antennas"]["radius"], rear, rear + WALL)
    power, strap = S["power_button"], S["strap"]
    part -= rod("z", (power["x"], power["y"]), power["diameter"], rear, rear + WALL)
    for side in (-1, 1):
        low, high = sorted((side * (HALF_X - 1.0), side * (HALF_X + strap["out"])))
        z, half = strap["z"], strap["length"] / 2
        lug = block(low, -HALF_Y, z - half, high, -HALF_Y + strap["height"], z + half)
        centre = (side * (HALF_X + strap["out"] / 2), -HALF_Y + strap["height"] - strap["out"] / 2 - 2.0)
        part += lug - rod("z", centre, strap["hole"], z - half, z + half)
    grip = S["grip"]
    z = grip["neck_z"]
    part -= block(
        -grip["neck"][0] / 2, -HALF_Y, z - grip["neck"][1] / 2, grip["neck"][0] / 2, floor, z + grip["neck"][1] / 2
    )
    across, high = grip["nut"]
    for at in screws.grip():
        part += rod("y", at, grip["nut_boss"], floor, floor + high)
        part -= Pos(at[0], floor, at[1]) * Rot(-90, 0, 0) * extrude(RegularPolygon(across / 3**0.5, 6), high)
        part -= rod("y", at, 4.4, -HALF_Y, floor)
    return part


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
    part -= rod("y", at, light["led_flange"], low, high - 0.5)
    part -= rod("y", at, light["window_diameter"] + 0.2, top - light["window_thickness"], top)
    part -= (
        Pos(at[0], top - light["window_thickness"] - 2.0, at[1])
        * Rot(-90, 0, 0)
        * Cone(light["led_hole"] / 2, light["window_diameter"] / 2, 2.0, align=CENTRE)
    )
    width, depth, thick = light["seal"]
    part -= block(at[0] - width / 2, high - thick, PLATE_BACK - depth, at[0] + width / 2, high, PLATE_BACK)
    wifi = S["wifi"]
    x, z, wide, deep = wifi["slot"]
    part -= block(x - wide / 2, low, z - deep / 2, x + wide / 2, high, z + deep / 2)
    for place in [*screws.wifi(), *screws.phone()]:
        part -= rod("y", place, 3.4, low, high)
    for x, z in screws.lid():
        part -= rod("y", (x, z), 3.4, low, high)
        part -= countersink("y", (x, z), high)
    return part


PARTS = {
    "front_plate": front.front_plate,
    "camera_bracket": front.camera_bracket,
    "light_box": front.light_box,
    "aim_tube": front.aim_tube,
    "body": body,
    "lid": lid,
    "grip": outside.grip,
    "door": outside.door,
    "cap": outside.cap,
    "wifi_shell": outside.wifi_shell,
    "phone_foot": outside.phone_foot,
    "corner_block": outside.corner_block,
    "thermal_plate": front.thermal_plate,
    "filter_seat": front.filter_seat,
    "wake_pad": outside.wake_pad,
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
