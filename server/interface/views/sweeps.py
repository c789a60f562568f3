"""Everything about one sweep.

Nothing here holds an address or a name of a device except `FindingDetailsView`, whose text is display-safe and which
only inspectors receive.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from server.interface.fields import BodyState, FindingState, ZoneState
from server.interface.views.answer import View
from server.interface.views.cases import ClaimView
from server.interface.views.entries import AlarmView, EntryRow, GapView
from server.interface.views.places import RoomSummary, SweepSummary
from sweep.report import LocalText, PhoneTime, SweepReport, WallSpot
from sweep.report.imported_records import InspectionImported
from sweep.report.inspection_records import InspectionRecorded
from sweep.report.proof_records import Identified
from sweep.report.visit_records import Noted, SignedAs


class FindingDetailsView(View):
    """Addresses and names behind a finding, safe to show on one line."""

    finding_id: UUID
    addresses: tuple[str, ...]
    ssids: tuple[str, ...]
    names: tuple[str, ...]


class CropView(View):
    """A crop of a lens candidate; its bytes are at /api/bodies/{commitment}."""

    sha256: str
    commitment: str
    finding_id: UUID | None


class DispositionView(View):
    """A person's verdict on a finding."""

    log_index: int
    finding_id: UUID
    verdict: Literal["no_camera", "camera_found", "cannot_exclude", "recheck"]
    note: LocalText | None
    subject: str
    assurance: str
    decided: datetime
    """When the server signed it."""
    claimed: PhoneTime | None
    """When the person decided, by the phone's clock."""
    is_identity_proven: bool = True
    """False: a Pi's server said it, and its person has not proven it here."""


class SignatureView(View):
    """That somebody signed a note by finger; the strokes stay in the log."""

    signature_id: UUID
    """Its entry, under the id that the phone gave it: what it still keeps of that is recorded."""
    signed_as: SignedAs
    agency: str
    name: str
    rank: str | None
    is_of_last_note: bool
    """False: the note was written anew since, and was not signed again by this person."""
    taken_by: str
    """Who was logged in and held the phone out."""
    signed: datetime
    claimed: PhoneTime | None
    """By the phone's clock, for one that waited there."""


class VisitView(View):
    """What people noted on the spot, and who signed it."""

    note: Noted | None
    """What stands in the log; null when nobody noted anything."""
    noted_by: str | None
    noted: datetime | None
    claimed: PhoneTime | None
    """By the phone's clock, for what waited there."""
    note_hash: str | None
    """Hash of the note's entry: what is signed by finger."""
    signatures: tuple[SignatureView, ...]


class InspectionView(View):
    """What persons inspected with other instruments than a probe."""

    said: InspectionRecorded
    entry_hash: str
    """Of its entry: what the second person confirms."""
    recorded_by: str
    confirmed_by: str | None
    """Null: it is that of one person."""
    confirmed: datetime | None
    zones_left: tuple[str, ...]
    """Zones of the plan that nobody inspected."""
    cases: tuple[UUID | None, ...]
    """Of each look the case that it opened."""


class ImportedView(View):
    """What was taken over from an office's list of the past: nobody here was there, and nothing was measured."""

    said: InspectionImported
    words: LocalText
    """What has to stand wherever it is shown."""
    entry_hash: str
    """Of its entry: what an officer who cites the original saw."""
    imported_by: str
    has_names: bool
    """Are names of its inspectors kept for the office's documents, apart from the log?"""
    cited: str | None
    """Number of the original that an officer has looked into; null: nobody did, and it fulfils nothing."""
    cited_by: str | None
    cited_at: datetime | None


class KnownBefore(View):
    """An earlier visit looked at what a finding speaks of and saw no camera: it is listed last, as grave as ever."""

    finding_id: UUID
    """This sweep's."""
    sweep_id: UUID
    """The earlier one."""
    by: Literal["device", "place"]
    """What is the same."""
    note: LocalText | None
    decided: datetime


class FindingStands(View):
    """What stands of a finding by what persons said and by its case."""

    finding_id: UUID
    state: FindingState
    case_id: UUID


class ZoneStands(View):
    """What the equipment says of a zone over all its methods."""

    zone_id: str
    state: ZoneState
    ways: int
    """Methods that report of it."""
    unable: int
    """Those among them that could not judge."""


class FindingPlace(View):
    """Where a finding is to be looked for, as far as its report tells."""

    finding_id: UUID
    where: LocalText
    """Zone, wall, height and what it is beside."""
    spot: WallSpot | None
    """Null where only an area is known."""
    x_m: float
    y_m: float
    """Of the spot on the plan; of an area its middle."""
    behind: LocalText | None
    """The zone behind the spot's wall: it may be there."""
    looks: tuple[LocalText, ...]
    """Where nobody knows the wall: where to look, one after the other."""


class SweepDetail(View):
    """Everything about one sweep."""

    summary: SweepSummary
    zones: tuple[ZoneStands, ...]
    """In the order of the plan; empty without a report."""
    findings: tuple[FindingStands, ...]
    """Everything that was measured or decided on, the report's first."""
    finding_places: tuple[FindingPlace, ...] = ()
    """In the order of the report; empty without one."""
    room: RoomSummary | None
    """Null when nobody here knows the room."""
    report: SweepReport | None
    eye_looks: LocalText | None = None
    """What looks by eye came to, in one line; null where none was asked for."""
    report_state: BodyState
    declared_empty: bool | None
    """Both inspectors declared the room empty before anything was filmed; null without the sweep's opening."""
    identified: Identified | None
    """How the two who declared the room empty were identified when the sweep began; null: by their names only."""
    details: tuple[FindingDetailsView, ...]
    crops: tuple[CropView, ...]
    dispositions: tuple[DispositionView, ...]
    claims: tuple[ClaimView, ...] = ()
    """What a Pi's server said in persons' names and waits for their proofs."""
    visit: VisitView
    inspection: InspectionView | None = None
    """Null: a probe measured it, or it was imported."""
    imported: ImportedView | None = None
    """Null: it was made here."""
    known: tuple[KnownBefore, ...] = ()
    """Findings that earlier visits explain."""
    entries: tuple[EntryRow, ...]
    gaps: tuple[GapView, ...]
    alarms: tuple[AlarmView, ...]
