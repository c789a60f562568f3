"""Confusers by kind: what restrooms and changing rooms hold that answers a lamp.

Job: name the builder of each kind; the families stand in `sim.scene.fittings` and `lab.worlds.furnish_*`. Input:
nothing; output: `BUILDERS`. Refuses lenses: `lab.worlds.plant` plants those.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from sweep.lab.worlds.furnish_glass import add_drops, add_glass, add_glasses, add_mirror
from sweep.lab.worlds.furnish_metal import add_button, add_tap
from sweep.lab.worlds.furnish_retro import add_eyes, add_reflector, add_tape, add_tape_frag
from sweep.lab.worlds.furnish_sparks import add_dark_hole, add_glitter, add_ir_beacon
from sweep.lab.worlds.lobes import Lobes
from sweep.sim.scene import fittings
from sweep.sim.scene.room import Room, Site

Builder: TypeAlias = Callable[[Room, Site, Lobes], None]


def _without_lobes(build: Callable[[Room, Site], None]) -> Builder:
    return lambda room, site, _: build(room, site)


BUILDERS: dict[str, Builder] = {kind: _without_lobes(build) for kind, build in fittings.BUILDERS.items()} | {
    "tap": add_tap, "mirror": add_mirror, "glass": add_glass, "drops": add_drops, "glitter": add_glitter,
    "button": add_button, "tape": add_tape, "tape_frag": add_tape_frag, "reflector": add_reflector,
    "ir_beacon": add_ir_beacon, "dark_hole": add_dark_hole, "glasses": add_glasses, "eyes": add_eyes,
}  # fmt: skip
