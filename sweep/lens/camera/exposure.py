"""How long to expose for a spot that the probe is led to, held to what lamp and hand allow."""

from __future__ import annotations

LEAST_S, MOST_S = 50e-6, 2e-3
"""Bounds of lamp pulses (firmware/limits.toml) and of the shortest pulse worth its rise time (guessed)."""
USUAL_RANGE_M = 1.0
"""Walls of a stall, for which the camera is set otherwise (guessed)."""


def exposure_at(range_m: float, usual_s: float) -> float:
    """Exposure for a spot that the probe is led to, `usual_s` being that for walls at `USUAL_RANGE_M`: the lamps' light
    on it grows with the inverse square of the distance, and lamps light as long as the shutter is open.
    """
    return round(min(MOST_S, max(LEAST_S, usual_s * (range_m / USUAL_RANGE_M) ** 2)), 7)
