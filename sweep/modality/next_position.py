"""Where the inspector stands, as persons say it, and the three positions that are in no zone of the plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class NextPosition:
    """Where the inspector stands now, and what is wanted there."""

    zone_id: str
    x_m: float
    y_m: float
    facing_deg: float
    is_walk: bool = False
    """Somebody walks by prompts, instead of the lamp."""
    is_outside: bool = False
    """Outside the door, for comparison: it belongs to no zone."""
    again: str | None = None
    """Id of the position, where a candidate is looked at again."""


OUTSIDE: Final = NextPosition("outside", 0.0, 0.0, 0.0, is_outside=True)
REFERENCE: Final = NextPosition("reference", 0.0, 0.0, 0.0)
"""Before the reference target, for the day's check."""
NOWHERE: Final = NextPosition("nowhere", 0.0, 0.0, 0.0)
"""Not to be measured at: the next position is asked for."""
