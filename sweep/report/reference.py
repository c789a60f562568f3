"""The day's reference check as a report cites it: what each part of the probe measured against what was expected."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .base import ClockReading, Finite, Record, Text

CheckStatus = Literal["passed", "failed", "not_done", "out_of_control"]


ReferencePartName = Literal["lens", "lamp", "wifi", "ble", "rf"]


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
