"""How long to expose in this room: from one short frame, and from what the frames say afterwards.

Job: find the exposure at which the walls are bright and little is saturated, held to what lamp and hand allow. Input:
a short on_axis and a dark frame, which saturate less than the real ones; later, shares and levels of live triples.
Output: exposure in seconds. Refuses to change while a clip is being taken: a change is asked for and made between.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sweep.lens.clip.clips import Frame

WALL_LEVEL_DN = 180.0
"""Wanted median of the walls above the black level. Guessed: five times the noise of the darkest tile, and a lens of
twice the wall's own light is still below saturation."""
MAX_SATURATED = 0.01
"""Share of pixels that may be saturated: what is, is not covered (guessed)."""
LEAST_S, MOST_S = 50e-6, 2e-3
"""Bounds of lamp pulses (firmware/limits.toml) and of the shortest pulse worth its rise time (guessed)."""
USUAL_RANGE_M = 1.0
"""Walls of a stall, for which the camera is set otherwise (guessed)."""
METER_S = 50e-6
"""Exposure of the short frame."""


@dataclass(frozen=True, slots=True)
class Metering:
    """What the short frame says."""

    exposure_s: float
    saturated_share: float
    """Expected at that exposure."""
    wall_level_dn: float
    """Expected median above the black level."""
    reason: str
    """What bounds it: wall_level, saturation, lamp_limit, ambient."""


def exposure_at(range_m: float, usual_s: float) -> float:
    """Exposure for a spot that the probe is led to, `usual_s` being that for walls at `USUAL_RANGE_M`: the lamps' light
    on it grows with the inverse square of the distance, and lamps light as long as the shutter is open.
    """
    return round(min(MOST_S, max(LEAST_S, usual_s * (range_m / USUAL_RANGE_M) ** 2)), 7)


def meter(short: Frame, dark: Frame, black_level_dn: float, saturation_dn: float, short_s: float = METER_S) -> Metering:
    """Exposure for the room. `short`: on_axis, `dark`: lamps off, both exposed for `short_s`, H x W."""
    ambient = np.maximum(dark.astype(np.float32) - np.float32(black_level_dn), 0.0) / np.float32(short_s)
    lit = np.maximum(short.astype(np.float32) - np.float32(black_level_dn), 0.0) / np.float32(short_s)
    room_dn = saturation_dn - black_level_dn
    wall = float(np.median(np.maximum(lit - ambient, 0.0)))
    brightest = float(np.quantile(lit, 1.0 - MAX_SATURATED))
    by_wall = WALL_LEVEL_DN / max(wall, 1e-6)
    by_saturation = room_dn / max(brightest, 1e-6)
    by_ambient = 0.5 * room_dn / max(float(np.median(ambient)), 1e-6)
    bounds = {"wall_level": by_wall, "saturation": by_saturation, "ambient": by_ambient, "lamp_limit": MOST_S}
    reason = min(bounds, key=lambda name: bounds[name])
    exposure = min(MOST_S, max(LEAST_S, bounds[reason]))
    saturated = float((lit * exposure >= room_dn).mean())
    return Metering(round(exposure, 7), saturated, wall * exposure, reason)
