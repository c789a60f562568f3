"""The position outside the closed door: what is measured there to compare with, and what has to be said of it.

Input is who measures there and what came of it; output is tasks, an answer without the probe's own transmissions, and
codes for the report's limits.  Nothing optical happens there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from sweep.modality.measurement import Measurement
from sweep.modality.messages import RfHeard
from sweep.modality.next_position import OUTSIDE_ID
from sweep.report import Position, ProgressEvent

SKIPPED: Final = "outside_skipped"
"""Nobody measured there though it was asked for."""


def outside_position(start_ns: int, dwell_s: float) -> Position:
    """Where a task stands that stands nowhere on the plan; it is in no report."""
    return Position(
        position_id=OUTSIDE_ID, zone_id=OUTSIDE_ID, x_m=0.0, y_m=0.0, facing_deg=0.0,
        start_ns=start_ns, end_ns=start_ns + round(dwell_s * 1e9),
    )  # fmt: skip


def without_own_windows(heard: RfHeard) -> RfHeard:
    """What was heard outside with the windows left out that overlap the probe's own transmissions."""
    kept = tuple(
        window
        for window in heard.windows
        if not any(a < window.t_ns + round(window.duration_s * 1e9) and window.t_ns < b for a, b in heard.own or ())
    )
    return replace(heard, windows=kept, because="" if kept else "not_recorded")


def outside_event(positions: int) -> ProgressEvent:
    """The probe waits for somebody to stand there, or not to."""
    return ProgressEvent(
        type="progress", position_index=0, positions=positions, zone_id=None, modality=None, fraction=0.0,
        step="outside",
    )  # fmt: skip


def failed_limits(measured: Iterable[Measurement]) -> set[str]:
    """Codes of what was not measured though somebody stood there."""
    return {f"{one.modality}_outside_failed" for one in measured if not one.samples}
