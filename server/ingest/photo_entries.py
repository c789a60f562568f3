"""Photographs of objects as entries: taken under a living declaration, opened with a reason, checked when opened.

Input are a person, a case and bytes that only evidence officers open; output are entries and rows.  A picture in the
open, one of another size than declared, or one sealed to more or fewer keys than there are officers is refused and kept
nowhere: the server never rewrites a picture, and cannot, for it never sees one.  To whom it is sealed it cannot see
either (age hides that): whoever has such a key and opens in vain raises an alarm.  That metadata are gone is checked on
the phone before sealing and again in the officer's browser.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, func, select

from server.cases.photographing import MAX_PER_DAY, MAX_PER_DECLARATION, NO_KEY, why_not
from server.ingest.persons import MAX_CLAIMED_AGE, ServerSigner, write_for
from server.ingest.photo_declarations import needed
from server.interface.errors import ApiError, invalid, not_found
from server.interface.photo_requests import OpenPhotoRequest, PhotoCheckRequest, PhotoRequest
from server.interface.sealed_photos import read_sealed
from server.people import evidence_keys
from server.people.auth import Person
from server.projections.case_rows import steps_of
from server.projections.photo_rows import PHOTO_COLUMNS, told_of
from server.store.clock import clock_reading, from_ms, now_ms, to_ms
from server.store.schema import entries, photos
from server.store.stored_bodies import find_body
from server.store.stored_rows import StoredCase, StoredPhoto
from sweep.entry import kinds
from sweep.entry.envelope import make_body
from sweep.phrases import Phrase
from sweep.report import ContractError, LocalText, PhoneTime, parse_json, to_json
from sweep.report.case_records import PoliceAsked
from sweep.report.photo_records import PhotoChecked, PhotoHead, PhotoOpened, PhotoTaken
from sweep.report.proof_records import Identified

DAY = timedelta(days=1)
TAKEN = kinds.PHOTO_TAKEN_TYPE


def take(
    connection: Connection,
    server_signer: ServerSigner,
    person: Person,
    case: StoredCase,
    request: PhotoRequest,
    sealed: bytes,
) -> StoredPhoto:
    """Record a photograph, or find it recorded; the row of it.

    ApiError 400 for what is no sealed photograph, 409 without a declaration or in the wrong state, 429 beyond a bound.
    """
    known = find_known(connection, request.photo_id)
    if known is not None:
        return _same(connection, known, case, request)
    _check_sealed(request, sealed)
    claimed = _phone_time(request)
    taken_ms = to_ms(claimed.utc) + claimed.behind_ms
    declared = needed(connection, case.case_id, person, request.declaration_id, taken_ms)
    refuse_unless_possible(connection, case)
    _check_counts(connection, person, declared.declaration_id)
    _check_recipients(connection, case, request, declared.declared_ms)
    first, second = declared.first_account, declared.second_account
    head = PhotoHead(v=1, photo_id=request.photo_id, plain_sha256=request.plain_sha256, plain_size=request.plain_size)
    told = PhotoTaken(
        v=1,
        photo_id=request.photo_id,
        case_id=case.case_id,
        zone_id=request.zone_id,
        shows=request.shows,
        width_px=request.width_px,
        height_px=request.height_px,
        declaration_id=declared.declaration_id,
        declared_by=(declared.first_name, declared.second_name),
        identified=Identified.model_validate({"first": declared.first_way, "second": declared.second_way}),
        declared=from_ms(declared.declared_ms),
        sealed_to=tuple(sorted(request.sealed_to)),
        decided=clock_reading(),
        claimed=claimed,
        account=person.account,
        declared_accounts=None if first is None or second is None else (first, second),
        arrows=request.arrows,
    )
    write_for(
        connection,
        server_signer,
        person,
        kind=kinds.PHOTO_TAKEN,
        source=case.source,
        room_id=case.recorded_room_id,
        sweep_id=case.sweep_id,
        refs=_last_of(connection, case),
        body=make_body(TAKEN, to_json(told)),
        entry_id=request.photo_id,
        more=(make_body(kinds.SEALED_PHOTO_TYPE, to_json(head) + b"\n" + sealed),),
    )
    return find(connection, request.photo_id)


class OpenedPhoto(NamedTuple):
    """A sealed photograph that an officer was given."""

    told: PhotoTaken | None
    """None where nothing readable says so."""
    head: PhotoHead
    sealed: bytes
    """The age file."""
    log_index: int
    """Of the entry that says that it was opened."""
    named: tuple[str, ...]
    """Public keys to which it says that it is sealed: nobody but their owners can tell whether it is."""


def open_one(
    connection: Connection,
    server_signer: ServerSigner,
    officer: Person,
    photo: StoredPhoto,
    case: StoredCase,
    request: OpenPhotoRequest,
) -> OpenedPhoto:
    """Record that it is opened; ApiError 409 for the police without their request on record, 410 when it is deleted."""
    head, sealed = _sealed_of(connection, photo)
    document_no = None
    if request.purpose == "police":
        document_no = _document_no(connection, case)
    opened = PhotoOpened(
        v=1,
        photo_id=photo.photo_id,
        commitment=photo.commitment,
        purpose=request.purpose,
        reason=request.reason,
        document_no=document_no,
        decided=clock_reading(),
        account=officer.account,
    )
    body = make_body(kinds.PHOTO_OPENED_TYPE, to_json(opened))
    log_index = _say(connection, server_signer, officer, photo, case, kinds.PHOTO_OPENED, body)
    told = told_of(connection, photo.log_index)
    named = () if told is None else evidence_keys.recipients_of(connection, told.sealed_to)
    return OpenedPhoto(told, head, sealed, log_index, named)


def check(
    connection: Connection,
    server_signer: ServerSigner,
    officer: Person,
    photo: StoredPhoto,
    case: StoredCase,
    request: PhotoCheckRequest,
) -> int:
    """Record what the officer's browser found in the photograph; the index of the entry."""
    checked = PhotoChecked(
        v=1,
        photo_id=photo.photo_id,
        commitment=photo.commitment,
        hash_matches=request.hash_matches,
        has_metadata=request.has_metadata,
        opens=request.opens,
        decided=clock_reading(),
        account=officer.account,
    )
    body = make_body(kinds.PHOTO_CHECKED_TYPE, to_json(checked))
    return _say(connection, server_signer, officer, photo, case, kinds.PHOTO_CHECKED, body)


