"""Screws of the plain world: heads of one box with glints, wells and pits whose light is drawn and not derived.

Job: add the screws of one fitting to the picture. Input and output as in `lab.worlds.plain_things`. Refuses geometry:
ratio of the lamps, sliding and fading of each part are drawn as wide as any head, drive, finish and dirt would make
them.
"""

from __future__ import annotations

import math

import numpy as np

from sweep.lab.worlds.plain_spots import Marks, Spots, add_mirrored, electrons_of
from sweep.sim.scene.camera import Array
from sweep.sim.scene.room import log_uniform

PATTERNS = {1: 0.5, 2: 0.2, 3: 0.1, 4: 0.15, 6: 0.05}
"""Screws of one fitting."""
PARTS = {"image": 2.0, "face": 3.0, "well": 1.5, "sheen": 1.0}
"""Mirror image of the lamps, flat face near the line of sight, recess that returns light, dull shine of both lamps;
guessed, as often as faces and recesses stand out on fittings at hand under a lamp beside the eye.
"""


def add_screws(spots: Spots, marks: Marks, noise_e: float) -> None:
    """The screws of one fitting, alike in size and finish."""
    rng = marks.rng
    count = int(rng.choice(list(PATTERNS), p=list(PATTERNS.values())))
    first, radius = marks.place(10.0), log_uniform(rng, 0.8, 8.0)
    pitch, turn = marks.scale * log_uniform(rng, 12.0, 130.0), float(rng.uniform(0.0, math.pi))
    tone, well = float(rng.uniform(0.03, 0.8)), float(rng.uniform(0.02, 0.2))
    has_well = rng.random() < 0.6
    level, apart = electrons_of(rng, noise_e, 3.0, 800.0), marks.scale * log_uniform(rng, 0.05, 4.0)
    parts = list(PARTS)
    shares = np.array(list(PARTS.values())) * rng.gamma(1.0, 1.0, len(PARTS)) + 1e-9
    for k in range(count):
        along, aside = (float(k), 0.4 * (k % 2)) if count != 4 else ((0.0, 1.0, 1.0, 0.0)[k], (0.0, 0.0, 0.6, 0.6)[k])
        x = first[0] + pitch * (along * math.cos(turn) - aside * math.sin(turn))
        y = first[1] + pitch * (along * math.sin(turn) + aside * math.cos(turn))
        if not (0.0 < x < marks.size[0] and 0.0 < y < marks.size[1]):
            continue
        if k and any(math.hypot(x - a, y - b) < 8.0 * marks.scale for a, b in marks.taken):
            continue
        marks.taken.append((x, y))
        marks.disc(x, y, radius, float(np.clip(tone * rng.uniform(0.7, 1.3), 0.02, 0.95)))
        if has_well:
            marks.disc(x, y, radius * float(rng.uniform(0.25, 0.6)), well)
        own = marks.notes.own("screw")
        for part in rng.choice(parts, int(rng.integers(1, 5)), p=shares / shares.sum()):
            off = marks.scale * radius * 0.5 * rng.normal(0.0, 1.0, 2)
            at = x + float(off[0]), y + float(off[1])
            _add_part(spots, rng, own, str(part), at, level * log_uniform(rng, 0.15, 6.0), apart)


def _add_part(
    spots: Spots, rng: np.random.Generator, own: int, part: str, at: tuple[float, float], light: float, apart: float
) -> None:
    size = float(rng.choice([0.0, rng.uniform(0.0, 1.2)]))
    if part == "image":
        add_mirrored(spots, rng, own, at, light, apart, spots.drift(rng, abs(float(rng.normal(0.0, 0.05)))), size)
    elif part == "well":
        ratio = log_uniform(rng, 0.03, 1.0)
        steady = spots.unsteady(rng, log_uniform(rng, 0.01, 0.2))
        spots.add(own, at, steady * spots.by_lamp(light, light * ratio), size)
    elif part == "face":
        ratio = float(rng.choice([0.0, log_uniform(rng, 0.005, 1.2), rng.uniform(0.0, 1.2)]))
        fade = _fade(spots, rng) * spots.unsteady(rng, log_uniform(rng, 0.01, 0.3))
        slide = spots.drift(rng, abs(float(rng.normal(0.0, 0.03))))
        spots.add(own, at, fade * spots.by_lamp(light, light * ratio), size, slide)
    else:
        spots.add(own, at, spots.by_lamp(light, light * float(rng.uniform(0.5, 1.3))), size + 0.5)


def _fade(spots: Spots, rng: np.random.Generator) -> Array:
    """Rise and fall of a face's light as the hand passes its lobe: from within a triple to much longer than a clip."""
    time = np.arange(spots.frames) / max(1, spots.frames)
    middle, width = float(rng.uniform(-0.5, 1.5)), log_uniform(rng, 0.1, 10.0)
    return np.asarray(np.exp(-0.5 * ((time - middle) / width) ** 2))
