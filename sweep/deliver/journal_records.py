"""What the journal of a sweep says, record by record: the header first, then positions and measurements as they are
made.

Input is what a sweep knows while it goes on; output is strict records that may lie on a disk until the report does.
They hold tags of addresses, never addresses, names or the keys of tags: what lives no longer than the sweep dies with
the process that made it.
"""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from sweep.modality.directions import SeenDirections
from sweep.modality.measurement import Measurement
from sweep.report import (
    ExplainedByEye,
    EyeLook,
    Gap,
    LocalText,
    Modality,
    Observation,
    Position,
    ProbeCondition,
    RecordedSweep,
    Source,
)
from sweep.report.base import Code, Count, Finite, Record, Seconds, Slug, Text, TimeNs, UtcTime
from sweep.report.crops import MAX_CROPS

JOURNAL_VERSION: Literal[1] = 1
MAX_CROP_HEX = 64 * 1024
"""Twice the bytes of a picture of 64 x 64 pixels that does not compress at all, in hexadecimal (derived)."""
Crop = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{2})+$", max_length=MAX_CROP_HEX)]


class KeptMeasurement(Record):
    """A measurement without the addresses and names behind its tags."""

    zone_id: Slug
    position_id: Slug
    modality: Modality
    dwell_s: Seconds
    samples: Count
    dropped: Count
    quality: Finite
    blind_reason: Code | None
    observations: Annotated[tuple[Observation, ...], Field(max_length=5_000)]
    rejections: dict[Code, Count]
    gaps: tuple[Gap, ...]
    crops: Annotated[dict[UUID, Crop], Field(max_length=MAX_CROPS)]
    """PNG bytes in hexadecimal, by observation id."""
    light_s: Seconds = 0.0
    light_open_s: Seconds = 0.0
    guidance: tuple[LocalText, ...]
    unheard_mhz: tuple[Count, ...] | None = None
    seen: SeenDirections | None = None
    limits: tuple[Code, ...]


class JournalHeader(Record):
    """First record of a journal: the sweep as it began."""

    type: Literal["header"] = "header"
    v: Literal[1]
    sweep_id: UUID
    opened_entry_id: UUID
    report_entry_id: UUID
    """Of the entries that open and close this sweep, whoever writes them and when."""
    boot_id: UUID
    """CLOCK_BOOTTIME counts from this start of the machine."""
    begun_ns: TimeNs
    begun: UtcTime
    """The time of day at `begun_ns`, as the sweep counts it."""
    source: Source
    manifest: RecordedSweep
    limits: tuple[Code, ...]
    """What the report has to say besides what was measured."""
    software: Text


class OpenedRecord(Record):
    """`sweep.opened` is on the disk."""

    type: Literal["opened"] = "opened"
    t_ns: TimeNs


class OutsideRecord(Record):
    """How it stands with what was to be measured outside the door."""

    type: Literal["outside"] = "outside"
    t_ns: TimeNs
    limits: tuple[Code, ...]
    """What the report has to say of it."""


class PositionRecord(Record):
    """Somebody stands there from now on, or did until now (`is_over`)."""

    type: Literal["stand"] = "stand"
    t_ns: TimeNs
    position: Position
    is_over: bool
    firmware: Text | None
    """Of the sensor head that is there or was."""
    condition: ProbeCondition | None = None
    """How the probe itself is by now."""
    seen_by_eye: tuple[Slug, ...] = ()
    """Zones whose candidate a person looked at by eye by now and saw nothing, and"""
    explained_by_eye: tuple[ExplainedByEye, ...] = ()
    """what others are, as persons say."""
    eye_looks: tuple[EyeLook, ...] = ()
    """Looks by eye that were asked for by now."""


class MeasuredRecord(Record):
    """One modality's measurement at a position: whole, or what there is of it so far."""

    type: Literal["measured"] = "measured"
    t_ns: TimeNs
    measurement: KeptMeasurement


class ResumedRecord(Record):
    """The sweep goes on in another process, on the same CLOCK_BOOTTIME."""

    type: Literal["resumed"] = "resumed"
    t_ns: TimeNs


class ClosingRecord(Record):
    """Everything was measured; the report is being written."""

    type: Literal["closing"] = "closing"
    t_ns: TimeNs
    outcome: Literal["completed", "aborted"]
    ended: UtcTime
    limits: tuple[Code, ...]
    seen_by_eye: tuple[Slug, ...] = ()
    explained_by_eye: tuple[ExplainedByEye, ...] = ()
    eye_looks: tuple[EyeLook, ...] = ()


JournalRecord = Annotated[
    JournalHeader | OpenedRecord | OutsideRecord | PositionRecord | MeasuredRecord | ResumedRecord | ClosingRecord,
    Field(discriminator="type"),
]


def keep(one: Measurement, *, crops_left: int = MAX_CROPS) -> KeptMeasurement:
    """What a journal may keep of a measurement, with so many crops at most."""
    crops = {UUID(key): data.hex() for key, data in list(one.crops.items())[: max(0, crops_left)]}
    return KeptMeasurement(**{name: getattr(one, name) for name in KeptMeasurement.model_fields} | {"crops": crops})


def restore(kept: KeptMeasurement) -> Measurement:
    """The measurement again, without addresses and names."""
    fields = {name: getattr(kept, name) for name in KeptMeasurement.model_fields}
    return Measurement(**fields | {"crops": {str(key): bytes.fromhex(data) for key, data in kept.crops.items()}})
