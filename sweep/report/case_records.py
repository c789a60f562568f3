"""Bodies of the steps of a case: what persons did about a finding, a strange thing or a defect, one entry each.

A step is one act with what belongs to it.  No record here has room for footage, a link or a name of whoever was filmed.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from .base import AccountId, ClockReading, HexDigest, Record, Text
from .proof_records import Identified

Seen = Literal["nothing", "hole", "object"]
Defect = Literal[
    "hole", "emergency_bell", "floor_gap", "ceiling_gap",
    "vent", "ceiling", "light", "socket", "door_lock", "partition", "toilet_bin", "basin",
]  # fmt: skip
"""What the law or a camera makes worth a name, then the parts of a checklist: such a part is broken."""
Wanted = Literal["addresses", "wifi_timeline", "photographs"]
Person = Annotated[str, StringConstraints(min_length=2, max_length=60)]
Millimetres = Annotated[int, Field(ge=0, le=5_000)]
Coordinate = Annotated[int, Field(ge=0, le=1_000)]
Stroke = Annotated[tuple[tuple[Coordinate, Coordinate], ...], Field(min_length=1, max_length=500)]


class Reported(Record):
    """Somebody saw something strange in a room: a case without a sweep."""

    step: Literal["reported"]
    by: Literal["person", "cleaner", "public", "instrument"]
    """`instrument`: two persons saw it with another instrument than a probe, in an inspection."""
    what: Text


class LookedAt(Record):
    """Two persons looked by eye; the envelope's subject is the first of them."""

    step: Literal["looked_at"]
    second_person: Person
    seen: Seen
    identified: Identified | None = None
    """None: in entries from before this was said; it was by passwords then."""
    second_account: AccountId | None = None


class NotReached(Record):
    """It could not be looked at, and why."""

    step: Literal["not_reached"]
    why: Text


class NotCamera(Record):
    """Two persons agree what it was. It says nothing about later sweeps, and opens again on a day."""

    step: Literal["not_camera"]
    second_person: Person
    what: Text
    reopens: date
    identified: Identified | None = None
    second_account: AccountId | None = None


class Unchanged(Record):
    """One person looked again at what two had named, and it is as it was; it names nothing."""

    step: Literal["unchanged"]
    reopens: date


class DefectFound(Record):
    """Something to be repaired, by when, and whether a rule demands it."""

    step: Literal["defect_found"]
    defect: Defect
    measured_mm: Millimetres | None
    duty: Literal["violation", "defect", "advice"]
    due: date


class RepairHanded(Record):
    """Whoever keeps the building was handed what has to be repaired, and by when; said anew, the later day counts."""

    step: Literal["repair_handed"]
    handed_to: Text
    due: date


class Repaired(Record):
    """Somebody says that it is repaired; it has to be looked at again."""

    step: Literal["repaired"]
    by: Text


class Rechecked(Record):
    """The repair was looked at again."""

    step: Literal["rechecked"]
    holds: bool


class CameraFound(Record):
    """Two persons see a camera. Whether anybody had touched it is said, not judged."""

    step: Literal["camera"]
    second_person: Person
    was_touched: bool
    identified: Identified | None = None
    second_account: AccountId | None = None


class RoomClosed(Record):
    """The room is empty and closed, and somebody stays at the door."""

    step: Literal["room_closed"]
    guarded_by: Person


class Photographed(Record):
    """The object in its place was photographed, with nobody in view; or why not."""

    step: Literal["photographed"]
    commitment: HexDigest | None
    why_not: Text | None


class PoliceCalled(Record):
    """112 was called; the number under which the police took it in."""

    step: Literal["police_called"]
    receipt_no: Text


class HandedOver(Record):
    """The police seized it; who, as they said it themselves, and the second person who saw them take it."""

    step: Literal["handed_over"]
    officer: Person
    station: Text
    rank: Text
    receipt_no: Text
    seal_no: Text
    second_person: Person | None = None
    """None: in entries from before this was asked for."""
    identified: Identified | None = None
    second_account: AccountId | None = None


class PoliceAsked(Record):
    """The police asked in writing for addresses, the timeline of the Wi-Fi or photographs; nothing is given unasked."""

    step: Literal["police_asked"]
    document_no: Text
    officer: Person
    wanted: Annotated[tuple[Wanted, ...], Field(min_length=1, max_length=3)]


class PoliceResult(Record):
    """What the police say it was, by their paper: with it the case ends; `unknown` leaves it as it stood."""

    step: Literal["police_result"]
    result: Literal["camera", "none", "unknown"]
    dated: date
    document_no: Text


class ReportedToCity(Record):
    """The city was told."""

    step: Literal["reported_to_city"]
    to: Text


class Witnessed(Record):
    """A police companion without an account signed by hand over the hash that the page showed."""

    step: Literal["witnessed"]
    agency: Text
    name: Person
    rank: Text
    shown_hash: HexDigest
    """Hash of the entry that stood on the page."""
    strokes: Annotated[tuple[Stroke, ...], Field(min_length=1, max_length=60)]
    """The signature in thousandths of the field's width and height."""


class Reopened(Record):
    """A closed case is open again."""

    step: Literal["reopened"]
    why: Text


class RoomCorrected(Record):
    """정정: it was recorded in the wrong room. Both rooms are printed; what was signed stays as it is."""

    step: Literal["room_corrected"]
    room_id: UUID
    why: Text


Step = Annotated[
    Reported
    | LookedAt
    | NotReached
    | NotCamera
    | Unchanged
    | DefectFound
    | RepairHanded
    | Repaired
    | Rechecked
    | CameraFound
    | RoomClosed
    | Photographed
    | PoliceCalled
    | HandedOver
    | PoliceAsked
    | PoliceResult
    | ReportedToCity
    | Witnessed
    | Reopened
    | RoomCorrected,
    Field(discriminator="step"),
]


class CaseStep(Record):
    """One step of a case, as the server signed it for a person."""

    v: Literal[1]
    case_id: UUID
    finding_id: UUID | None
    """The finding that opened the case; null when a person did."""
    step: Step
    decided: ClockReading
    account: AccountId | None = None
