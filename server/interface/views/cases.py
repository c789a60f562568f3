"""Cases as people see them: for staff alone, nobody of a facility ever receives one of these."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from server.interface.fields import CaseBegan, CaseState, Turn
from server.interface.views.answer import View
from sweep.report import LocalText, Modality, Source
from sweep.report.case_records import Step


class CaseView(View):
    """A case and what comes next."""

    case_id: UUID
    room_id: UUID
    facility_name: LocalText
    room_name: LocalText
    district_id: str | None
    recorded_room_id: UUID
    """Where it was recorded first; another room than `room_id` after a correction (정정)."""
    sweep_id: UUID | None
    finding_id: UUID | None
    """The finding that opened it; null when a person did."""
    began: CaseBegan | None = None
    """By what it was opened; null where nobody can tell any more."""
    zone: LocalText | None
    """Where the thing is; null when a person opened the case, or the report is erased."""
    seen_by: tuple[Modality, ...]
    """What speaks for it."""
    source: Source
    state: CaseState
    is_open: bool
    is_found: bool
    opened: datetime
    changed: datetime
    due: date | None
    """Of a repair."""
    reopens: date | None
    next: LocalText
    """What has to be done now."""
    whose: Turn
    """Who does it."""
    allowed: tuple[str, ...]
    """Steps that may be taken now."""


class CaseEvent(View):
    """A step as it stands in the log."""

    log_index: int
    entry_hash: str
    person: str
    received: datetime
    step: Step
    is_identity_proven: bool = True
    """False: a Pi's server said it, and its person has not proven it here."""


class ClaimView(View):
    """What a Pi's server said in persons' names; it counts for nothing until they have proven it at this server."""

    entry_id: UUID
    log_index: int
    entry_hash: str
    key_id: str
    """Of the Pi's server."""
    kind: str
    says: str
    """The verdict, the step, or what the note says."""
    room_id: UUID | None
    sweep_id: UUID | None
    person: str
    missing: tuple[str, ...]
    """Whose proof it waits for."""
    received: datetime


class ProofList(View):
    """What waits for one's own proof, the oldest first."""

    waiting: tuple[ClaimView, ...]


class SeenAgainView(View):
    """The newest sweep that saw the thing of an older case."""

    sweep_id: UUID
    began: datetime
    zone: LocalText | None
    """Where it saw it; null when its report is erased."""


class CaseDetail(CaseView):
    """A case with its steps, oldest first."""

    events: tuple[CaseEvent, ...]
    claims: tuple[ClaimView, ...]
    """Steps that wait for the proofs of their persons."""
    last_station: str
    """That took over the district's last find, to be proposed for the next; empty without one."""
    seen_again: SeenAgainView | None = None
    """Null where no later sweep saw it."""


class CaseList(View):
    """A page of cases."""

    cases: tuple[CaseView, ...]
    next_after: UUID | None


class RoomState(View):
    """What a room is: its open cases and its last completed visit, whatever later sweeps did not see."""

    room_id: UUID
    open_cases: tuple[CaseView, ...]
    is_found: bool
    """Is one of them a camera that was found?"""
    last_visit: datetime | None
    last_visit_sweep_id: UUID | None


class CaseCreated(View):
    """A step that was recorded."""

    case: CaseView
    entry_id: UUID
    entry_hash: str
    """Shown to a police companion, who signs over it."""
    log_index: int
