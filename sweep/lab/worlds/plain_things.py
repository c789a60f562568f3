"""Lenses and confusers of the plain world: how much light each point has in each frame, drawn and not derived.

Job: add points of one kind with their light by lamp, their sliding and flashing, and paint what lies around them.
Input: seeded generator, noise of the wall; output: rows of `Spots`. Refuses to know a tier. Ranges are as wide as the
clip document's figures and its breakdown of false alarms; where it is silent they are guessed, and say so.
"""

from __future__ import annotations

import math

import numpy as np

from sweep.lab.worlds.plain_screws import add_screws
from sweep.lab.worlds.plain_spots import Builder, Marks, Spots, add_mirrored, electrons_of
from sweep.sim.scene.room import log_uniform


def add_lens(
    spots: Spots, rng: np.random.Generator, place: tuple[float, float], electrons: float, kind: str, owner: int
) -> float:
    """A lens of so many electrons on_axis; returns off_axis over on_axis light.

    Clear lenses: the clip document's B/A from 0 to .05 over .3 to 3 m, and up to .5 by the front surface; behind a
    reflective filter .25 to .95. Variation of the light over viewing angle .02 (clip document).
    """
    if kind == "reflective":
        ratio = float(rng.uniform(0.25, 0.95))
    else:
        ratio = log_uniform(rng, 5e-4, 0.05) if rng.random() < 0.65 else log_uniform(rng, 0.03, 0.5)
    steady = spots.unsteady(rng, float(rng.uniform(0.005, 0.06)))
    size = float(rng.choice([0.0, rng.uniform(0.0, 1.0)]))
    spots.add(owner, place, steady * spots.by_lamp(electrons, ratio * electrons), size)
    return ratio


def add_flake(spots: Spots, marks: Marks, noise_e: float) -> None:
    """A flake or bead of reflective tape: as steady as a lens, a wider lobe (clip document: .3 to 1.5 degrees)."""
    rng, own = marks.rng, marks.notes.own("tape_frag")
    place = marks.place(8.0)
    light = electrons_of(rng, noise_e)
    if rng.random() < 0.6:
        marks.disc(*place, log_uniform(rng, 0.6, 2.5), float(rng.uniform(0.1, 0.8)))
    steady = spots.unsteady(rng, float(rng.uniform(0.01, 0.1)))
    lamp = spots.by_lamp(light, light * log_uniform(rng, 0.01, 0.7))
    spots.add(own, place, steady * lamp, float(rng.uniform(0.0, 0.9)))


def add_tape(spots: Spots, marks: Marks, noise_e: float) -> None:
    """A strip with extent."""
    rng, own = marks.rng, marks.notes.own("tape")
    x, y = marks.place(20.0)
    light, ratio, turn = electrons_of(rng, noise_e, 10.0, 400.0), log_uniform(rng, 0.01, 0.4), rng.uniform(0, math.pi)
    columns, rows = int(rng.integers(3, 16)), int(rng.integers(2, 7))
    for a in range(columns):
        for b in range(rows):
            dx = marks.scale * (a * math.cos(turn) - b * math.sin(turn)) * 1.2
            dy = marks.scale * (a * math.sin(turn) + b * math.cos(turn)) * 1.2
            part = light * float(rng.uniform(0.5, 1.0)) / 3.0
            spots.add(own, (x + dx, y + dy), spots.by_lamp(part, part * ratio), 0.5)


def add_drops(spots: Spots, marks: Marks, noise_e: float) -> None:
    """Broad drops: a front glint that jumps between the lamps, and light from behind that both lamps call back."""
    rng, own = marks.rng, marks.notes.own("drops")
    x, y = marks.place(10.0)
    for _ in range(int(rng.integers(1, 14))):
        place = x + marks.scale * rng.normal(0, 14.0), y + marks.scale * rng.normal(0, 14.0)
        light = electrons_of(rng, noise_e, 2.0, 300.0)
        if rng.random() < 0.6:
            marks.disc(*place, log_uniform(rng, 0.6, 5.0), float(rng.uniform(0.1, 0.8)), float(rng.uniform(0.1, 0.6)))
        slide = spots.drift(rng, abs(float(rng.normal(0.0, 0.05))))
        add_mirrored(spots, rng, own, place, light, float(rng.uniform(0.0, 1.5)) * marks.scale, slide)
        if rng.random() < 0.5:
            back = light * log_uniform(rng, 0.2, 10.0)
            spots.add(
                own, place, spots.by_lamp(back, back * float(rng.uniform(0.25, 1.1))), float(rng.uniform(0.3, 2.0))
            )


