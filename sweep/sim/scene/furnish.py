"""Confusers by kind: what restrooms and changing rooms hold that answers a lamp.

Job: name the builder of each kind; the families stand in `lens_furnish_*`. Input: nothing; output: `BUILDERS`. Refuses
lenses: `lens_shoot` plants those.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from sweep.sim.scene.furnish_glass import add_drops, add_glass, add_glasses, add_mirror
from sweep.sim.scene.furnish_metal import add_button, add_chrome_cyl, add_chrome_sphere, add_screw, add_tap
from sweep.sim.scene.furnish_retro import add_eyes, add_reflector, add_tape, add_tape_frag
from sweep.sim.scene.furnish_sparks import (
    add_bright_dot,
    add_dark_hole,
    add_facet,
    add_glitter,
    add_ind_led,
    add_ir_beacon,
)
from sweep.sim.scene.lobes import Lobes
from sweep.sim.scene.room import Room, Site

Builder: TypeAlias = Callable[[Room, Site, Lobes], None]

BUILDERS: dict[str, Builder] = {
    "screw": add_screw, "chrome_sphere": add_chrome_sphere, "chrome_cyl": add_chrome_cyl, "tap": add_tap,
    "mirror": add_mirror, "glass": add_glass, "drops": add_drops, "glitter": add_glitter, "facet": add_facet,
    "button": add_button, "tape": add_tape, "tape_frag": add_tape_frag, "reflector": add_reflector,
    "ind_led": add_ind_led, "ir_beacon": add_ir_beacon, "bright_dot": add_bright_dot, "dark_hole": add_dark_hole,
    "glasses": add_glasses, "eyes": add_eyes,
}  # fmt: skip
