"""Rows of the log, of cases and of photographs as they are handed on: which columns they have, and of which type."""

from __future__ import annotations

from typing import Literal, Protocol
from uuid import UUID

from server.interface.fields import CaseState, FindingState
from sweep.report import Source
from sweep.report.photo_records import Shows

EntryStatus = Literal["accepted", "quarantined", "conflict"]


class StoredEntry(Protocol):
    """A row of `entries` that could be read: of others, and of purged ones, the optional columns are null."""

    log_index: int
    entry_hash: str
    signatures_hash: str
    entry_id: UUID
    status: EntryStatus
    reason: str | None
    conflict_with: int | None
    is_readable: bool
    key_id: str
    seq: int
    prev: str | None
    kind: str
    source: Source
    subject: str
    assurance: str
    room_id: UUID | None
    sweep_id: UUID | None
    made_ms: int | None
    payload_type: str
    payload: bytes
    signatures_json: str
    size: int
    received_ms: int
    tenant: str | None


class StoredCase(Protocol):
    """A row of `cases` beside the names of its place, which are null for a room that is gone."""

    case_id: UUID
    sweep_id: UUID | None
    finding_id: UUID | None
    room_id: UUID
    recorded_room_id: UUID
    source: Source
    state: CaseState
    stands: FindingState
    steps: int
    opened_ms: int
    changed_ms: int
    due: str | None
    reopens: str | None
    joins: UUID | None
    named: str | None
    district_id: str | None
    facility_ko: str
    facility_en: str
    room_ko: str
    room_en: str
    is_held: bool
    is_by_eye: bool


class StoredPhoto(Protocol):
    """A row of `photos`, and whether its body is erased."""

    photo_id: UUID
    log_index: int
    case_id: UUID
    shows: Shows
    person: str
    taken_ms: int
    commitment: str
    declaration_id: UUID
    opened: int
    is_doubted: bool
    account: str | None
    is_deleted: bool


class StoredDeclaration(Protocol):
    """A row of `photo_declarations`: two persons said that nobody is in the room."""

    declaration_id: UUID
    first_name: str
    second_name: str
    first_account: str | None
    second_account: str | None
    first_way: str
    second_way: str
    declared_ms: int
    ends_ms: int
    ended_by: str | None
