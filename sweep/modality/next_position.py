"""Where the inspector stands, as persons say it, and the three positions that are in no zone of the plan.

Two of them are handed to a sweep by a source: outside the closed door, and before the reference target.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sweep.modality.looks import CloseLook
from sweep.report import Modality

OUTSIDE_ID: Final = "outside"
"""What the position outside the door is called where a position has an id and a zone."""
REFERENCE_ID: Final = "reference"
"""The same for the position before the reference target."""


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
    """Id of the position, where a candidate is looked at again or a spot from close by."""


def closer_by(look: CloseLook) -> NextPosition:
    """The inspector before a spot that the probe films from close by."""
    return NextPosition(look.zone_id, look.x_m, look.y_m, look.facing_deg, again=look.position_id)


OUTSIDE: Final = NextPosition(OUTSIDE_ID, 0.0, 0.0, 0.0, is_outside=True)
REFERENCE: Final = NextPosition(REFERENCE_ID, 0.0, 0.0, 0.0)
"""Before the reference target, for the day's check."""
NOWHERE: Final = NextPosition("nowhere", 0.0, 0.0, 0.0)
"""Not to be measured at: the next position is asked for."""


@dataclass(frozen=True, slots=True)
class BeforeTarget:
    """A position before the reference target, for the day's check: no position of the report."""

    dwell_s: float
    """Of each repeat."""
    sources: Mapping[Modality, object]


@dataclass(frozen=True, slots=True)
class Outside:
    """A position outside the closed door, to compare with: no position of the report."""

    dwell_s: float
    sources: Mapping[Modality, object]
    """Where samples come from there, by modality."""
    measures: frozenset[Modality]
    """Who measures there."""
