"""With what probability a camera that waits to be set up by Bluetooth would have been heard in the time of the scan.

Job: from how long a zone was scanned, the chance that one of a beacon's advertisements was received.  Input:
`ZoneLooks`; output: one probability.  How often such cameras advertise, and how many of their advertisements a scan
that shares its antenna receives, is derived from the standard's usual intervals, not measured.
"""

from __future__ import annotations

import math
from typing import Final

from sweep.modality.targets import Chance, Estimate, ZoneLooks, unknown
from sweep.report import Target

TARGETS: Final[tuple[Target, ...]] = ("ble_setup",)
INTERVALS_S: Final = (0.1, 0.3, 1.0, 2.0, 5.0)
"""Between advertisements, each as likely (guessed: data sheets of modules name 0.1 to 2 s; slow ones save power)."""
HEARD_SHARES: Final = (0.15, 0.3, 0.5)
"""Of advertisements in range, low, likely and high: one channel of three at a time, collisions, level (guessed)."""
KNOWN_SHARES: Final = (0.3, 0.5, 0.7)
"""Of such cameras, those that the table of signatures knows (guessed)."""


def estimate_ble(zone: ZoneLooks) -> Estimate:
    """The answer for a zone, by the positions in it: time adds up."""
    here = zone.here()
    if not here:
        return unknown(TARGETS, zone.why_nothing())
    seconds = sum(look.measured.dwell_s for look in here)
    low, likely, high = (
        known * sum(1.0 - (1.0 - heard) ** (seconds / interval) for interval in INTERVALS_S) / len(INTERVALS_S)
        for heard, known in zip(HEARD_SHARES, KNOWN_SHARES, strict=True)
    )
    if math.isclose(seconds, 0.0):
        return unknown(TARGETS, "too_short")
    return Estimate((Chance("ble_setup", "guessed", round(likely, 4), round(low, 4), round(high, 4)),))
