"""The stand outside the closed door, as a source hands it to a sweep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sweep.report import Modality

OUTSIDE_ID: Final = "outside"
"""What the stand outside the door is called where a position has an id and a zone."""


@dataclass(frozen=True, slots=True)
class Outside:
    """A stand outside the closed door, to compare with: no position of the report."""

    dwell_s: float
    doors: Mapping[Modality, object]
    """Where samples come from there, by modality."""
    measures: frozenset[Modality]
    """Who measures there."""
