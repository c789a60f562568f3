"""The day's reference check as a report cites it: what each part of the probe measured against what was expected."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sweep.phrases import Phrase

from .base import ClockReading, Db, Finite, Record, Slug, Text
from .observations import Modality

CheckStatus = Literal["passed", "failed", "not_done", "out_of_control"]


ReferencePartName = Literal[Modality, "lamp"]
"""A modality's own part is called as it is."""


class ReferencePart(Record):
    """One part of the probe, measured against the reference target or a known transmitter."""

    part: ReferencePartName
    status: CheckStatus
    value: Finite | None
    expected: Finite | None
    unit: Text | None
    """Of `value` and `expected`; null for a ratio."""
    cusum: Finite | None
    """Sum of the control chart after this check, in standard deviations; null where none is kept."""


class ReferenceCheck(Record):
    """The day's check against the district's reference target."""

    status: CheckStatus
    """`out_of_control`: the control chart says that the probe has drifted, whatever today's check alone says."""
    checked: ClockReading | None
    parts: Annotated[tuple[ReferencePart, ...], Field(max_length=16)] = ()


class ReferenceReadings(Record):
    """What one part read in each repeat of a morning, and how its chart takes it."""

    part: ReferencePartName
    repeats: Annotated[tuple[Finite, ...], Field(min_length=1, max_length=16)]
    """In the unit of the part; the median counts."""
    sigma_db: Annotated[Db, Field(gt=0)]
    """Standard deviation of a morning's reading that the chart counts on."""
    limit_db: Annotated[Db, Field(gt=0)]
    """A reading farther off than this fails by itself."""


class ReferenceChecked(Record):
    """A morning's check of a probe, as an entry of its own holds it."""

    v: Literal[1]
    probe_id: Slug
    check: ReferenceCheck
    readings: Annotated[tuple[ReferenceReadings, ...], Field(max_length=16)]
    """Of the parts that could be read."""
    cusum_k: Annotated[float, Field(gt=0, le=100)]
    """Loss that is let pass each morning, and"""
    cusum_h: Annotated[float, Field(gt=0, le=1_000)]
    """sum beyond which a part is out of control, both in standard deviations."""

    @model_validator(mode="after")
    def _was_made(self) -> Self:
        if self.check.checked is None or self.check.status == "not_done":
            raise ValueError(Phrase("check_not_made_but_told"))
        return self
