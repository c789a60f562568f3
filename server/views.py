"""What the interface answers: frozen records beside those of `sweep.report`, turned into OpenAPI and TypeScript.

Output only; requests.py holds what comes in.  Nothing here holds an address or a name of a device except
`FindingDetailsView`, whose text is display-safe and which only inspectors receive.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from server.fields import BodyState, CommandAnswer, KeyRole, Role, SweepResult
from sweep.report import LocalText, Mode, PhoneTime, Plan, ProbeState, RoomKind, Source, SweepReport


class View(BaseModel):
    """Base of every answer."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ErrorBody(View):
    """Why a request was refused."""

    code: str
    message: LocalText


class ErrorView(View):
    """The one shape of every refusal."""

    error: ErrorBody


class Ok(View):
    """Done."""

    ok: Literal[True] = True


class Health(View):
    """Is the server there, and which?"""

    status: Literal["ok"]
    database: Literal["ok"]
    """It answered just now; when it does not, the answer is a refusal with the code `database_unreachable`."""
    version: str
    page_built: bool


class UserView(View):
    """The person logged in."""

    username: str
    display_name: str
    role: Role
    must_change_password: bool
    """The password was given by somebody else: everything is refused until it is changed."""


class LoginView(View):
    """Answer to a login; the session itself is in the cookie."""

    user: UserView
    csrf_token: str


class MeView(View):
    """Who am I? Both null when nobody is logged in."""

    user: UserView | None
    csrf_token: str | None


class SweepSummary(View):
    """A sweep in a list."""

    sweep_id: UUID
    room_id: UUID
    source: Source
    mode: Mode
    outcome: Literal["completed", "aborted"] | None
    """Null: opened, and no report has come yet."""
    started: datetime
    """The time that counts: what the probe's clock said, or the receipt when that cannot be."""
    started_claimed: datetime
    """What the probe's clock said."""
    received: datetime
    """When the server received the first entry about it."""
    ended: datetime | None
    result: SweepResult
    candidates: int
    not_assessable_zones: int
    """Zones of which no modality could say anything."""
    is_demo: bool
    inspectors: tuple[str, ...]
    probe_id: str


class RoomStanding(View):
    """What persons have not closed yet in a room, over all its sweeps that count; no later sweep takes it away."""

    result: Literal["found", "suspected"]
    finds: int
    """Findings that a person called a camera."""
    candidates: int
    """Findings that nobody has looked at, or that a person could not exclude."""
    sweep_id: UUID
    """The newest sweep with the gravest of them."""
    started: datetime


class RoomSummary(View):
    """A room in a list."""

    room_id: UUID
    facility_id: UUID
    facility_code: str | None
    facility_name: LocalText
    room_name: LocalText
    kind: RoomKind
    is_demo: bool
    plan_version: int
    plan_verified: bool
    last_sweep: SweepSummary | None
    """Newest sweep; replays and simulations count in a demonstration facility only."""
    standing: RoomStanding | None
    """Null when nothing stands open."""
    result: SweepResult | None
    """What the room is shown as: what stands open, else the result of its last sweep; null when it was never swept."""


class RoomList(View):
    """A page of rooms, by facility and name."""

    rooms: tuple[RoomSummary, ...]
    next: UUID | None
    """Ask with `after` this room for the next page; null on the last one."""


class PlanVersion(View):
    """One version in the history of a plan."""

    version: int
    is_verified: bool
    created: datetime
    created_by: str


class RoomDetail(RoomSummary):
    """A room with its plan and sweeps."""

    address: str
    plan: Plan
    plan_history: tuple[PlanVersion, ...]
    """Newest first."""
    sweeps: tuple[SweepSummary, ...]
    """Newest first, replays and simulations marked `is_demo`."""


class FacilityCreated(View):
    """A facility was added."""

    facility_id: UUID


class RoomCreated(View):
    """A room was added."""

    room_id: UUID


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


class BodyView(View):
    """A body that an entry names."""

    commitment: str
    media_type: str
    size: int
    state: BodyState


class EntryRow(View):
    """An entry of the log."""

    log_index: int
    entry_id: UUID
    entry_hash: str
    status: Literal["accepted", "quarantined", "conflict", "purged"]
    reason: str | None
    """Why it is not accepted, or why it is unreadable."""
    is_readable: bool
    signature_ok: bool
    key_id: str
    seq: int | None
    kind: str | None
    source: Source | None
    subject: str | None
    room_id: UUID | None
    sweep_id: UUID | None
    received: datetime
    bodies: tuple[BodyView, ...]


class DsseSignature(View):
    """A signature of a DSSE document."""

    keyid: str
    sig: str
    """Base64."""