def find_known(connection: Connection, photo_id: UUID) -> StoredPhoto | None:
    """The row of a photograph; None without one."""
    return connection.execute(select(*PHOTO_COLUMNS).where(photos.c.photo_id == photo_id)).one_or_none()


def find(connection: Connection, photo_id: UUID) -> StoredPhoto:
    """The row of a photograph; ApiError 404 without one."""
    row = find_known(connection, photo_id)
    if row is None:
        raise not_found(Phrase("photograph_not_found"))
    return row


def refuse_unless_possible(connection: Connection, case: StoredCase) -> None:
    """ApiError 409 with the sentence that says why nothing may be photographed for this case now."""
    sentence = reason_against(connection, case)
    if sentence is not None:
        raise ApiError(409, sentence, code="no_photographs_now")


def reason_against(connection: Connection, case: StoredCase) -> LocalText | None:
    """Why nothing may be photographed for a case now; None when something may."""
    taken = connection.scalar(select(func.count()).where(photos.c.case_id == case.case_id)) or 0
    return why_not(case.state, taken) or (None if evidence_keys.live(connection, case.district_id) else NO_KEY)


def left_of(connection: Connection, declaration_id: UUID) -> int:
    """How many may still be taken under a declaration."""
    taken = connection.scalar(select(func.count()).where(photos.c.declaration_id == declaration_id)) or 0
    return max(0, MAX_PER_DECLARATION - taken)


def _same(connection: Connection, known: StoredPhoto, case: StoredCase, request: PhotoRequest) -> StoredPhoto:
    body = find_body(connection, known.commitment)
    is_same = known.case_id == case.case_id and known.declaration_id == request.declaration_id
    if is_same and body is not None and body.data is not None:
        is_same = _split(body.data)[0].plain_sha256 == request.plain_sha256
    if not is_same:
        raise ApiError(409, Phrase("photo_known"))
    return known


