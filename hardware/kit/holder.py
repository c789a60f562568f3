"""The printed holder of the kit: lens in the middle, eight lamps around it, four on each side; modelled with build123d.

Input is `kit.toml`; output is `export/holder.stl`, `export/holder.step` and `export/parameters.json`, which says from
which numbers they were made.  It prints on its back without supports.  build123d is no dependency of the project:
`python -m hardware.kit.holder` with build123d 0.13 installed rebuilds the files, tests look at the exported mesh.
"""

from __future__ import annotations

import json

from build123d import Align, Box, Color, Cylinder, Part, Pos, Rot, export_step, export_stl

from hardware.kit.table import HERE, kit, lamp_places_mm

EXPORT = HERE / "export"
CENTRE = (Align.CENTER, Align.CENTER, Align.MIN)


def rod(at: tuple[float, float], diameter: float, low: float, high: float) -> Part:
    """A cylinder along z."""
    return Pos(at[0], at[1], low) * Cylinder(diameter / 2, high - low, align=CENTRE)


def block(width: float, height: float, low: float, high: float, y: float = 0.0) -> Part:
    """An upright block, centred in x, its middle at `y`."""
    return Pos(0.0, y, low) * Box(width, height, high - low, align=CENTRE)


def holder() -> Part:
    """Bar, middle piece, hood and foot less every hole."""
    h = kit()["holder"]
    back, half = -h["thickness"], h["middle_half"]
    hood = h["lens_bore"] + 2 * h["hood_wall"]
    wide, tall, deep = h["foot"]
    foot_y = -half - tall / 2
    part = block(2 * h["half_width"], 2 * h["arm_half_height"], back, 0.0)
    part += block(2 * half, 2 * half, back, 0.0)
    part += rod((0.0, 0.0), hood, back, h["hood_length"])
    part += block(wide, tall + 1.0, back, back + deep, foot_y + 0.5)
    part -= rod((0.0, 0.0), h["lens_bore"], back, h["hood_length"])
    for group in kit()["group"]:
        for at in lamp_places_mm(group):
            part -= rod(at, h["hole"], back, 0.0)
    post = h["post_pitch"] / 2
    for x in (-post, post):
        for y in (-post, post):
            part -= rod((x, y), h["post_hole"], back, 0.0)
    middle = back + deep / 2
    bolt = Rot(-90, 0, 0) * Cylinder(h["bolt"] / 2, tall - 4.0, align=CENTRE)
    part -= Pos(0.0, -half - tall, middle) * bolt
    across, thick = h["nut_across"], h["nut_thickness"]
    part -= block(across, thick, middle - across / 2, back + deep, -half - tall + 4.0 + thick / 2)
    return part


def main() -> None:
    """Write the files."""
    EXPORT.mkdir(exist_ok=True)
    solids = holder().solids()
    if len(solids) != 1:
        raise ValueError(f"the holder fell into {len(solids)} pieces")
    solid = solids[0]
    solid.label, solid.color = "holder", Color("darkslategray")
    export_stl(solid, str(EXPORT / "holder.stl"), tolerance=0.03, angular_tolerance=0.15)
    export_step(solid, str(EXPORT / "holder.step"))
    record = {
        "parameters": {name: kit()[name] for name in ("holder", "group")},
        "volume_mm3": round(solid.volume, 1),
    }
    (EXPORT / "parameters.json").write_text(json.dumps(record, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