class DsseView(View):
    """A DSSE document (entry or receipt), see ENTRY.md."""

    payloadType: str  # noqa: N815  the name that DSSE gives it
    payload: str
    """Base64 of the bytes that were signed."""
    signatures: tuple[DsseSignature, ...]


class SignedEntryRow(EntryRow):
    """An entry with the document as it came."""

    dsse: DsseView


class EntryList(View):
    """A page of the log, oldest first."""

    entries: tuple[SignedEntryRow, ...]


class GapView(View):
    """Sequence numbers of a key that never arrived."""

    key_id: str
    from_seq: int
    to_seq: int


class AlarmView(View):
    """Something about the record that a person must look at."""

    at: datetime
    code: str
    text: LocalText
    key_id: str | None
    log_index: int | None
    other_log_index: int | None


class SweepDetail(View):
    """Everything about one sweep."""

    summary: SweepSummary
    room: RoomSummary | None
    """Null when nobody here knows the room."""
    report: SweepReport | None
    report_state: BodyState
    details: tuple[FindingDetailsView, ...]
    crops: tuple[CropView, ...]
    dispositions: tuple[DispositionView, ...]
    entries: tuple[EntryRow, ...]
    gaps: tuple[GapView, ...]
    alarms: tuple[AlarmView, ...]


class EntryCreated(View):
    """The server wrote an entry for a person."""

    entry_id: UUID
    log_index: int


class ServerKey(View):
    """The key that signs receipts and entries of people."""

    key_id: str
    public_key: str
    """Hexadecimal, 32 bytes."""


class StopView(View):
    """A stop that a person asked for; it stands until the sweep runs again or is over."""

    command_id: UUID
    sweep_id: UUID
    asked_by: str
    """Pseudonym."""
    asked: datetime
    answer: CommandAnswer
    """Of the probe."""


class ProbeView(View):
    """An enrolled probe."""

    probe_id: str
    key_id: str
    name: str
    role: KeyRole
    online: bool
    last_seen: datetime | None
    state: ProbeState | None
    """Null: it has told nothing since the server started."""
    sweep_id: UUID | None
    room_id: UUID | None
    """Of that sweep, where it was started from here."""
    inspectors: tuple[str, ...] | None
    """Pseudonyms of those who make it; likewise."""
    missed: int
    """Live messages of this sweep that the probe dropped or the network lost; the report has the last word."""
    stop: StopView | None


class ProbeList(View):
    """All enrolled probes."""

    probes: tuple[ProbeView, ...]


class KeyView(View):
    """An admitted key."""

    key_id: str
    role: KeyRole
    probe_id: str | None
    name: str
    tenant: str | None
    valid_from_index: int
    revoked_from_index: int | None
    """Null: not revoked."""
    predecessor: str | None
    quarantined: int
    """Entries that it signed and that do not count."""


class WaitingKeyView(View):
    """What strangers sent under one key; nobody has verified it."""

    key_id: str
    entries: int
    size: int
    networks: tuple[str, ...]
    """The first few."""
    first_received: datetime
    last_received: datetime
    tenants: tuple[str, ...]
    subjects: tuple[str, ...]
    is_admitted: bool
    """The key is admitted, and these are forgeries in its name."""


class KeyList(View):
    """Keys, and the quarantine of strangers, the largest first."""

    keys: tuple[KeyView, ...]
    waiting: tuple[WaitingKeyView, ...]
    max_bytes: int
    """What the quarantine may hold in all."""


class JudgedKey(View):
    """A key was changed, and what waited of it judged anew."""

    key_id: str
    released: int
    left: int
    """Entries that still wait."""


class Discarded(View):
    """How many waiting entries were purged."""

    entries: int


class LiveAccepted(View):
    """How many live messages were taken."""

    accepted: int


class CommandQueued(View):
    """A command waits for the probe, or was given to it before."""

    command_id: UUID
    sweep_id: UUID
    answer: CommandAnswer
    """Of the probe, as far as it has come."""
    probe_online: bool


class ExportJobView(View):
    """A document that is being made, and kept for an hour when it is ready."""

    job_id: UUID
    state: Literal["queued", "running", "ready", "failed"]
    percent: int
    ahead: int
    """How many documents are made before this one; 0 when it is its turn."""
    format: Literal["csv", "pdf", "xlsx"]
    period_first: date
    period_last: date
    room_id: UUID | None
    file_name: str
    size: int | None
    """Bytes; null until it is ready."""
    failure: ErrorBody | None
    asked: datetime


class ExportJobList(View):
    """One's own documents, newest first."""

    exports: tuple[ExportJobView, ...]


class EntryEvent(View):
    """Data of the SSE event `entry`: something about a sweep was projected."""

    sweep_id: UUID
    kind: str
