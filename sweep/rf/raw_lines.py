"""A picture's lines in the raw envelope of the log detector, whatever the band: echoes make of its frequency modulation
a level that swings with the lines.  Input is raw runs of the contract, output what they tell, or nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sweep.report import RfWindow
from sweep.rf.envelope import DetectorLaw

LEAST_RUNS = 4
"""Two of each phase: PAL's lines come once in two samples, which may miss them at one of the two."""
PROBABLE_DB, TOLD_DB = 4.0, 6.0
"""Mean excess over all runs (simulated: 3.1 at most in 960 others; README)."""


@dataclass(frozen=True, slots=True)
class RawLines:
    """What raw runs tell of a picture."""

    kind: Literal["analog_video", "probable_video"]
    reason: str


def tell_raw_lines(windows: Sequence[RfWindow], law: DetectorLaw) -> RawLines | None:
    """The picture that unclipped raw runs among `windows` show."""
    runs = [
        window.line_excess_db
        for window in windows
        if window.receiver == "raw_run"
        and window.line_excess_db is not None
        and law.to_dbm(window.p50_counts) < law.highest_dbm
    ]
    if len(runs) < LEAST_RUNS:
        return None
    excess_db = 10 * math.log10(sum(10 ** (one / 10) for one in runs) / len(runs))
    if excess_db < PROBABLE_DB:
        return None
    return RawLines(
        "analog_video" if excess_db >= TOLD_DB else "probable_video",
        f"line rate {excess_db:.1f} dB above the rest of {len(runs)} raw runs",
    )
