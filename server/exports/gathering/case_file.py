"""The file of a found camera for whoever investigates: its record on paper, and the proof of it in one ZIP.

Input are a case with its steps, a read transaction and the server's key; output are the bytes of the file, which
`verify` checks without this server (sweep/LOG.md).  What was measured goes along only as far as a recorded request of
the police asks for it; a photograph stays sealed, and the evidence officer gives out the plain picture.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, select

from server.exports.gathering.inspection_log import no_progress, printing_of
from server.exports.gathering.log_request import LogRequest
from server.exports.gathering.zipped import named_files, zipped
from server.exports.sheets.case_sheet import ArrowedPhoto, CaseSheet, PrintedStep, case_sheet
from server.log.case_file import CASE_FILE_TYPE, STATEMENT, case_lines
from server.log.heads import Heads
from server.log.proven_records import RECORDS, signed_statement
from server.places.rooms import room_summary
from server.projections.case_rows import steps_of
from server.projections.log_records import ExportError
from server.projections.photo_rows import head_of, told_of
from server.store.clock import from_ms
from server.store.schema import cases, photos
from server.store.stored_rows import StoredEntry
from sweep.entry.dsse import Signer
from sweep.phrases import Phrase
from sweep.report.case_records import CaseStep, PoliceAsked, Wanted

READ_ME = "README.txt"
SHEET = "case.pdf"
WORDS = """\
불법촬영 의심기기 확인 건 기록 묶음

case.pdf       확인 건 기록(종이로 넘기고 서명할 때 씁니다)
records.jsonl  서명된 기록과, 기록 원장에 들어 있다는 증명
case.json      이 파일들의 이름과 해시, 서버의 서명

확인: sweep-server verify 이-파일.zip   (또는 python -m server.verifier 이-파일.zip)
기기 주소와 무선 기록, 사진은 경찰이 문서로 요청한 것으로 기록된 것만 들어 있습니다. 사진은 봉인된 채로 들어 있고,
풀린 사진은 증거담당자가 따로 넘깁니다. verify가 말하는 SHA-256과 맞추어 보십시오.

Records of a case, for whoever investigates. Check with: sweep-server verify THIS-FILE.zip
Addresses, radio records and photographs are here only as far as the police asked for them in writing and it was
recorded. A photograph is sealed; the evidence officer hands out the picture, whose SHA-256 verify tells.
"""


def asked_for(steps: Sequence[tuple[StoredEntry, CaseStep]]) -> tuple[Wanted, ...]:
    """What the police asked for in writing, as the steps of a case record it; in alphabetical order."""
    found = {one for _, step in steps if isinstance(step.step, PoliceAsked) for one in step.step.wanted}
    return tuple(sorted(found))


def write_case_file(
    connection: Connection,
    wanted: LogRequest,
    made: datetime,
    signer: Signer,
    on_record: Callable[[int, int], None] = no_progress,
) -> bytes:
    """The ZIP of the case that `wanted` names; `made` is an aware time, `on_record` as in `case_lines`.

    ExportError when it is gone, FontsMissingError without Nanum Gothic.
    """
    case = connection.execute(select(cases).where(cases.c.case_id == wanted.case_id)).one_or_none()
    if case is None:
        raise ExportError(Phrase("no_such_case"))
    steps = steps_of(connection, case.case_id, case.sweep_id)
    asked = asked_for(steps)
    printing = printing_of(connection, wanted.organisation, wanted.requested_by, document_no="")
    is_moved = case.room_id != case.recorded_room_id
    sheet = CaseSheet(
        case_id=str(case.case_id),
        organisation=printing.organisation,
        place=_place(connection, case.room_id),
        recorded_place=_place(connection, case.recorded_room_id) if is_moved else None,
        source=case.source,
        asked=asked,
        requested_by=wanted.requested_by,
        reason=wanted.reason,
        steps=[
            PrintedStep(step.step, row.subject, from_ms(row.received_ms), row.log_index, row.entry_hash)
            for row, step in steps
        ],
        photographs=_with_arrows(connection, wanted.case_id),
        approval=printing.approval,
    )
    files = {READ_ME: WORDS.encode(), SHEET: case_sheet(sheet, made)}
    files[RECORDS] = b"".join(case_lines(connection, case, [row.log_index for row, _ in steps], asked, on_record))
    heads = Heads(signer)
    about = {"origin": heads.origin(connection), "case_id": str(case.case_id)}
    files[STATEMENT] = signed_statement(signer, CASE_FILE_TYPE, about, heads.note(connection), named_files(files))
    return zipped(files, made)


def _with_arrows(connection: Connection, case_id: UUID | None) -> list[ArrowedPhoto]:
    """The photographs of a case over which somebody drew, without a picture."""
    of_case = select(photos).where(photos.c.case_id == case_id).order_by(photos.c.log_index)
    found = []
    for row in connection.execute(of_case).all():
        told, head = told_of(connection, row.log_index), head_of(connection, row.commitment)
        if told is not None and told.arrows:
            sha256 = None if head is None else head.plain_sha256
            printed = ArrowedPhoto(
                told.width_px, told.height_px, told.arrows, row.person, from_ms(row.taken_ms), row.log_index, sha256
            )
            found.append(printed)
    return found


def _place(connection: Connection, room_id: UUID) -> str:
    room = room_summary(connection, room_id)
    if room is None:
        return ""
    number = f" ({room.facility_code})" if room.facility_code else ""
    return f"{room.facility_name.ko}{number}, {room.room_name.ko}"
