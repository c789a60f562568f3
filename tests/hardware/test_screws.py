"""Screws on the exported solids: holes by their standard, walls around them, heads and tips that meet nothing."""

import itertools
import math

import pytest
from manifold3d import Manifold

from hardware.enclosure import layout, mesh, printing, screws, walls
from hardware.enclosure.screws import THREADS, Placed
from hardware.enclosure.solids import Box, Point

INTO = {
    "ring board": "front_plate", "bars": "front_plate", "light box": "front_plate",
    "aiming tube": "front_plate", "thermal plate": "front_plate", "camera": "camera_bracket", "pi": "body",
    "camera bracket": "camera_bracket", "white board": "light_box", "carrier": "body", "front plate": "body",
    "lid": "body", "adapter shell": "wifi_shell", "phone foot": "phone_foot", "door": "grip",
}  # fmt: skip
"""The printed part that takes the thread; the grip's screws go into nuts."""
THROUGH = {
    "light box": ("light_box",), "aiming tube": ("aim_tube",), "thermal plate": ("thermal_plate",),
    "camera bracket": ("front_plate",), "front plate": ("front_plate",), "lid": ("lid",), "adapter shell": ("lid",),
    "phone foot": ("lid",), "door": ("door",), "grip": ("grip", "body"),
}  # fmt: skip
"""The printed parts that it passes."""
HELD = {
    "ring board": "ring board", "camera": "camera", "pi": "pi", "white board": "white board",
    "carrier": "carrier",
}  # fmt: skip
"""What else it passes, drawn without its holes."""
PLACED = screws.placed()
TURNS = [math.radians(15 * k) for k in range(24)]


def beside(one: Placed, along: float, radius: float, turn: float) -> Point:
    """A point at a distance from a screw's axis."""
    a, b = one.at[0] + radius * math.cos(turn), one.at[1] + radius * math.sin(turn)
    return {"x": (along, a, b), "y": (a, along, b), "z": (a, b, along)}[one.axis]


def inside(one: Placed, into_mm: float) -> float:
    """Place along the axis, measured from the seat towards the tip."""
    return one.seat + one.way * into_mm


def distances(solid: Manifold, one: Placed, into_mm: float, turn: float, reach: float = 12.0) -> list[float]:
    """Where a line at right angles to a screw's axis meets a part."""
    start, end = (beside(one, inside(one, into_mm), radius, turn) for radius in (0.0, reach))
    return [float(hit.distance) * reach for hit in solid.ray_cast(start, end)]


def test_every_screw_of_the_list_has_its_places() -> None:
    counts = {name: sum(one.what == name for one in PLACED) for name in screws.fastenings()}
    assert counts == {name: one.count for name, one in screws.fastenings().items()}
    assert {*INTO, "grip"} == set(screws.fastenings())


def grip_wall_mm() -> float:
    """The door's screws reach through it."""
    grip = layout.shell()["grip"]
    return float(grip["outer"][0] - grip["inner"][0]) / 2


@pytest.mark.parametrize("what", sorted(INTO))
def test_a_thread_finds_a_hole_of_its_standard_and_a_wall_all_around(what: str) -> None:
    """The hole leaves 60 to 90 per cent of the thread's flank (ISO 724); outside it stands at least a wall."""
    held, solid = screws.fastenings()[what], mesh.part(INTO[what])
    thread, nominal = THREADS[held.thread], float(held.thread[1:])
    for one in (one for one in PLACED if one.what == what):
        last = held.through_mm + (grip_wall_mm() if what == "door" else min(held.engaged_mm, held.depth_mm))
        for into, turn in itertools.product((held.through_mm + 0.4, last - 0.3), TURNS):
            met = distances(solid, one, into, turn)
            assert met, (one, into, turn)
            share = (nominal - 2 * met[0]) / (nominal - thread.minor)
            assert 0.6 <= share <= 0.9, (one, into, round(2 * met[0], 2))
            assert len(met) == 1 or met[1] - met[0] >= walls.LEAST_MM - 0.03, (one, into, round(met[1] - met[0], 2))