def add_sphere(spots: Spots, marks: Marks, noise_e: float) -> None:
    """Knob or tap."""
    rng, own = marks.rng, marks.notes.own("chrome_sphere")
    place = marks.place(12.0)
    marks.disc(*place, log_uniform(rng, 3.0, 25.0), float(rng.uniform(0.03, 0.5)))
    for _ in range(int(rng.integers(1, 4))):
        at = place[0] + float(rng.normal(0, 3.0)), place[1] + float(rng.normal(0, 3.0))
        add_mirrored(
            spots, rng, own, at, electrons_of(rng, noise_e, 10.0, 3000.0), marks.scale * log_uniform(rng, 0.8, 12.0)
        )


def add_pane(spots: Spots, marks: Marks, noise_e: float) -> None:
    """Mirror or glaze: a large twin far along the baseline, sliding as the hand moves; often saturated."""
    rng = marks.rng
    is_mirror = rng.random() < 0.35
    own = marks.notes.own("mirror_img" if is_mirror else "gloss_img")
    place = marks.place(10.0)
    light = electrons_of(rng, noise_e, 300.0, 30000.0) if is_mirror else electrons_of(rng, noise_e, 10.0, 3000.0)
    slide = spots.drift(rng, log_uniform(rng, 0.02, 2.0)) * marks.scale
    add_mirrored(
        spots, rng, own, place, light, marks.scale * log_uniform(rng, 8.0, 110.0), slide, float(rng.uniform(0.2, 3.0))
    )


def add_glitter(spots: Spots, marks: Marks, noise_e: float) -> None:
    """Facets that flash, each for a few frames under each lamp; the clip document's variation is .17 and more."""
    rng, own = marks.rng, marks.notes.own("glitter")
    x, y = marks.place(20.0)
    spread = marks.scale * log_uniform(rng, 3.0, 40.0)
    for _ in range(int(log_uniform(rng, 10, 90))):
        _facet(spots, rng, own, (x + float(rng.normal(0, spread)), y + float(rng.normal(0, spread))), noise_e, 2.0)


def add_facet(spots: Spots, marks: Marks, noise_e: float) -> None:
    """A cut edge: one to three faces that stay lit longer than glitter."""
    rng, own = marks.rng, marks.notes.own("facet")
    x, y = marks.place(10.0)
    for _ in range(int(rng.integers(1, 4))):
        _facet(spots, rng, own, (x + float(rng.normal(0, 2)), y + float(rng.normal(0, 2))), noise_e, 0.5)


def _facet(
    spots: Spots, rng: np.random.Generator, own: int, place: tuple[float, float], noise_e: float, pace: float
) -> None:
    light, pace = electrons_of(rng, noise_e, 4.0, 500.0), pace * log_uniform(rng, 0.1, 3.0)
    time = np.arange(spots.frames) / max(1, spots.frames)
    means = {letter: float(rng.uniform(-0.3, 1.3)) for letter in "AB"}
    gauss = [math.exp(-0.5 * ((t - means[s]) * 3.0 * pace) ** 2) if s in means else 0.0
             for t, s in zip(time, spots.phases, strict=True)]  # fmt: skip
    off_share = float(rng.choice([0.0, 0.0, 1.0, rng.uniform(0, 1)]))
    spots.add(own, place, np.array(gauss) * spots.by_lamp(light, off_share * light))