def _check_sealed(request: PhotoRequest, sealed: bytes) -> None:
    found = read_sealed(sealed)
    if found.plain_size != request.plain_size:
        raise invalid(
            Phrase("photo_size_differs", declared=request.plain_size, sealed=found.plain_size),
            code="photo_size_differs",
        )
    if found.recipients != len(set(request.sealed_to)):
        raise invalid(
            Phrase("sealed_to_other_number_of_keys", sealed=found.recipients, named=len(set(request.sealed_to))),
            code="photo_not_sealed",
        )


def _phone_time(request: PhotoRequest) -> PhoneTime:
    waited = request.sent - request.taken
    if not timedelta(0) <= waited <= MAX_CLAIMED_AGE:
        raise invalid(Phrase("photo_time", days=MAX_CLAIMED_AGE.days), code="photo_time")
    behind = from_ms(now_ms()) - request.sent
    return PhoneTime(utc=request.taken, behind_ms=round(behind / timedelta(milliseconds=1)))


def _check_counts(connection: Connection, person: Person, declaration_id: UUID) -> None:
    if left_of(connection, declaration_id) == 0:
        raise ApiError(409, Phrase("declaration_used_up", most=MAX_PER_DECLARATION))
    own = select(func.count()).where(_is_own(person), photos.c.taken_ms > now_ms() - DAY // timedelta(milliseconds=1))
    if (connection.scalar(own) or 0) >= MAX_PER_DAY:
        raise ApiError(429, Phrase("too_many_photographs", most=MAX_PER_DAY))


def _is_own(person: Person) -> ColumnElement[bool]:
    """Those of an account, and of its name from before entries named accounts."""
    is_named = photos.c.account.is_(None) & (photos.c.person == person.display_name)
    return (photos.c.account == person.account) | is_named


def _check_recipients(connection: Connection, case: StoredCase, request: PhotoRequest, declared_ms: int) -> None:
    wanted = {key.key_id for key in evidence_keys.live(connection, case.district_id, declared_ms)}
    if set(request.sealed_to) != wanted:
        raise ApiError(409, Phrase("recipients_changed"))


def _document_no(connection: Connection, case: StoredCase) -> str:
    """The number of the police's request for photographs; ApiError 409 while none is on record."""
    asked = [step.step for _, step in steps_of(connection, case.case_id, case.sweep_id)]
    found = [step.document_no for step in asked if isinstance(step, PoliceAsked) and "photographs" in step.wanted]
    if not found:
        raise ApiError(409, Phrase("no_request_of_the_police"))
    return found[-1][:60]


def _sealed_of(connection: Connection, photo: StoredPhoto) -> tuple[PhotoHead, bytes]:
    body = find_body(connection, photo.commitment)
    if body is None or body.data is None:
        raise ApiError(410, Phrase("photograph_deleted"), code="photo_deleted")
    return _split(body.data)


def _split(data: bytes) -> tuple[PhotoHead, bytes]:
    line, _, sealed = data.partition(b"\n")
    try:
        return parse_json(PhotoHead, line), sealed
    except ContractError:
        raise ApiError(410, Phrase("photograph_unreadable"), code="photo_deleted") from None


def _say(
    connection: Connection,
    server_signer: ServerSigner,
    officer: Person,
    photo: StoredPhoto,
    case: StoredCase,
    kind: str,
    body: Any,
) -> int:
    of_photo = select(entries.c.entry_id).where(entries.c.log_index == photo.log_index)
    return write_for(
        connection,
        server_signer,
        officer,
        kind=kind,
        source=case.source,
        room_id=case.recorded_room_id,
        sweep_id=case.sweep_id,
        refs=(connection.execute(of_photo).scalar_one(),),
        body=body,
    ).log_index


def _last_of(connection: Connection, case: StoredCase) -> tuple[UUID, ...]:
    history = steps_of(connection, case.case_id, case.sweep_id)
    return (history[-1][0].entry_id,) if history else ()
