"""What was lost on the line to the sensor head, as counts by code that only grow: the head's own account and ours.

Input is the accounts of one connection after another; output is what was lost since it was last asked.  What the head
had lost before it was connected counts for nobody here; a head that was reset counts from 0 again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sweep.link.decode import Losses

OURS: Final = {
    "missing_messages": "head_messages_missing",
    "missing_windows": "head_windows_missing",
    "empty_windows": "head_windows_empty",
    "dropped_samples": "head_samples_dropped",
    "missing_imu_batches": "imu_batches_missing",
    "lost_imu_samples": "imu_samples_lost",
    "repeated_commands": "head_commands_repeated",
    "unanswered_commands": "head_commands_unanswered",
    "restarts": "head_restarts",
}
"""Codes of what this side counts."""
HEADS: Final = {
    "rx_overrun_bytes": "head_bytes_overrun",
    "rx_dropped_bytes": "head_bytes_dropped",
    "rx_bad_frames": "head_frames_refused",
    "tx_dropped_messages": "head_messages_dropped",
    "missed_slots": "head_slots_missed",
    "dropped_windows": "head_windows_dropped",
    "dropped_events": "head_events_dropped",
}
"""Codes of what the head counts since its reset."""


class LossCounters:
    """One for a connection."""

    def __init__(self) -> None:
        self._ours: dict[str, int] = {}
        self._heads: dict[str, int] | None = None

    def news(self, losses: Losses) -> dict[str, int]:
        """What was lost since this was last asked, by code; empty where nothing was."""
        ours = {code: getattr(losses, name) for name, code in OURS.items()}
        ours |= {f"head_line_{reason}": count for reason, count in losses.rejected.items()}
        found = _more(self._ours, ours)
        self._ours = ours
        if losses.head is not None:
            heads = {code: getattr(losses.head, name) for name, code in HEADS.items()}
            if self._heads is not None:
                found |= _more(self._heads, heads)
            self._heads = heads
        return found


def _more(before: Mapping[str, int], now: Mapping[str, int]) -> dict[str, int]:
    """How much each count grew; one that fell began anew."""
    grown = {code: count - before.get(code, 0) for code, count in now.items()}
    return {code: more if more > 0 else now[code] for code, more in grown.items() if more != 0 and now[code] > 0}
