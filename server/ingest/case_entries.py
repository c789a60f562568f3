"""The steps of cases as entries: each is checked against the way of a case, signed for its person and read at once.

Input are a person, a case and what was done; output is the case after it.  A wrong turn is ApiError 409 with the
sentence that says what has to come first; hurtful words and links are 400.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TypedDict, TypeVar
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import Connection, func, or_, select

from server.cases import gaps, words
from server.cases.deadlines import REOPENS_AFTER, repair_due
from server.ingest.entry_rows import Outcome
from server.ingest.persons import ServerSigner, identified, source_of, write_for
from server.ingest.photo_declarations import suspend
from server.ingest.said_before import entry_under, outcome_of
from server.interface.case_requests import (
    CameraRequest,
    CaseRequest,
    DefectRequest,
    HandedOverRequest,
    LookedAtRequest,
    NotCameraRequest,
    StepRequest,
    SuspicionRequest,
    UnchangedRequest,
)
from server.interface.errors import ApiError, invalid, not_found, refuse_links
from server.interface.voice import Voice
from server.people.auth import Person
from server.projections.case_rows import CASE_COLUMNS, case_of_row, steps_of
from server.projections.projecting import catch_up
from server.projections.taken_steps import taken_of
from server.standing.cases import BEFORE_POLICE, FOUND, after_all, may_decide, may_follow, waits_for_release
from server.store.clock import clock_reading, today
from server.store.db import Database
from server.store.schema import cases, entries, facilities, photos, rooms
from server.store.stored_rows import StoredCase, StoredEntry
from sweep.entry import kinds
from sweep.entry.envelope import make_body
from sweep.phrases import Phrase
from sweep.report import LocalText, Source, new_id, to_json
from sweep.report.case_records import (
    CameraFound,
    CaseStep,
    DefectFound,
    HandedOver,
    LookedAt,
    NotCamera,
    Photographed,
    Reported,
    RoomCorrected,
    Seen,
    Step,
    Unchanged,
    Witnessed,
)
from sweep.report.proof_records import Identified

S = TypeVar("S", bound=BaseModel)
FREE_TEXT = ("what", "why", "why_not", "by", "to", "handed_to")
"""Fields into which people write what they like; names of office and numbers only link nowhere."""


def open_case(
    connection: Connection, server_signer: ServerSigner, person: Person, room_id: UUID, request: CaseRequest
) -> UUID:
    """Open a case that no finding opened, or find it under the id that its page made; its id.

    ApiError 404 without the room, 409 for a defect that is none and for the id of another room's case.
    """
    if connection.scalar(select(rooms.c.room_id).where(rooms.c.room_id == room_id)) is None:
        raise not_found(Phrase("room_not_found"))
    step = _reported(request.step, "person") if isinstance(request.step, SuspicionRequest) else _defect(request.step)
    case_id = request.case_id or new_id()
    known = connection.execute(select(cases.c.recorded_room_id).where(cases.c.case_id == case_id)).one_or_none()
    if known is not None:
        if known.recorded_room_id == room_id:
            return case_id
        raise ApiError(409, Phrase("case_known"))
    _open(connection, server_signer, person, step, case_id=case_id, room_id=room_id)
    return case_id


def report_strange(
    connection: Connection, server_signer: ServerSigner, person: Person, room_id: UUID, what: str
) -> None:
    """Open a case for what somebody saw who cleans there; nobody tells them what becomes of it."""
    step = _checked(Reported(step="reported", by="cleaner", what=what))
    _open(connection, server_signer, person, step, case_id=new_id(), room_id=room_id)


def open_for_inspection(
    connection: Connection,
    server_signer: ServerSigner,
    person: Person,
    room_id: UUID,
    what: str,
    case_id: UUID,
    *,
    by_eye: bool,
) -> None:
    """Open a case for what persons saw in an inspection and could not rule out; under an id that follows from it."""
    step = _checked(Reported(step="reported", by="person" if by_eye else "instrument", what=what))
    _open(connection, server_signer, person, step, case_id=case_id, room_id=room_id)


def take_public_report(
    connection: Connection, server_signer: ServerSigner, person: Person, room_id: UUID, what: str
) -> UUID:
    """Open a case for what the public reported, in the words and by the signature of who takes it over; its id."""
    case_id = new_id()
    step = _checked(Reported(step="reported", by="public", what=what))
    _open(connection, server_signer, person, step, case_id=case_id, room_id=room_id)
    return case_id


def take_step(
    connection: Connection,
    server_signer: ServerSigner,
    person: Person,
    case: StoredCase,
    request: StepRequest,
    second: Person | None,
) -> Outcome:
    """Append the next step of a case, a decision after its look, read it, and say what was recorded."""
    refuse_wrong_turn(connection, case, request)
    step = _whole(request, person, second)
    looked = None if request.seen is None else _looked(request.seen, person, second)
    history = steps_of(connection, case.case_id, case.sweep_id)
    if request.step_id is not None:
        known = _known(connection, request.step_id, step, history)
        if known is not None:
            return known
    if isinstance(step, Witnessed) and step.shown_hash not in {row.entry_hash for row, _ in history[-1:]}:
        raise ApiError(409, Phrase("hash_not_of_last_step"), code="hash_not_shown")
    if isinstance(step, RoomCorrected):
        _check_correction(connection, person, case, step)
    if isinstance(step, Unchanged):
        _refuse_who_has_spoken(person, history)
    if isinstance(step, CameraFound):
        suspend(connection, case.room_id, actor=person.display_name)
    if isinstance(step, Photographed) and step.commitment is not None:
        _check_photograph(connection, case, step.commitment)
    write = partial(
        _write,
        connection,
        server_signer,
        person,
        case_id=case.case_id,
        room_id=case.recorded_room_id,
        sweep_id=case.sweep_id,
        finding_id=case.finding_id,
        source=case.source,
    )
    if looked is not None:
        write(looked)
    return write(step, entry_id=request.step_id)


def _known(
    connection: Connection,
    step_id: UUID,
    step: Step,
    history: Sequence[tuple[StoredEntry, CaseStep]],
) -> Outcome | None:
    """The step as it was recorded before under this id; None without one, ApiError 409 when it is something else."""
    before = next(((row, said) for row, said in history if row.entry_id == step_id), None)
    if before is not None:
        row, said = before
        if said.step == step or said.step == step.model_copy(update={"second_account": None}):
            return outcome_of(row)
    elif entry_under(connection, step_id) is None:
        return None
    raise ApiError(409, Phrase("step_known"))


def refuse_wrong_turn(connection: Connection, case: StoredCase, request: StepRequest) -> None:
    """ApiError 409 for a step that cannot follow, whoever takes it: said before a second person is asked for.

    One that is recorded already and sent again passes: it is no further step.
    """
    may = may_follow if request.seen is None else may_decide
    if may(case_of_row(case), request.step.step, today()):
        return
    if request.step_id is None or entry_under(connection, request.step_id) is None:
        if waits_for_release(case_of_row(case), request.step.step):
            raise ApiError(409, words.HELD.said, code="room_not_released")
        raise wrong_turn(case)


def refuse_file(case: StoredCase) -> None:
    """ApiError 409 while there is no file of this case to hand over: no camera was found, or 112 was not called yet."""
    if case.state not in FOUND:
        raise ApiError(409, words.NO_CAMERA, code="no_camera_found")
    if case.state in BEFORE_POLICE:
        raise wrong_turn(case)


def wrong_turn(case: StoredCase) -> ApiError:
    """The refusal of a step that cannot be taken now, with what has to come first."""
    sentence, lead = words.NEXT[case.state].said, words.NOT_NOW
    both = LocalText(ko=f"{lead.ko} {sentence.ko}", en=f"{lead.en} {sentence.en}")
    return ApiError(409, both, code="not_now")


def _whole(request: StepRequest, person: Person, second: Person | None) -> Step:
    """The step with what the server knows itself; ApiError 400 or 403 when something is missing."""
    match request.step:
        case LookedAtRequest(seen=seen):
            return _looked(seen, person, second)
        case NotCameraRequest(what=what, reopens=reopens):
            opens = reopens or today() + REOPENS_AFTER
            return _checked(NotCamera(step="not_camera", what=what, reopens=opens, **_two(person, second)))
        case UnchangedRequest():
            return Unchanged(step="unchanged", reopens=today() + REOPENS_AFTER)
        case CameraRequest(was_touched=was_touched):
            return CameraFound(step="camera", was_touched=was_touched, **_two(person, second))
        case HandedOverRequest() as given:
            return _checked(HandedOver(**given.model_dump(), **_two(person, second)))
        case DefectRequest() as defect:
            return _defect(defect)
        case Photographed(commitment=None, why_not=None):
            raise invalid(Phrase("photograph_or_reason"), code="photograph_or_reason")
        case step:
            return _checked(step)


def _looked(seen: Seen, person: Person, second: Person | None) -> LookedAt:
    return LookedAt(step="looked_at", seen=seen, **_two(person, second))


class _Two(TypedDict):
    second_person: str
    second_account: str
    identified: Identified


def _two(person: Person, second: Person | None) -> _Two:
    """What a step says of the second person; ApiError 403 without one."""
    if second is None or second.user_id == person.user_id:
        raise ApiError(403, Phrase("second_person_must_confirm"), code="second_person_needed")
    return {
        "second_person": second.display_name,
        "second_account": second.account,
        "identified": identified(person, second),
    }


def _reported(request: SuspicionRequest, by: str) -> Reported:
    return _checked(Reported.model_validate({"step": "reported", "by": by, "what": request.what}))


def _defect(request: DefectRequest) -> DefectFound:
    duty = gaps.duty_of(
        request.defect,
        request.measured_mm,
        is_door=request.is_door,
        has_own_ventilation=request.has_own_ventilation,
        installed=request.installed,
    )
    if isinstance(duty, LocalText):
        raise ApiError(409, duty, code="no_defect")
    return DefectFound(
        step="defect_found",
        defect=request.defect,
        measured_mm=request.measured_mm,
        duty=duty,
        due=request.due or repair_due(request.defect, today()),
    )


def _checked(step: S) -> S:
    """The step, unless a text of it may hurt or links somewhere; ApiError 400 then, with what to write instead."""
    for name, text in step:
        if isinstance(text, str):
            (words.check_words if name in FREE_TEXT else refuse_links)(text)
    return step


def _check_correction(connection: Connection, person: Person, case: StoredCase, step: RoomCorrected) -> None:
    """ApiError for a room of another district: a case never leaves the district that has to answer for it."""
    of_room = select(facilities.c.district_id).join(rooms, rooms.c.facility_id == facilities.c.facility_id)
    found = connection.execute(of_room.where(rooms.c.room_id == step.room_id)).one_or_none()
    if found is None or (found.district_id != case.district_id and person.district_id is not None):
        raise not_found(Phrase("room_not_found"))
    if found.district_id != case.district_id:
        raise ApiError(409, Phrase("room_of_another_district"))
    if step.room_id == case.room_id:
        raise ApiError(409, Phrase("same_room"))


def _refuse_who_has_spoken(person: Person, history: Sequence[tuple[StoredEntry, CaseStep]]) -> None:
    """ApiError 409 for whoever named it or has said before that nothing changed."""
    case = after_all(taken_of(row, said) for row, said in history)
    if case is None or case.named is None or not case.named.may_say(Voice(person.display_name, person.account)):
        raise ApiError(409, Phrase("another_person_needed"), code="another_person_needed")


def _check_photograph(connection: Connection, case: StoredCase, commitment: str) -> None:
    known = select(photos.c.photo_id).where(photos.c.case_id == case.case_id, photos.c.commitment == commitment)
    if connection.scalar(known) is None:
        raise ApiError(409, Phrase("no_such_photograph"))


def _open(
    connection: Connection, server_signer: ServerSigner, person: Person, step: Step, *, case_id: UUID, room_id: UUID
) -> Outcome:
    """The first step of a case of a person's own; in a demonstration's facility it is a simulation like its sweeps."""
    of_room = select(facilities.c.is_demo).join(rooms, rooms.c.facility_id == facilities.c.facility_id)
    is_demo = connection.scalar(of_room.where(rooms.c.room_id == room_id))
    source = source_of(bool(is_demo))
    return _write(connection, server_signer, person, step, case_id=case_id, room_id=room_id, source=source)


def _write(
    connection: Connection,
    server_signer: ServerSigner,
    person: Person,
    step: Step,
    *,
    case_id: UUID,
    room_id: UUID,
    sweep_id: UUID | None = None,
    finding_id: UUID | None = None,
    source: Source = "live",
    entry_id: UUID | None = None,
) -> Outcome:
    record = CaseStep(
        v=1,
        case_id=case_id,
        finding_id=finding_id,
        step=step,
        decided=clock_reading(),
        account=person.account,
    )
    return write_for(
        connection,
        server_signer,
        person,
        kind=kinds.CASE_STEP,
        source=source,
        room_id=room_id,
        sweep_id=sweep_id,
        refs=_last_of(connection, case_id, sweep_id),
        body=make_body(kinds.CASE_STEP_TYPE, to_json(record)),
        entry_id=entry_id,
    )


def _last_of(connection: Connection, case_id: UUID, sweep_id: UUID | None) -> tuple[UUID, ...]:
    """The entry that the next step cites: the last step or, before any, the report that named the finding."""
    history = steps_of(connection, case_id, sweep_id)
    if history:
        return (history[-1][0].entry_id,)
    report = select(entries.c.entry_id).where(
        entries.c.sweep_id == sweep_id, entries.c.kind == kinds.REPORT, entries.c.status == "accepted"
    )
    entry_id = None if sweep_id is None else connection.scalar(report.order_by(entries.c.log_index).limit(1))
    return () if entry_id is None else (entry_id,)


def find_case(connection: Connection, case_id: UUID) -> StoredCase:
    """The row of a case, or of the one that it joins, beside the names of its place; ApiError 404 without one."""
    of_room = cases.outerjoin(rooms, rooms.c.room_id == cases.c.room_id)
    places = of_room.outerjoin(facilities, facilities.c.facility_id == rooms.c.facility_id)
    root = select(func.coalesce(cases.c.joins, cases.c.case_id)).where(cases.c.case_id == case_id).scalar_subquery()
    row = connection.execute(select(*CASE_COLUMNS).select_from(places).where(cases.c.case_id == root)).one_or_none()
    if row is None:
        raise not_found(Phrase("case_not_found"))
    return row


def catch_up_case(db: Database, case_id: UUID) -> None:
    """Read what is still to be read of the sweeps of a case; ApiError 404 without the case."""
    with db.read() as connection:
        root = find_case(connection, case_id).case_id
        of_case = select(cases.c.sweep_id).where(or_(cases.c.case_id == root, cases.c.joins == root))
        sweep_ids = connection.scalars(of_case.where(cases.c.sweep_id.is_not(None))).all()
    for sweep_id in sweep_ids:
        catch_up(db, sweep_id)
