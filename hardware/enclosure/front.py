"""The modelled parts around the eye: front plate, camera bracket, light box, aiming tube. Needs build123d."""

from __future__ import annotations

import math

from build123d import Axis, Cone, Part, Pos, Rot, fillet

from hardware.enclosure import layout, screws
from hardware.enclosure.shapes import CENTRE, HALF_X, HALF_Y, HOLD, PLATE_BACK, S, block, rod


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
    for at in [*screws.aim(), *screws.light_box()]:
        plate -= rod("z", at, S["shell"]["pilot_m2"], PLATE_BACK, PLATE_BACK + HOLD["light box"].depth_mm)
    for at in [*screws.bracket(), *screws.plate()]:
        plate -= rod("z", at, 3.4, PLATE_BACK, 0)
        plate -= Pos(at[0], at[1], -1.7) * Cone(1.7, 3.4, 1.7, align=CENTRE)
    return plate


def without_option_pockets(plate: Part) -> Part:
    """Room for what is optional, from behind: a skin stays, to be cut out where a LED or the range sensor is fitted."""
    half = layout.boards()["middle"]["window_mm"] / 2
    cut = block(-half, -half, PLATE_BACK, half, half, -S["eye"]["option_skin"])
    for x, y in layout.option_leds():
        plate -= Pos(x, y, 0) * Rot(0, 0, math.degrees(math.atan2(y, x))) * cut
    for at in layout.arc_screws():
        plate -= rod("z", at, S["shell"]["pilot_m2"], PLATE_BACK, PLATE_BACK + HOLD["arc board"].depth_mm)
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
    for at in layout.white_screws():
        depth = HOLD["white board"].depth_mm
        part += rod("z", at, 7.0, board, board + depth)
        part -= rod("z", at, S["shell"]["pilot_m3"], board, board + depth)
    for at in screws.light_box():
        ear = rod("z", at, 6.5, PLATE_BACK - 5.0, PLATE_BACK)
        inward = block(min(at[0], x), at[1] - 3.25, PLATE_BACK - 5.0, max(at[0], x), at[1] + 3.25, PLATE_BACK)
        slope = Pos(at[0], at[1], PLATE_BACK - 11.0) * Cone(0.6, 3.25, 6.0, align=CENTRE)
        part += (ear + inward + slope) & block(x - 30, -half_y, board, x + 30, half_y, PLATE_BACK)
        part -= block(x - width / 2, -height / 2, board + 2.0, x + width / 2, height / 2, PLATE_BACK)
        part -= rod("z", at, 2.3, PLATE_BACK - 12.0, PLATE_BACK)
        part -= rod("z", at, 4.4, PLATE_BACK - 12.0, PLATE_BACK - HOLD["light box"].through_mm)
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
