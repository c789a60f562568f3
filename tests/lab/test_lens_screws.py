"""Screws of the training worlds: several of one box, recesses that shade themselves, clear of lenses."""

import math
from collections.abc import Iterator

import numpy as np
import pytest

from sweep.lab.worlds.furnish_screws import HEADS, Box, add_any_screws, add_drive, drive_in, square_return
from sweep.lab.worlds.plain import render_plain_clip
from sweep.lab.worlds.told_apart import NAMES, auc, numbers_of, wall_of
from sweep.lab.worlds.tuning import Tuning
from sweep.sim.scene.glints import Facets, Lamps, Moment
from sweep.sim.scene.imaging import View
from sweep.sim.scene.layers import Layer
from sweep.sim.scene.lobes import ANGLES_RAD
from sweep.sim.scene.room import Room, Site

FACING = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, -1.0]])
VIEW = View(728, 544, 870.0, 364.0, 272.0, 0.0, 6.9e-6, 0.006, 2.8, 0.8, 0.7, 4.0, 1e9)


def room(seed: int = 1, turn_rad: float = 0.0) -> Room:
    """A grey wall a metre away."""
    cosine, sine = math.cos(turn_rad), math.sin(turn_rad)
    across = np.array([[cosine, 0.0, sine], [0.0, 1.0, 0.0], [sine, 0.0, -cosine]])
    albedo = np.full((544, 728), 0.5, np.float32)
    return Room(VIEW, np.random.default_rng(seed), 0.0, layers=[Layer(np.array([0, 0, 1.0]), across, 1 / 870, albedo)])


def box(head: str = "countersunk", drive: str = "hex", dirt: float = 0.0) -> Box:
    return Box(head, drive, 0.004, 0.6, 0.2, math.radians(1.0), 0.0, math.radians(1.0), dirt)


def light(of: Room, offset_m: float) -> float:
    turn = 2.0 * math.pi * np.arange(8) / 8
    places = np.column_stack([offset_m * np.cos(turn), offset_m * np.sin(turn), np.zeros(8)])
    lamps = Lamps(places, np.full(8, 0.125), np.array([0.0, 0.0, 1.0]), 0.0)
    return float(of.glints(lamps, Moment(np.zeros(3), 0.0, 1e-3, "A", np.zeros((1, 3)))).irradiance_w_m2.sum())


def fittings(count: int = 60) -> Iterator[Room]:
    for seed in range(count):
        made = room(seed)
        add_any_screws(made, made.site(300.0, 260.0), Tuning())
        yield made


def test_a_fitting_has_one_to_six_screws_of_one_size() -> None:
    made = list(fittings())
    assert {thing.kind for one in made for thing in one.things} == {"screw"}
    counts = [len(one.things) for one in made]
    assert min(counts) == 1
    assert 4 <= max(counts) <= 6
    assert all(len({thing.radius_m for thing in one.things}) == 1 for one in made)


def test_screws_shine_over_decades_and_more_under_one_lamp_than_under_the_other() -> None:
    on, off = (np.array([light(one, offset) for one in fittings()]) for offset in (0.01, 0.07))
    assert np.quantile(on, 0.9) > 100.0 * np.quantile(on, 0.1)
    shares = off / np.maximum(on, 1e-12)
    assert (shares < 0.2).any()
    assert (shares > 0.7).any()


@pytest.mark.parametrize("head", HEADS)
def test_every_head_answers_a_lamp_somewhere(head: str) -> None:
    made = room(3)
    for x in range(40, 700, 60):
        drive_in(made, made.site(float(x), 272.0), box(head, "none" if head == "acorn" else "hex"))
    assert light(made, 0.01) > 0.0


def test_the_other_screws_of_a_fitting_keep_clear_of_a_lens() -> None:
    for seed in range(40):
        made = room(seed)
        lens = made.site(330.0, 260.0).point
        made.own("lens", lens, 0.001)
        add_any_screws(made, made.site(300.0, 260.0), Tuning())
        others = [thing.position for thing in made.things if thing.kind == "screw"][1:]
        assert all(float(np.linalg.norm(at - lens)) > 0.011 for at in others)


def test_a_recess_seen_from_far_aside_lies_in_shadow() -> None:
    """From the axis most recesses send something back, from 82 degrees none does."""

    def returns(turn_rad: float) -> int:
        made = room(5, turn_rad)
        site = Site(made.layers[0].origin, made.layers[0].across, made.layers[0], 364.0, 272.0)
        for _ in range(30):
            add_drive(made, site, box(), 0, site.frame, 0.6, 0.02)
        return len(made.retros)

    assert returns(0.0) > 10
    assert returns(math.radians(82.0)) == 0


def test_a_corner_out_of_square_splits_what_it_returns_by_twice_its_error() -> None:
    split = square_return(math.radians(4.0), math.radians(0.5))
    assert math.degrees(ANGLES_RAD[int(np.argmax(split.density_per_sr))]) == pytest.approx(4.0, abs=0.5)
    rough = square_return(math.radians(1.0), math.radians(3.0))
    assert int(np.argmax(rough.density_per_sr)) == 0
    for lobe in (split, rough):
        whole = np.trapezoid(lobe.density_per_sr * 2.0 * math.pi * np.sin(ANGLES_RAD), ANGLES_RAD)
        assert whole == pytest.approx(1.0, abs=0.05)


def test_screws_of_the_plain_world_come_in_groups() -> None:
    counts = [render_plain_clip(seed, tier=4, size=(364, 272), triples=3).truth["conf_counts"].get("screw", 0)
              for seed in range(6)]  # fmt: skip
    assert max(counts) >= 6


def test_a_middle_ring_shows_what_the_lobe_of_a_face_makes_of_its_angle() -> None:
    """A face of 2 degrees square to the view: exp(-(offset / range)^2 / 2 sigma^2) under each lamp."""
    made, sigma = room(), 0.035
    owner = made.own("screw", np.array([0.0, 0.0, 1.0]), 0.003)
    one = np.ones(1)
    made.facets.append(
        Facets(owner, np.array([[0.0, 0.0, 1.0]]), -np.array([[0.0, 0.0, 1.0]]), 1e-5 * one, 0.5 * one, sigma * one)
    )
    ((is_lens, numbers),) = numbers_of(made)
    assert not is_lens
    for name, offset_m in (
        ("off_axis", 0.07),
        ("N of laboratory", 0.045),
        ("M of laboratory", 0.03),
        ("M of head", 0.016),
    ):
        wanted = math.exp(-0.5 * (offset_m**2 - 0.01**2) / sigma**2)
        assert numbers[NAMES.index(name)] == pytest.approx(wanted, rel=0.06)


def test_lenses_on_bare_walls_show_little_under_the_middle_ring() -> None:
    rows = [row for seed in range(8) for row in numbers_of(wall_of(seed))]
    lenses = np.array([numbers for is_lens, numbers in rows if is_lens])
    assert len(lenses) >= 4
    assert (lenses[:, NAMES.index("off_axis")] <= 0.2).all()
    assert np.median(lenses[:, NAMES.index("M of laboratory")]) < 0.3


def test_ties_count_half() -> None:
    assert auc(np.array([1.0, 2.0]), np.array([1.0, 2.0])) == 0.5
    assert auc(np.array([3.0]), np.array([1.0, 3.0])) == 0.75
