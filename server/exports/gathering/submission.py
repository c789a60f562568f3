"""The monthly submission of a district to the city: its documents and their proof in one ZIP that `verify` checks.

Input are a log request of a period, a read transaction and the server's key; output are the bytes of the file.  It
holds the summary as PDF, HWPX and workbook, the log as JSON, the records that each line stands on, and a statement
signed by the server (sweep/LOG.md).  No body of a report goes along: no address, name or photograph.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, select

from server.exports.gathering.inspection_log import no_progress, write_log_to
from server.exports.gathering.log_request import LogRequest, wanted_sweeps
from server.exports.gathering.zipped import named_files, zipped
from server.interface.formats import Format
from server.log.heads import Heads
from server.log.submission import RECORDS, STATEMENT, Submitted, record_lines, signed_statement
from server.projections.log_records import ExportError
from server.store.schema import sweeps
from sweep.entry.dsse import Signer
from sweep.phrases import Phrase

FORMATS = tuple(one for one in Format if one.about.is_submitted)
MAX_SWEEPS = 5_000  # as many as the printed summary holds
READ_ME = "README.txt"
WORDS = """\
불법촬영기기 점검 월별 제출 묶음

점검일지(요약표)와, 그 한 줄 한 줄이 근거로 삼는 서명된 기록의 증명이 들어 있습니다.
확인: sweep-server verify 이-파일.zip   (또는 python -m server.verifier 이-파일.zip)
종이의 QR 확인: 뒤에 --entry 'QR 글'을 붙입니다.
기기 주소, 이름, 사진, 보고서 본문은 들어 있지 않습니다. 다르면 전자 기록이 우선합니다.

Monthly submission of inspections for covert recording devices. The documents are copies; the records are signed.
Check with: sweep-server verify THIS-FILE.zip, and a paper's QR code with --entry 'TEXT OF THE CODE' after it.
"""


def write_submission(
    connection: Connection,
    request: LogRequest,
    generated: datetime,
    signer: Signer,
    *,
    on_sweep: Callable[[int, int], None] = no_progress,
) -> bytes:
    """The file; raises ExportError for a single room or sweep, and for more sweeps than a summary holds."""
    if request.room_id is not None or request.sweep_id is not None:
        raise ExportError(Phrase("submission_needs_whole_period"))
    wanted = select(sweeps.c.sweep_id).where(wanted_sweeps(request))
    sweep_ids = connection.scalars(wanted.order_by(sweeps.c.sweep_id).limit(MAX_SWEEPS + 1)).all()
    if len(sweep_ids) > MAX_SWEEPS:
        raise ExportError(Phrase("too_many_sweeps_in_period", most=MAX_SWEEPS))
    files = {READ_ME: WORDS.encode()}
    for format_ in FORMATS:
        part, out = replace(request, format=format_, may_name=False), io.BytesIO()
        write_log_to(out, connection, part, generated, on_sweep=on_sweep)
        files[part.file_name] = out.getvalue()
    files[RECORDS] = b"".join(record_lines(connection, sweep_ids))
    files[STATEMENT] = signed_statement(signer, submitted(connection, request, signer), named_files(files))
    return zipped(files, generated)


def submitted(connection: Connection, request: LogRequest, signer: Signer) -> Submitted:
    """What the statement is about, under a head of the log as it is."""
    heads, period = Heads(signer), request.period
    return Submitted(heads.origin(connection), request.district_id, period.first, period.last, heads.note(connection))