@pytest.mark.parametrize("what", sorted(set(INTO) - {"door"}))
def test_a_blind_hole_ends_before_the_tip_reaches_it_and_a_wall_behind(what: str) -> None:
    """The door's go through the grip's wall: `test_no_screw_meets...` says what is behind."""
    held, solid = screws.fastenings()[what], mesh.part(INTO[what])
    for one in (one for one in PLACED if one.what == what):
        begin = held.through_mm + 0.2
        start, end = (beside(one, inside(one, into), 0.0, 0.0) for into in (begin, begin + 40.0))
        met = [begin + 40.0 * float(hit.distance) for hit in solid.ray_cast(start, end)]
        if not met:
            assert what in ("camera", "white board"), one  # drilled through: into the case, into the chamber
            continue
        assert met[0] >= held.length_mm - 0.01, one
        assert len(met) == 1 or met[1] - met[0] >= walls.LEAST_MM - 0.01, (one, met)


@pytest.mark.parametrize("what", sorted(THROUGH))
def test_a_through_hole_is_between_the_fine_and_the_coarse_series(what: str) -> None:
    held = screws.fastenings()[what]
    fine, coarse = THREADS[held.thread].clearance
    for one, name in itertools.product((one for one in PLACED if one.what == what), THROUGH[what]):
        depth = held.through_mm - 0.4 if name != "grip" else 1.0
        for turn in TURNS:
            across = 2 * distances(mesh.part(name), one, depth, turn)[0]
            assert fine - 0.06 <= across <= coarse + 0.06, (one, name, round(across, 2))


def test_a_countersunk_head_sinks_in_and_rests_on_a_wall() -> None:
    """DIN 965: 5.6 mm across at the face, 90 degrees."""
    for one in (one for one in PLACED if screws.fastenings()[one.what].head == "countersunk"):
        part = mesh.part(THROUGH[one.what][0])
        at_face = 2 * distances(part, one, 0.02, 0.3)[0]
        assert 5.6 <= at_face <= 6.0, one
        assert 2 * distances(part, one, screws.fastenings()[one.what].through_mm - 1.0, 0.3)[0] < 3.6


def test_nuts_lie_in_pockets_of_the_floor_below_the_pi() -> None:
    """Six flats that hold, a wall around them, and no tip that reaches the Pi."""
    body, (across, high) = mesh.part("body"), layout.shell()["grip"]["nut"]
    held = screws.fastenings()["grip"]
    room = min(solid.low[1] for solid in layout.contents()["pi"] if isinstance(solid, Box)) - layout.floor()
    for one in (one for one in PLACED if one.what == "grip"):
        met = [distances(body, one, held.through_mm + high / 2, turn) for turn in TURNS]
        flats = [row[0] for row in met]
        assert min(flats) == pytest.approx(across / 2, abs=0.06) and max(flats) > across / 2 * 1.1
        assert all(row[1] - row[0] >= walls.LEAST_MM - 0.01 for row in met)
    assert held.length_mm - held.through_mm < room - 2.0


def clashes(placed: list[Placed]) -> list[str]:
    """Shanks and heads that meet a printed part, something inside or one another."""
    said = []
    solids = {f"part {name}": mesh.part(name) for name in printing.JOBS} | mesh.contents()
    shanks = [mesh.closed(one.shank()) for one in placed]
    for one, shank in zip(placed, shanks, strict=True):
        own = {f"part {INTO.get(one.what, 'body')}", *(f"part {name}" for name in THROUGH.get(one.what, ()))}
        own |= {HELD.get(one.what, ""), *(("left bar", "right bar") if one.what == "bars" else ())}
        met = [name for name, solid in solids.items() if name not in own and mesh.overlap_mm3(solid, shank) > 0.05]
        head = one.head()
        if head is not None:
            solid_head = mesh.closed(head)
            met += [f"head {n}" for n, s in solids.items() if n not in own and mesh.overlap_mm3(s, solid_head) > 0.05]
        said += [f"{one.what} {one.at}: {name}" for name in met]
    for (a, one), (b, other) in itertools.combinations(zip(placed, shanks, strict=True), 2):
        if mesh.overlap_mm3(one, other) > 0.01:
            said.append(f"{a.what} {a.at} meets {b.what} {b.at}")
    return said


def test_no_screw_meets_another_one_a_part_or_what_is_inside() -> None:
    assert clashes(PLACED) == []


def test_a_plate_screw_under_a_lid_screw_would_be_noticed() -> None:
    """24 mm above the middle, as far up as the plate allows, their shanks would meet in the column."""
    moved = [
        Placed(one.what, one.axis, (one.at[0], math.copysign(24.0, one.at[1])), one.seat, one.way)
        if one.what == "front plate"
        else one
        for one in PLACED
        if one.what in ("front plate", "lid")
    ]
    assert any("front plate" in said and "meets lid" in said for said in clashes(moved))
