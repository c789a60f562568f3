"""What a report says of a zone: the verdict of each modality, and with what probability each target would be found.

Input of this module is records, output is records.  `clear` names its targets; `nothing_detected` says that something
looked and saw nothing, and that nobody has yet proven what this is worth; `not_assessable` says that it was blind.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self, get_args

from pydantic import Field, StringConstraints, model_validator

from sweep.phrases import Phrase

from .base import Code, LocalText, Record, Share, Slug
from .observations import Modality

VerdictName = Literal["clear", "candidate", "nothing_detected", "not_assessable"]
Target = Literal[
    "pinhole_1mm",
    "pinhole_1mm_ircut",
    "lens_2mm",
    "wifi_streaming",
    "wifi_on_motion",
    "analog_1200",
    "analog_2400",
    "analog_5800",
    "ble_setup",
    "recorder",
]
TARGETS: tuple[Target, ...] = get_args(Target)
Targets = Annotated[tuple[Target, ...], Field(max_length=len(TARGETS))]


class TargetCoverage(Record):
    """With what probability a target in this zone would have been found by this modality."""

    zone_id: Slug
    target: Target
    modality: Modality
    probability: Share | None
    """That it would have been detected had it been anywhere in the zone; null where that cannot be said."""
    low: Share | None
    high: Share | None
    """90 % interval of the probability."""
    source: Literal["field", "rendered", "simulated", "derived", "guessed"]
    """Where the curves behind it were measured."""
    reason: Code | None
    """Why there is no probability; null where there is one."""
    text: LocalText

    @model_validator(mode="after")
    def _an_interval_or_a_reason(self) -> Self:
        numbers = (self.low, self.probability, self.high)
        if self.reason is not None:
            if any(number is not None for number in numbers):
                raise ValueError(Phrase("target_needs_probability_or_reason"))
        elif self.low is None or self.probability is None or self.high is None:
            raise ValueError(Phrase("probability_without_interval"))
        elif not self.low <= self.probability <= self.high:
            raise ValueError(Phrase("probability_outside_interval"))
        return self


class WallView(Record):
    """One surface of a zone unrolled: with what probability a 1 mm pinhole in each cell would have been found.

    Cells run from left to right as seen from inside the zone and from the top down; of floor and ceiling along x and y
    of the plan.
    """

    surface: Literal["wall", "floor", "ceiling"]
    corner: Annotated[int, Field(ge=0, lt=64)]
    """A wall: the corner of the zone's polygon at which it begins; 0 for floor and ceiling."""
    cell_m: Annotated[float, Field(ge=0.05, le=10)]
    columns: Annotated[int, Field(ge=1, le=400)]
    cells: Annotated[str, StringConstraints(pattern=r"^[0-9.]+$", max_length=2_000)]
    """Tenths of the probability by cell, row by row (9: 0.9 and more); `.`: no part of the zone."""


class ZoneVerdict(Record):
    """What one modality says of one zone."""

    zone_id: Slug
    modality: Modality
    verdict: VerdictName
    reason: Code
    text: LocalText
    target: LocalText | None
    """What the zone is clear of, in words; always present with `clear`, null otherwise."""
    clear_of: Targets = ()
    """Targets that would have been found with the probability that `clear` asks for; empty but with `clear`."""
    not_clear_of: Targets = ()
    """Every other target of this modality: what may still be here."""

    @model_validator(mode="after")
    def _clear_names_its_target(self) -> Self:
        if (self.verdict == "clear") != (self.target is not None):
            raise ValueError(Phrase("verdict_and_target_disagree"))
        if self.clear_of and self.verdict != "clear":
            raise ValueError(Phrase("targets_without_clear_verdict"))
        return self
