"""The modelled parts around the eye: front plate, camera bracket, light box, aiming tube. Needs build123d."""

from __future__ import annotations

import math

from build123d import Axis, Cone, Part, Pos, Rot, fillet

from hardware.enclosure import layout, screws
from hardware.enclosure.shapes import CENTRE, HALF_X, HALF_Y, HOLD, PLATE_BACK, S, block, countersink, rod


def front_plate() -> Part:
    """The face: baffle tube on its spokes, collar of the cap, slots for the bars, windows. Prints on its back."""
    eye, white, aim = S["eye"], S["white"], S["aim"]
    plate = block(-HALF_X, -HALF_Y, PLATE_BACK, HALF_X, HALF_Y, 0)
    plate = fillet(plate.edges().filter_by(Axis.Z), 4.0)
    plate -= rod("z", (0, 0), 2 * eye["opening_radius"], PLATE_BACK, 0)
    collar = rod("z", (0, 0), 2 * eye["collar_outer_radius"], 0, eye["collar_height"])
    collar -= rod("z", (0, 0), 2 * eye["collar_inner_radius"], 0, eye["collar_height"])
    flare, ahead = eye["tube_flare"], eye["tube_ahead"]
    tube = rod("z", (0, 0), 2 * eye["tube_outer_radius"], PLATE_BACK, flare)
    tube += cone(eye["tube_outer_radius"], eye["tube_mouth_outer_radius"], flare, ahead)
    for turn in (0, 90):
        spoke = block(-12.0, -eye["spoke_width"] / 2, PLATE_BACK, 12.0, eye["spoke_width"] / 2, 0)
        tube += Rot(0, 0, turn) * spoke
    plate += collar + tube
    plate -= rod("z", (0, 0), 2 * eye["tube_inner_radius"], PLATE_BACK, flare)
    plate -= cone(eye["tube_inner_radius"], eye["tube_mouth_radius"], flare, ahead)
    for x in layout.bar_centres():
        plate -= block(x - 3.0, -12.0, PLATE_BACK, x + 3.0, 12.0, 0)
        for px, py in layout.boards()["bar"]["holes_mm"]:
            plate -= rod("z", (x + px, py), S["shell"]["pilot_m2"], PLATE_BACK, PLATE_BACK + HOLD["bars"].depth_mm)
    for at in layout.ring_screws():
        plate -= rod("z", at, S["shell"]["pilot_m2"], PLATE_BACK, PLATE_BACK + HOLD["ring board"].depth_mm)
    plate = without_option_pockets(plate)
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
    plate -= rod("z", (aim["centre_x"], 0), aim["lens_diameter"] + 0.3, PLATE_BACK, -aim["lens_lip"])
    plate -= rod("z", (aim["centre_x"], 0), aim["lens_opening"], PLATE_BACK, 0)
    (tx, ty), (wide, high) = S["thermal"]["at"], S["thermal"]["window"]
    plate -= block(tx - wide / 2, ty - high / 2, PLATE_BACK, tx + wide / 2, ty + high / 2, 0)
    for at in [*screws.aim(), *screws.light_box(), *screws.thermal()]:
        plate -= rod("z", at, S["shell"]["pilot_m2"], PLATE_BACK, PLATE_BACK + HOLD["light box"].depth_mm)
    for at in [*screws.bracket(), *screws.plate()]:
        plate -= rod("z", at, 3.4, PLATE_BACK, 0)
        plate -= countersink("z", at, 0.0)
    return plate


def cone(below: float, above: float, low: float, high: float) -> Part:
    """A cone around the optical axis from one radius to another."""
    return Pos(0, 0, low) * Cone(below, above, high - low, align=CENTRE)


