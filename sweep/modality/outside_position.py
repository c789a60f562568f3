"""Stands that are no positions of a report, as a source hands them to a sweep: outside the closed door, and before the
reference target.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sweep.report import Modality

OUTSIDE_ID: Final = "outside"
"""What the position outside the door is called where a position has an id and a zone."""


REFERENCE_ID: Final = "reference"
"""The same for the position before the reference target."""


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
