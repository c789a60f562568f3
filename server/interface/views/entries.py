"""Entries of the log as they are stored, their bodies, gaps and alarms, and a proof that the log only grew."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from server.interface.fields import BodyState
from server.interface.views.answer import View
from sweep.report import LocalText, Source


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


class EntryAbout(View):
    """What an entry is about."""

    facility_name: LocalText
    room_name: LocalText
    district_id: str | None
    zone: LocalText | None
    """Of the finding that was decided on."""
    what: str | None
    """The step of a case, or the verdict."""


class SignedEntryRow(EntryRow):
    """An entry with the document as it came."""

    dsse: DsseView
    about: EntryAbout | None
    """None where it names no room that is known here, or does not count."""
    conflict_with: int | None
    """Of an entry in conflict: the one that counts, with the same id or number."""


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


class ErasureAsked(View):
    """An erasure by two persons at a Pi, which erases nothing here until two persons of this server do."""

    entry_id: UUID
    log_index: int
    key_id: str
    """Of the Pi's server."""
    commitment: str
    first_person: str
    second_person: str
    """Names as that Pi says them."""
    reason: LocalText
    room_id: UUID | None
    sweep_id: UUID | None
    received: datetime


class ErasuresAsked(View):
    """What Pis ask to be erased."""

    asked: tuple[ErasureAsked, ...]


class EntryCreated(View):
    """The server wrote an entry for a person."""

    entry_id: UUID
    log_index: int


class ConsistencyProof(View):
    """That the log of `new` entries begins with that of `old` (RFC 9162, section 2.1.4)."""

    old: int
    new: int
    hashes: tuple[str, ...]
