"""What a Pi's server said in persons' names and they have not proven yet, one entry each, as people see it."""

from __future__ import annotations

from sqlalchemy import Connection

from server.cases.proving import provers_of_note, provers_of_step, provers_of_verdict, second_of
from server.interface.views.cases import ClaimView
from server.projections.proof_rows import Claim, proven_among
from server.store.clock import from_ms
from server.store.stored_bodies import bodies_of
from server.store.stored_rows import StoredEntry
from sweep.entry import kinds
from sweep.report import ContractError, Disposition, parse_json
from sweep.report.case_records import CaseStep
from sweep.report.visit_records import VisitNote


def claim_of(connection: Connection, row: StoredEntry) -> Claim | None:
    """An entry of `unproven` as a claim; None when it waits for nobody or its body is away."""
    what = _read(connection, row)
    match what:
        case Disposition():
            needed, second = provers_of_verdict(what), None
        case CaseStep():
            needed, second = provers_of_step(what.step, opens=False), second_of(what.step)
        case VisitNote():
            needed, second = provers_of_note(what), None
        case _:
            return None
    missing = proven_among(connection, [row]).missing(row, needed, second)
    return Claim(row, what, missing) if missing else None


def claim_view(claim: Claim) -> ClaimView:
    """A claim as people see it."""
    row = claim.row
    return ClaimView(
        entry_id=row.entry_id,
        log_index=row.log_index,
        entry_hash=row.entry_hash,
        key_id=row.key_id,
        kind=row.kind,
        says=_word(claim.what),
        room_id=row.room_id,
        sweep_id=row.sweep_id,
        person=row.subject,
        missing=claim.missing,
        received=from_ms(row.received_ms),
    )


def _word(what: object) -> str:
    """The verdict, the step or what a note says, as its code."""
    match what:
        case Disposition():
            return what.verdict
        case CaseStep():
            return what.step.step
        case VisitNote():
            return what.by_eye
        case _:
            return ""


def _read(connection: Connection, row: StoredEntry) -> Disposition | CaseStep | VisitNote | None:
    for body in bodies_of(connection, row.log_index):
        if body.data is None:
            continue
        try:
            match body.media_type:
                case kinds.DISPOSITION_TYPE:
                    return parse_json(Disposition, body.data)
                case kinds.CASE_STEP_TYPE:
                    return parse_json(CaseStep, body.data)
                case kinds.VISIT_NOTED_TYPE:
                    return parse_json(VisitNote, body.data)
                case _:
                    pass
        except ContractError:
            return None
    return None