def add_eyes(spots: Spots, marks: Marks, noise_e: float) -> None:
    """Two dark discs with a weak dot each: living, still, or without lids (a doll, a photograph on a wall).

    Pupils are 62 mm apart, which is 22 to 108 half-size px over 2.5 to 0.5 m; irises are 12 mm wide.
    """
    rng = marks.rng
    x, y = marks.place(30.0)
    range_m = log_uniform(rng, 0.5, 2.5)
    apart, turn = marks.scale * 0.062 * 870.0 / range_m, float(rng.normal(0.0, 0.2))
    is_alive = rng.random() < 0.6
    moves = spots.drift(rng, log_uniform(rng, 0.02, 1.0)) if is_alive else None
    has_lids = is_alive and rng.random() < 0.7
    blink = int(rng.integers(0, 4 * spots.frames)) if has_lids else -99
    lit = np.ones(spots.frames)
    lit[max(0, blink) : max(0, blink + max(2, round(0.15 * spots.fps)))] = 0.0
    light, ratio = electrons_of(rng, noise_e, 3.0, 300.0), log_uniform(rng, 0.005, 0.5)
    size = float(rng.uniform(0.0, 1.0))
    if rng.random() < 0.7:
        marks.disc(x, y, 60.0 / range_m, float(rng.uniform(0.3, 0.8)), 0.8)
    for side in (-0.5, 0.5):
        if rng.random() < 0.06:
            continue
        own = marks.notes.own("eyes")
        at = x + side * apart * math.cos(turn), y + side * apart * math.sin(turn)
        marks.taken.append(at)
        marks.disc(*at, 0.006 * 870.0 / range_m, float(rng.uniform(0.03, 0.3)), float(rng.uniform(0.5, 1.0)))
        mine = light * float(rng.uniform(0.6, 1.0))
        steady = spots.unsteady(rng, float(rng.uniform(0.005, 0.12)))
        spots.add(own, at, lit * steady * spots.by_lamp(mine, mine * ratio), size, moves)
        if rng.random() < 0.7:
            cornea = at[0] + float(rng.normal(0, 1)), at[1] + float(rng.normal(0, 1))
            add_mirrored(
                spots,
                rng,
                own,
                cornea,
                noise_e * log_uniform(rng, 0.5, 40.0),
                marks.scale * log_uniform(rng, 0.3, 3.0),
                moves,
            )


def add_led(spots: Spots, marks: Marks, noise_e: float) -> None:
    """A status LED, a mains lamp or something switched.

    Mains light at 100 or 120 Hz repeats exactly every triple at 30, 40, 50 and 60 frames a second (100 Hz at 60: five
    periods a triple), so it may shine in A alone.
    """
    rng, own = marks.rng, marks.notes.own("ind_led")
    place = marks.place(10.0)
    light = electrons_of(rng, noise_e, 3.0, 3000.0)
    time = np.arange(spots.frames) / spots.fps
    kind = rng.random()
    if kind < 0.35:
        wave = np.ones(spots.frames)
    elif kind < 0.75:
        mains = float(rng.choice([50.0, 60.0]))
        wave = np.abs(np.sin(2.0 * math.pi * (mains * time + rng.random()))) ** log_uniform(rng, 0.5, 12.0)
    else:
        rate = float(rng.choice([log_uniform(rng, 0.5, 400.0), spots.fps / 3.0]))
        wave = ((rate * time + rng.random()) % 1.0 < rng.uniform(0.1, 0.8)).astype(float)
    spots.add(own, place, light * wave, float(rng.uniform(0.0, 1.2)))


def add_dot(spots: Spots, marks: Marks, noise_e: float) -> None:
    """A dot of paint or a drilled hole: matt, the same under both lamps."""
    del spots, noise_e
    rng = marks.rng
    is_light = rng.random() < 0.5
    marks.notes.own("bright_dot" if is_light else "dark_hole")
    marks.disc(*marks.place(8.0), log_uniform(rng, 0.5, 5.0), float(rng.uniform(0.75, 0.95) if is_light else 0.03))


BUILDERS: tuple[tuple[str, float, Builder], ...] = (
    ("screw", 4.0, add_screws), ("chrome_sphere", 2.0, add_sphere), ("pane", 2.5, add_pane), ("dot", 3.0, add_dot),
    ("drops", 1.2, add_drops), ("tape_frag", 0.6, add_flake), ("tape", 0.5, add_tape), ("glitter", 1.0, add_glitter),
    ("facet", 1.5, add_facet), ("eyes", 1.5, add_eyes), ("led", 1.5, add_led),
)  # fmt: skip
"""Kind, how often, how built. Why: `LENS-WORLDS.md`, table of the mixture."""
