"""Lenses and confusers of the plain world: how much light each point has in each frame, drawn and not derived.

Job: add points of one kind with their light by lamp, their sliding and flashing, and paint what lies around them.
Input: seeded generator, noise of the wall; output: rows of `Spots`. Refuses to know a tier. Ranges are as wide as the
clip document's figures and its breakdown of false alarms; where it is silent they are guessed, and say so.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from sweep.sim.lens_camera import Array, Image
from sweep.sim.lens_recipe import MIDDLE_RINGS_M
from sweep.sim.lens_rendered import Notes
from sweep.sim.lens_room import log_uniform
from sweep.sim.lens_textures import paint_disc

OFF_AXIS_M = 0.07


@dataclass
class Marks:
    """The background while it is painted, and where things already stand."""

    albedo: Image
    margin: int
    rng: np.random.Generator
    scale: float
    notes: Notes
    size: tuple[int, int]
    taken: list[tuple[float, float]] = field(default_factory=list)

    def place(self, clear: float) -> tuple[float, float]:
        """A place of the reference frame, `clear` half-size pixels from others where there is room."""
        x = y = 0.0
        for _ in range(20):
            x, y = (float(self.rng.uniform(0.04, 0.96) * n) for n in self.size)
            if all(math.hypot(x - a, y - b) > clear * self.scale for a, b in self.taken):
                break
        self.taken.append((x, y))
        return x, y

    def disc(self, x: float, y: float, radius: float, tone: float, strength: float = 1.0) -> None:
        """A disc; radius in half-size pixels."""
        paint_disc(self.albedo, x + self.margin, y + self.margin, radius * self.scale, tone, strength)


@dataclass
class Spots:
    """Points of light: one row each, their electrons frame by frame."""

    frames: int
    phases: Sequence[str]
    fps: float
    rng: np.random.Generator
    """For what only middle rings show."""
    pulses: Sequence[float] = ()
    """Length of the lamp pulse of each frame against the nominal one; empty: 1."""
    owners: list[int] = field(default_factory=list)
    places: list[tuple[float, float]] = field(default_factory=list)
    slides: list[Array] = field(default_factory=list)
    """frames x 2: way against the scene, pixels."""
    lights: list[Array] = field(default_factory=list)
    sizes: list[float] = field(default_factory=list)
    owner: npt.NDArray[np.int_] = field(default_factory=lambda: np.zeros(0, int))
    size_px: Array = field(default_factory=lambda: np.zeros(0))

    @property
    def count(self) -> int:
        """Points so far."""
        return len(self.owners)

    def by_lamp(self, on_axis: float, off_axis: float, dark: float = 0.0) -> Array:
        """Electrons of each frame by its lamp.

        Under a middle ring, at a share f of the off_axis offset, light lies between: ratio^(f^p), p from 0.8 (a cusp)
        to 2 (a Gaussian); what shows under one lamp alone shows under no middle ring.
        """
        table = {"A": on_axis, "B": off_axis, "C": dark, "M": 0.0, "N": 0.0}
        if "M" in self.phases and on_axis > 0.0 and off_axis > 0.0:
            bend = float(self.rng.uniform(0.8, 2.0))
            for letter, offset_m in MIDDLE_RINGS_M.items():
                share = min(1.0, offset_m / OFF_AXIS_M)
                table[letter] = on_axis * (off_axis / on_axis) ** (share**bend)
        light = np.array([table[letter] for letter in self.phases])
        return light * np.array(self.pulses) if self.pulses else light

    def add(
        self, owner: int, place: tuple[float, float], light: Array, size_px: float = 0.0, slide: Array | None = None
    ) -> None:
        """One point; size_px: extra width at half size."""
        self.owners.append(owner)
        self.places.append(place)
        self.lights.append(light)
        self.sizes.append(size_px)
        self.slides.append(np.zeros((self.frames, 2)) if slide is None else slide)

    def close(self) -> None:
        """Make columns of the rows."""
        self.owner, self.size_px = np.array(self.owners, int), np.array(self.sizes)
        self._light = np.array(self.lights).reshape(-1, self.frames)
        self._place = np.array(self.places).reshape(-1, 2)
        self._slide = np.array(self.slides).reshape(-1, self.frames, 2)

    def at(self, index: int, way: Array) -> tuple[Array, Array, Array]:
        """x, y and electrons of all points in a frame."""
        moved = (self._place + self._slide[:, index]) @ way[:, :2].T + way[:, 2]
        return moved[:, 0], moved[:, 1], self._light[:, index]

    def drift(self, rng: np.random.Generator, px_per_frame: float) -> Array:
        """Steady way against the scene."""
        turn = rng.uniform(0.0, 2.0 * math.pi)
        steps = np.arange(self.frames)[:, None] - (self.frames - 1.0)
        return np.asarray(steps * px_per_frame * np.array([math.cos(turn), math.sin(turn)]))

    def unsteady(self, rng: np.random.Generator, variation: float) -> Array:
        """Factors about 1 that wander."""
        walk = np.cumsum(rng.normal(0.0, 1.0, self.frames)) / math.sqrt(self.frames)
        return np.asarray(np.exp(variation * (walk - walk.mean() + 0.5 * rng.normal(0.0, 1.0, self.frames))))


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


Builder: TypeAlias = Callable[[Spots, Marks, float], None]


def _electrons(rng: np.random.Generator, noise_e: float, low: float = 4.0, high: float = 2000.0) -> float:
    return noise_e * log_uniform(rng, low, high)


def add_flake(spots: Spots, marks: Marks, noise_e: float) -> None:
    """A flake or bead of reflective tape: as steady as a lens, a wider lobe (clip document: .3 to 1.5 degrees)."""
    rng, own = marks.rng, marks.notes.own("tape_frag")
    place = marks.place(8.0)
    light = _electrons(rng, noise_e)
    if rng.random() < 0.6:
        marks.disc(*place, log_uniform(rng, 0.6, 2.5), float(rng.uniform(0.1, 0.8)))
    steady = spots.unsteady(rng, float(rng.uniform(0.01, 0.1)))
    lamp = spots.by_lamp(light, light * log_uniform(rng, 0.01, 0.7))
    spots.add(own, place, steady * lamp, float(rng.uniform(0.0, 0.9)))


def add_tape(spots: Spots, marks: Marks, noise_e: float) -> None:
    """A strip with extent."""
    rng, own = marks.rng, marks.notes.own("tape")
    x, y = marks.place(20.0)
    light, ratio, turn = _electrons(rng, noise_e, 10.0, 400.0), log_uniform(rng, 0.01, 0.4), rng.uniform(0, math.pi)
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
        light = _electrons(rng, noise_e, 2.0, 300.0)
        if rng.random() < 0.6:
            marks.disc(*place, log_uniform(rng, 0.6, 5.0), float(rng.uniform(0.1, 0.8)), float(rng.uniform(0.1, 0.6)))
        slide = spots.drift(rng, abs(float(rng.normal(0.0, 0.05))))
        _mirrored(spots, rng, own, place, light, float(rng.uniform(0.0, 1.5)) * marks.scale, slide)
        if rng.random() < 0.5:
            back = light * log_uniform(rng, 0.2, 10.0)
            spots.add(
                own, place, spots.by_lamp(back, back * float(rng.uniform(0.25, 1.1))), float(rng.uniform(0.3, 2.0))
            )


def _mirrored(
    spots: Spots, rng: np.random.Generator, own: int, place: tuple[float, float], light: float, apart: float,
    slide: Array | None = None, size: float = 0.0,
) -> None:  # fmt: skip
    """An image of the lamps: one under on_axis, two weaker ones along the baseline under off_axis."""
    spots.add(own, place, spots.by_lamp(light, 0.0), size, slide)
    for letter, offset_m in MIDDLE_RINGS_M.items():
        if letter in spots.phases:
            lit = np.array([light / 2.0 if phase == letter else 0.0 for phase in spots.phases])
            lit = lit * np.array(spots.pulses) if spots.pulses else lit
            for side in (-1.0, 1.0):
                spots.add(own, (place[0] + side * apart * offset_m / OFF_AXIS_M, place[1]), lit, size, slide)
    for side in (-1.0, 1.0):
        if rng.random() < 0.9:
            other = (
                place[0] + side * apart * float(rng.uniform(0.85, 1.15)),
                place[1] + 0.1 * apart * float(rng.normal()),
            )
            spots.add(own, other, spots.by_lamp(0.0, light * float(rng.uniform(0.3, 0.7))), size, slide)


def add_screw(spots: Spots, marks: Marks, noise_e: float) -> None:
    """A head that mirrors the lamps; every fourth has a socket that sends light back like a poor lens."""
    rng, own = marks.rng, marks.notes.own("screw")
    place = marks.place(10.0)
    marks.disc(*place, log_uniform(rng, 1.0, 6.0), float(rng.uniform(0.05, 0.7)))
    apart = marks.scale * log_uniform(rng, 0.15, 4.0)
    _mirrored(
        spots,
        rng,
        own,
        place,
        _electrons(rng, noise_e, 3.0, 800.0),
        apart,
        spots.drift(rng, abs(float(rng.normal(0.0, 0.03)))),
    )
    if rng.random() < 0.25:
        light = _electrons(rng, noise_e, 4.0, 200.0)
        steady = spots.unsteady(rng, float(rng.uniform(0.02, 0.2)))
        spots.add(
            own, place, steady * spots.by_lamp(light, light * float(rng.uniform(0.15, 1.0))), float(rng.uniform(0, 1))
        )


def add_sphere(spots: Spots, marks: Marks, noise_e: float) -> None:
    """Knob or tap."""
    rng, own = marks.rng, marks.notes.own("chrome_sphere")
    place = marks.place(12.0)
    marks.disc(*place, log_uniform(rng, 3.0, 25.0), float(rng.uniform(0.03, 0.5)))
    for _ in range(int(rng.integers(1, 4))):
        at = place[0] + float(rng.normal(0, 3.0)), place[1] + float(rng.normal(0, 3.0))
        _mirrored(
            spots, rng, own, at, _electrons(rng, noise_e, 10.0, 3000.0), marks.scale * log_uniform(rng, 0.8, 12.0)
        )


def add_pane(spots: Spots, marks: Marks, noise_e: float) -> None:
    """Mirror or glaze: a large twin far along the baseline, sliding as the hand moves; often saturated."""
    rng = marks.rng
    is_mirror = rng.random() < 0.35
    own = marks.notes.own("mirror_img" if is_mirror else "gloss_img")
    place = marks.place(10.0)
    light = _electrons(rng, noise_e, 300.0, 30000.0) if is_mirror else _electrons(rng, noise_e, 10.0, 3000.0)
    slide = spots.drift(rng, log_uniform(rng, 0.02, 2.0)) * marks.scale
    _mirrored(
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
    light, pace = _electrons(rng, noise_e, 4.0, 500.0), pace * log_uniform(rng, 0.1, 3.0)
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
    light, ratio = _electrons(rng, noise_e, 3.0, 300.0), log_uniform(rng, 0.005, 0.5)
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
            _mirrored(
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
    light = _electrons(rng, noise_e, 3.0, 3000.0)
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
    ("screw", 3.0, add_screw), ("chrome_sphere", 2.0, add_sphere), ("pane", 2.5, add_pane), ("dot", 3.0, add_dot),
    ("drops", 1.2, add_drops), ("tape_frag", 0.6, add_flake), ("tape", 0.5, add_tape), ("glitter", 1.0, add_glitter),
    ("facet", 1.5, add_facet), ("eyes", 1.5, add_eyes), ("led", 1.5, add_led),
)  # fmt: skip
"""Kind, how often, how built. Why: `LENS-WORLDS.md`, table of the mixture."""
