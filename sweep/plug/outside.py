"""Stands that are no positions of a report, as a source hands them to a sweep: outside the closed door, and before the
reference target.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sweep.report import Modality

OUTSIDE_ID: Final = "outside"
"""What the stand outside the door is called where a position has an id and a zone."""


REFERENCE_ID: Final = "reference"
"""The same for the stand before the reference target."""


@dataclass(frozen=True, slots=True)
class BeforeTarget:
    """A stand before the reference target, for the day's check: no position of the report."""

    dwell_s: float
    """Of each repeat."""
    doors: Mapping[Modality, object]


@dataclass(frozen=True, slots=True)
class Outside:
    """A stand outside the closed door, to compare with: no position of the report."""

    dwell_s: float
    doors: Mapping[Modality, object]
    """Where samples come from there, by modality."""
    measures: frozenset[Modality]
    """Who measures there."""
