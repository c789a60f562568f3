"""The recorded sweep: a folder with `sweep.json` (this manifest) and the raw captures of each position beside it.

Paths are relative to the folder and may not leave it.  A modality without a path was not recorded and is reported as
not looked at.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from sweep.phrases import Phrase

from .base import (
    Count,
    LocalText,
    Metres,
    Mode,
    Pseudonym,
    Record,
    Seconds,
    Slug,
    Source,
    Text,
    UtcTime,
    are_two_persons,
)
from .eye_looks import EyeLook
from .findings import ExplainedByEye
from .known import KnownThing
from .observations import MODALITIES, Modality
from .plan import Plan, RoomKind

MANIFEST_NAME = "sweep.json"


def _stays_inside(path: str) -> str:
    parts = path.split("/")
    if path.startswith("/") or "\\" in path or any(part in {"", ".", ".."} for part in parts):
        raise ValueError(Phrase("path_not_inside_folder"))
    return path


RelativePath = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._/-]{1,200}$"), AfterValidator(_stays_inside)]


class OwnTransmission(Record):
    """A stretch of time in which a radio of the probe or of its people may have transmitted."""

    radio: Literal["ble_scan", "hotspot", "uplink", "phone", "earphone"]
    start_s: Seconds
    """From the first RF window of the capture that it disturbs."""
    end_s: Seconds

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.end_s < self.start_s:
            raise ValueError(Phrase("transmission_ends_before_start"))
        return self


OwnTransmissions = Annotated[tuple[OwnTransmission, ...], Field(max_length=2_000)]


class RecordedPosition(Record):
    """One position of the inspector and the files recorded there."""

    id: Slug
    zone: Slug
    x_m: Metres
    y_m: Metres
    facing_deg: Annotated[float, Field(ge=0, lt=360)]
    """Clockwise from the plan's +x axis."""
    start: UtcTime
    end: UtcTime
    lens: RelativePath | None = None
    """Folder of clips (LENS format: one folder per clip)."""
    wifi: RelativePath | None = None
    """pcap or pcapng, radiotap or bare 802.11; with `.jsonl` beside it a position that was kept."""
    ble: RelativePath | None = None
    """pcapng, btsnoop or JSON capture."""
    rf: RelativePath | None = None
    """Raw bytes of the sensor head's serial link, or as JSON what it answered."""
    own: OwnTransmissions | None = None
    """When the probe's own radios transmitted during `rf`; empty: never, null: nobody kept a log."""
    stimulus: RelativePath | None = None
    """Chip sequence of the white lamp (JSON) that was played while `wifi` was recorded."""
    more: Annotated[dict[Modality, RelativePath], Field(max_length=16)] = Field(default_factory=dict)
    """What modalities without a field of their own recorded, by modality."""

    @property
    def paths(self) -> dict[Modality, str]:
        """What is there, by modality."""
        fields = {name: getattr(self, name) for name in MODALITIES if name in RecordedPosition.model_fields}
        return {name: path for name, path in (fields | self.more).items() if path is not None}


class RecordedSweep(Record):
    """`sweep.json` of a recorded sweep, format v1."""

    v: Literal[1]
    sweep_id: UUID
    room_id: UUID
    facility_name: LocalText
    room_name: LocalText
    room_kind: RoomKind
    plan: Plan
    source: Source
    """How the recording came to be: `simulated` stays `simulated` on replay, anything else becomes `replay`."""
    mode: Mode
    inspectors: Annotated[tuple[Pseudonym, ...], Field(min_length=2, max_length=6)]
    probe_id: Slug
    firmware: Text | None = None
    calibration: Text | None = None
    clock_synchronised: bool
    clock_max_error_ms: Count | None
    started: UtcTime
    ended: UtcTime
    baseline_rf: RelativePath | None = None
    """Serial capture taken outside the door."""
    baseline_own: OwnTransmissions | None = None
    """When the probe's own radios transmitted during `baseline_rf`; null: nobody kept a log."""
    baseline_wifi: RelativePath | None = None
    """What was heard of Wi-Fi outside the door, as `wifi` of a position."""
    not_connected: Annotated[tuple[Modality, ...], Field(max_length=16)] = ()
    """What the probe that recorded it did not have; the rest without a path was not recorded."""
    positions: Annotated[tuple[RecordedPosition, ...], Field(min_length=1, max_length=400)]
    """Those of a second look have an id `again-<zone>-<view>`, view being `near`, `left`, `right` or `light`; those of
    a close look `close-<zone>-` and the last twelve digits of the look by eye that it stands beside."""
    seen_by_eye: Annotated[tuple[Slug, ...], Field(max_length=100)] = ()
    """Zones whose candidate a person looked at by eye and saw nothing."""
    explained_by_eye: Annotated[tuple[ExplainedByEye, ...], Field(max_length=100)] = ()
    """Candidates that a person looked at by eye and could name."""
    eye_looks: Annotated[tuple[EyeLook, ...], Field(max_length=200)] = ()
    """Looks by eye that were asked for."""
    known: Annotated[tuple[KnownThing, ...], Field(max_length=64)] = ()
    """What earlier visits explained."""
    has_radio_earphone: bool = False
    """Who sweeps by ear wears an earphone that transmits."""

    @model_validator(mode="after")
    def _positions_fit(self) -> Self:
        zones = {zone.zone_id for zone in self.plan.zones}
        ids = [position.id for position in self.positions]
        if len(set(ids)) != len(ids):
            raise ValueError(Phrase("position_id_twice"))
        if not are_two_persons(self.inspectors):
            raise ValueError(Phrase("two_inspectors_needed"))
        if self.ended < self.started:
            raise ValueError(Phrase("sweep_ends_before_start"))
        for position in self.positions:
            if position.zone not in zones:
                raise ValueError(Phrase("zone_not_on_plan", zone=position.zone))
            if position.end < position.start:
                raise ValueError(Phrase("position_ends_before_start", position=position.id))
        return self
