"""A log in parts: documents one after the other into one ZIP, and an index that says what stands in which.

Input are a read transaction, which all parts share, and a request with the size of its parts; output is a ZIP whose
parts are whole documents of their own, made as a single one is.  Only one is in memory at a time, in what sets it, too.
The index is the first file by name and the last that is written, because it names each part by its digest.
"""

from __future__ import annotations

import gc
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from sqlalchemy import Connection

from server.exports.gathering.inspection_log import printing_for, write_log_to
from server.exports.gathering.log_parts import LogPart, parts_of
from server.exports.gathering.log_request import LogRequest
from server.exports.gathering.log_seal import seal_of
from server.exports.gathering.submission import submitted, write_submission
from server.exports.gathering.zipped import zipping
from server.exports.logs.office_paper import OfficePaper, Section, paper_hwpx, paper_pdf
from server.exports.sheets.typeset import set_apart
from server.interface.formats import Format
from server.log.submission import signed_statement
from server.projections.log_records import Printing
from server.verifier.statement import NamedFile
from server.verifier.zip_file import PARTED
from sweep.entry.dsse import Signer

TITLE = "불법촬영기기 점검일지 목차"
OF_PAPER = "각 부는 그 자체로 온전한 점검일지이며, 표지의 QR 코드로 기록과 대조합니다."
OF_SUBMISSION = "각 부는 그 자체로 온전한 제출 묶음입니다. 전체나 한 부의 확인: sweep-server verify 파일.zip"
CLOSING = (
    "모든 부는 같은 시점의 기록으로 만들었습니다. 한 점검은 한 부에만 있습니다.",
    "SHA-256은 이 묶음에 든 파일의 요약값입니다. 다르면 전자 기록이 우선합니다.",
)
DEMO_MARK = "시범 자료"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is."""

    sweeps_done: int
    sweeps: int
    parts_done: int
    parts: int


@dataclass(frozen=True, slots=True)
class _Made:
    part: LogPart
    file: NamedFile


def write_parts(
    out: BinaryIO,
    connection: Connection,
    request: LogRequest,
    made: datetime,
    signer: Callable[[], Signer],
    on_part: Callable[[Progress], None],
) -> None:
    """Write the ZIP; `signer`: asked for by a submission alone. ExportError as a single document, and `parts_of`."""
    parts = parts_of(connection, request)
    sweeps, sweeps_done = sum(len(part.sweeps) for part in parts), 0
    done: list[_Made] = []
    with set_apart(), zipping(out, made) as book:
        for part in parts:
            on_part(Progress(sweeps_done, sweeps, len(done), len(parts)))
            wanted = part.request(request)
            name, data = f"{part.number:02}_{wanted.file_name}", _document(connection, wanted, made, signer)
            book.add(name, data, is_packed=True)
            done.append(_Made(part, NamedFile.of(name, data)))
            sweeps_done += len(part.sweeps)
            del data
            gc.collect()  # a document for Hancom Office is a tree whose leaves know their stem
        on_part(Progress(sweeps_done, sweeps, len(done), len(parts)))
        index = _index(request, done, made, printing_for(connection, request, seal_of(connection)))
        is_hwpx = request.format is Format.HWPX
        name, data = ("00_index.hwpx", paper_hwpx(index)) if is_hwpx else ("00_index.pdf", paper_pdf(index))
        book.add(name, data, is_packed=True)
        if request.format is Format.ZIP:
            files = [NamedFile.of(name, data), *(one.file for one in done)]
            statement = signed_statement(signer(), submitted(connection, request, signer()), files, is_parted=True)
            book.add(PARTED, statement, is_packed=True)


def _document(connection: Connection, wanted: LogRequest, made: datetime, signer: Callable[[], Signer]) -> bytes:
    if wanted.format is Format.ZIP:
        return write_submission(connection, wanted, made, signer())
    out = io.BytesIO()
    write_log_to(out, connection, wanted, made)
    return out.getvalue()


def _index(request: LogRequest, done: Sequence[_Made], made: datetime, printing: Printing) -> OfficePaper:
    """Parts with what is in them, then facilities and rooms with where they are."""
    rooms = {key for one in done for key in one.part.rooms()}
    sweeps = sum(len(one.part.sweeps) for one in done)
    return OfficePaper(
        title=TITLE,
        english="Index of an inspection log in parts",
        printing=printing,
        made=made,
        fields=(
            ("점검 기간", f"{request.period.first} ~ {request.period.last}"),
            ("문서", f"{len(done)}부, 점검 {sweeps:,}건, 시설 {len({one for one, _ in rooms})}곳, 방 {len(rooms)}곳"),
            ("기록 상태", printing.seal),
        ),
        sections=(
            Section(
                "나눈 문서",
                (OF_SUBMISSION if request.format is Format.ZIP else OF_PAPER,),
                ("부", "파일", "기간", "시설·방", "점검", "크기", "SHA-256"),
                (0.5, 3.8, 1.8, 1.3, 0.8, 1.1, 2.9),
                [_part_line(one) for one in done],
            ),
            Section(
                "시설과 방",
                ("괄호 안은 점검 건수입니다.",),
                ("부", "시설명", "방"),
                (0.5, 3, 8),
                [line for one in done for line in _room_lines(one.part)],
            ),
        ),
        closing=CLOSING,
        mark=DEMO_MARK if any(sweep.is_demo for one in done for sweep in one.part.sweeps) else "",
        is_across=True,
    )


def _part_line(one: _Made) -> tuple[str, ...]:
    rooms = one.part.rooms()
    period = one.part.period
    return (
        str(one.part.number),
        one.file.name,
        f"{period.first} ~ {period.last}",
        f"{len({facility for facility, _ in rooms})}곳 · {len(rooms)}곳",
        f"{len(one.part.sweeps)}건",
        f"{one.file.size:,}",
        f"{one.file.sha256[:32]} {one.file.sha256[32:]}",  # two lines
    )


def _room_lines(part: LogPart) -> Iterator[tuple[str, str, str]]:
    rooms = part.rooms()
    for facility in dict.fromkeys(facility for facility, _ in rooms):
        told = ", ".join(f"{room}({count})" for (of, room), count in sorted(rooms.items()) if of == facility)
        yield str(part.number), facility, told
