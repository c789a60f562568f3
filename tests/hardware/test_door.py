"""The door closes the grip from below: no light gets past it, neither screwed home nor hanging by its screws' play."""

import math

from manifold3d import Manifold

from hardware.enclosure import layout, mesh, screws
from hardware.enclosure.solids import Box, Cylinder
from tests.hardware.test_enclosure import EPS

GRIP, LOW = layout.shell()["grip"], layout.grip_bottom()
Z = GRIP["z"]
WITHIN = (0.0, LOW + 5.0, Z)


def thumbscrews() -> list[Manifold]:
    """What fills the holes of door and grip: 6 mm from each side."""
    end = GRIP["outer"][0] / 2 + GRIP["door_clearance"] + GRIP["door_wall"]
    sides = ((end - 6.0, end), (-end, -end + 6.0))
    return [mesh.closed(Cylinder("x", (screws.door(), Z), 1.62, low, high)) for low, high in sides]


def is_closed(door: Manifold) -> bool:
    """Whether the air in the grip's lower end is apart from the air around it."""
    room = Box((-30.0, LOW - 10.0, Z - 45.0), (30.0, LOW + 30.0, Z + 45.0))
    pockets = mesh.air(room, [mesh.part("grip"), door, *thumbscrews()])
    return mesh.pocket_of(pockets, WITHIN) != mesh.pocket_of(pockets, (0.0, LOW - 8.0, Z))


def test_no_air_leads_past_the_door_and_a_hole_in_it_is_found() -> None:
    home = mesh.part("door").translate((0.0, EPS, 0.0))
    assert is_closed(home)
    hole = mesh.closed(Box((-6.0, LOW - 4.0, Z - 16.0), (6.0, LOW + 1.0, Z + 16.0)))
    assert not is_closed(home - hole)
    assert not is_closed(home.translate((0.0, -0.2, 0.0))), "its rim is no seal: the next test looks at light"


def test_no_straight_way_leads_in_past_a_door_that_hangs_half_a_millimetre_low() -> None:
    closed = mesh.union([mesh.part("grip"), mesh.part("door").translate((0.0, -0.5, 0.0)), *thumbscrews()])
    for turn, lift in ((math.radians(3 * k), math.radians(10 * n)) for k in range(120) for n in range(-8, 5)):
        far = (80 * math.cos(turn) * math.cos(lift), 80 * math.sin(lift), 80 * math.sin(turn) * math.cos(lift))
        assert mesh.is_blocked(closed, WITHIN, (far[0], WITHIN[1] + far[1], Z + far[2])), (turn, lift)
        slit = (0.0, LOW - 0.25, Z)
        assert mesh.is_blocked(closed, slit, (far[0], slit[1] + far[1], Z + far[2])), (turn, lift)
