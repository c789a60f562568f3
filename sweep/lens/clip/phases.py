"""Whether the lamp phases of a recording differ the way lamps make them differ.

Job: tell a strobed recording from photographs, from wrong labels and from frames without light. Input: light levels
of each triple; output: a `LampCheck` with a named reason when the phases cannot be believed. Refuses to guess which
label would have been right.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MIN_LAMP_STEPS = 0.3
"""Derived: mean light below a third of an ADC step over a whole frame is within drift of the black level."""
MIN_LAMP_SIGMA = 4.0
"""Guessed: lamp light must exceed what frames of the same phase differ by among themselves."""
MIN_LAMP_SHARE = 0.01
"""Guessed: below a hundredth of the ambient light, mains flicker is stronger than the lamp."""
MIN_MATCH = 0.2
"""Guessed: correlation of registered on_axis and off_axis frames below which they show different scenes."""
MAX_SATURATED = 0.9
MAX_ROUGHNESS = 6.0
"""Derived: pixels that have nothing to do with their neighbours exceed it ninefold at the usual gains; the roughest
of 30 rendered clips has 1.2.
"""


@dataclass(frozen=True, slots=True)
class TripleLight:
    """Light levels of one triple, electrons per pixel, medians over the frame."""

    on_axis_e: float
    """On_axis minus dark."""
    off_axis_e: float
    """Off_axis minus dark."""
    dark_e: float
    match: float
    """Correlation of off_axis with on_axis after registration."""
    is_flat: bool
    saturated: float
    roughness: float
    """Difference of neighbouring pixels over what shot and read noise explain; the smaller of on_axis and dark."""
    e_per_dn: float


@dataclass(frozen=True, slots=True)
class LampCheck:
    """Outcome for a clip. `reason` is empty when the phases differ as they should."""

    reason: str
    message: str
    on_axis_e: float
    off_axis_e: float


def check_lamps(lights: list[TripleLight]) -> LampCheck:
    """Check the lamp phases of a whole clip."""
    if not lights:
        return LampCheck("", "", 0.0, 0.0)
    on = np.array([t.on_axis_e for t in lights])
    off = np.array([t.off_axis_e for t in lights])
    dark = np.array([t.dark_e for t in lights])
    step = lights[0].e_per_dn
    on_e, off_e = float(np.median(on)), float(np.median(off))
    if float(np.median([t.saturated for t in lights])) > MAX_SATURATED:
        return LampCheck("frames_saturated", "the frames are saturated all over: shorten the exposure", on_e, off_e)
    if float(np.median([t.roughness for t in lights])) > MAX_ROUGHNESS:
        return LampCheck("frames_are_noise", "neighbouring pixels have nothing in common: no picture", on_e, off_e)
    drift = float(np.median(np.abs(np.diff(dark)))) if len(lights) > 1 else 0.0
    floor = max(MIN_LAMP_STEPS * step, MIN_LAMP_SIGMA * drift, MIN_LAMP_SHARE * float(np.median(np.abs(dark))))
    if on_e < -floor or off_e < -floor:
        return LampCheck(
            "phase_labels_wrong", "the frames called dark are brighter than a lit phase: check the labels", on_e, off_e
        )
    if on_e < floor or off_e < floor:
        return LampCheck(
            "lamp_phases_do_not_differ",
            f"lit frames exceed dark ones by {min(on_e, off_e):.1f} electrons per pixel, {floor:.1f} are needed: "
            "no strobed recording, or lamps off",
            on_e,
            off_e,
        )
    unlike = [t for t in lights if t.match < MIN_MATCH and not t.is_flat]
    if len(unlike) > len(lights) / 2:
        return LampCheck(
            "lamp_phases_show_different_scenes", "on_axis and off_axis frames do not show the same scene", on_e, off_e
        )
    return LampCheck("", "", on_e, off_e)


def triple_fault(light: TripleLight) -> str:
    """Named reason why one triple cannot be used, empty when it can."""
    floor = MIN_LAMP_STEPS * light.e_per_dn
    if light.on_axis_e < floor or light.off_axis_e < floor:
        return "lamp_phases_do_not_differ"
    if light.match < MIN_MATCH and not light.is_flat:
        return "lamp_phases_show_different_scenes"
    return ""