def thermal_plate() -> Part:
    """Closes the opening for a thermal array from behind, flush with the front face. Prints on its flange."""
    table = S["thermal"]
    (x, y), (wide, high), (long, tall, thick) = table["at"], table["window"], table["flange"]
    play = table["play"]
    part = block(x - long / 2, y - tall / 2, PLATE_BACK - thick, x + long / 2, y + tall / 2, PLATE_BACK)
    half_x, half_y = wide / 2 - play, high / 2 - play
    part += block(x - half_x, y - half_y, PLATE_BACK, x + half_x, y + half_y, 0)
    for at in screws.thermal():
        part -= rod("z", at, 2.3, PLATE_BACK - thick, PLATE_BACK)
    return part


def filter_seat() -> Part:
    """Ring in the CS mount, in front of the sensor, that holds the filter's cell. Prints on its lip."""
    table, low = S["filter"], layout.filter_seat_rear()
    bore, top = table["cell"][0] + table["play"], low + table["lip"] + table["cell"][1]
    part = rod("z", (0, 0), table["outer"], low, top)
    part -= rod("z", (0, 0), table["lip_opening"], low, top)
    return part - rod("z", (0, 0), bore, low + table["lip"], top)


def pocket_reach(half: float, turn: float, radius: float) -> float:
    """How far a pocket may reach outwards of its LED: a wall of 1.22 mm stays to each screw of the ring board."""
    reach, need = half, S["shell"]["pilot_m2"] / 2 + 1.22
    for x, y in layout.ring_screws():
        out = x * math.cos(turn) + y * math.sin(turn) - radius
        beside = max(0.0, abs(y * math.cos(turn) - x * math.sin(turn)) - half)
        if out > 0 and beside < need:
            reach = min(reach, out - math.sqrt(need**2 - beside**2))
    return reach


def without_option_pockets(plate: Part) -> Part:
    """Room for what is optional, from behind: a skin stays, to be cut out where a LED or the range sensor is fitted."""
    half = layout.boards()["middle"]["window_mm"] / 2
    for x, y in layout.option_leds():
        outward = pocket_reach(half, math.atan2(y, x), math.hypot(x, y))
        cut = block(-half, -half, PLATE_BACK, outward, half, -S["eye"]["option_skin"])
        plate -= Pos(x, y, 0) * Rot(0, 0, math.degrees(math.atan2(y, x))) * cut
    sensor, (wide, high) = S["range"], S["range"]["window"]
    x, y = sensor["at"]
    plate -= block(x - wide / 2, y - high / 2, PLATE_BACK, x + wide / 2, y + high / 2, -S["eye"]["option_skin"])
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
    for at in screws.bracket():
        part += rod("z", at, camera["post_diameter"], front, PLATE_BACK)
        part -= rod("z", at, S["shell"]["pilot_m3"], PLATE_BACK - HOLD["camera bracket"].depth_mm, PLATE_BACK)
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
    for at in screws.light_box():
        inward = block(min(at[0], x), at[1] - 3.5, board, max(at[0], x), at[1] + 3.5, PLATE_BACK)
        part += (rod("z", at, 7.0, board, PLATE_BACK) + inward) & block(
            x - 30, -half_y - 0.3, board, x + 30, half_y + 0.3, PLATE_BACK
        )
    part -= block(x - width / 2, -height / 2, board + 2.0, x + width / 2, height / 2, PLATE_BACK)
    for at in layout.white_screws():
        depth = HOLD["white board"].depth_mm
        part += rod("z", at, 7.0, board, board + depth)
        part -= rod("z", at, S["shell"]["pilot_m3"], board, board + depth)
    for at in screws.light_box():
        part -= rod("z", at, 2.3, board, PLATE_BACK)
        part -= rod("z", at, 4.4, board, PLATE_BACK - HOLD["light box"].through_mm)
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
    part -= rod("z", at, aim["lens_diameter"] + 0.3, layout.aim_lens_plane(), PLATE_BACK)
    part -= rod("z", at, 2.0, end, end + 2.0)
    part -= rod("z", at, aim["led_hole"], end - 6.0, end)
    for screw in screws.aim():
        part -= rod("z", screw, 2.3, PLATE_BACK - 3.0, PLATE_BACK)
    return part
