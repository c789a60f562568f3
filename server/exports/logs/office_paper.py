"""A document of an office in its plain shape: number and approval boxes, fields, sections of tables, room to sign.

Input are texts and rows; output are the bytes of a PDF/A or of a document for Hancom Office that says the same.  Texts
are data for the template and never its source.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from server.exports.logs.hwpx_paper import Cell, Paper, approval_boxes, head
from server.exports.sheets.fonts import FONT_FOLDERS, find_typeface
from server.exports.sheets.typeset import printable, set_pdf
from server.interface.words import NOT_RECORDED, kst
from server.projections.log_records import Printing


@dataclass(frozen=True, slots=True)
class Section:
    """A numbered part: sentences, then perhaps a table."""

    title: str
    lines: Sequence[str] = ()
    heads: Sequence[str] = ()
    widths: Sequence[float] = ()
    """Of the columns, as shares."""
    rows: Sequence[Sequence[str]] = ()
    empty: str = "해당 없음"
    """Printed instead of a table without rows."""


@dataclass(frozen=True, slots=True)
class OfficePaper:
    """What stands on it."""

    title: str
    english: str
    printing: Printing
    made: datetime
    """An aware time."""
    fields: Sequence[tuple[str, str]]
    sections: Sequence[Section]
    closing: Sequence[str] = ()
    """Small print at the end."""
    signing: Sequence[tuple[str, str]] = ()
    """Role and name of whoever signs."""
    mark: str = ""
    """Watermark of a demonstration."""
    is_across: bool = False
    """On A4 across, where the tables are wide."""


def paper_pdf(paper: OfficePaper, *, font_folders: Sequence[Path] = FONT_FOLDERS) -> bytes:
    """As PDF; raises FontsMissingError without Nanum Gothic."""
    typeface = find_typeface(font_folders)
    printing = paper.printing
    data = {
        "title": paper.title,
        "english": paper.english,
        "organisation": printing.organisation,
        "document_no": printing.document_no,
        "approval": list(printing.approval),
        "requested_by": printing.requested_by or NOT_RECORDED,
        "made": kst(paper.made),
        "fields": [list(one) for one in paper.fields],
        "sections": [
            {
                "title": one.title,
                "lines": list(one.lines),
                "heads": list(one.heads),
                "widths": list(one.widths),
                "rows": [list(row) for row in one.rows],
                "empty": one.empty,
            }
            for one in paper.sections
        ],
        "closing": list(paper.closing),
        "signing": [list(one) for one in paper.signing],
        "mark": paper.mark,
        "is_across": paper.is_across,
    }
    return set_pdf("office_paper.typ", printable(data, typeface), paper.made, typeface, standard="a-2a")


def paper_hwpx(paper: OfficePaper) -> bytes:
    """For Hancom Office."""
    printing = paper.printing
    out = Paper(paper.title, printing.organisation, printing.requested_by or NOT_RECORDED, kst(paper.made))
    out.line(f"기관명: {printing.organisation}", "bold")
    if printing.document_no:
        out.line(f"문서번호: {printing.document_no}")
    approval_boxes(out, printing.approval)
    out.line(paper.title, "title", align="CENTER")
    if paper.mark:
        out.line(paper.mark, "alarm", align="CENTER")
    out.table((26, 154), [[head(name), Cell(value)] for name, value in paper.fields])
    for number, section in enumerate(paper.sections, start=1):
        out.line(f"{number}. {section.title}", "bold")
        for line in section.lines:
            out.line(line)
        if section.rows:
            share = 180 / sum(section.widths)
            out.long_table([width * share for width in section.widths], section.heads, section.rows)
        elif section.heads:
            out.line(section.empty)
    for line in paper.closing:
        out.line(line, "small")
    if paper.signing:
        top = [head(word) for word in ("구분", "성명 또는 점검자 번호", "서명", "일시")]
        out.table(
            (30, 60, 50, 40),
            [top, *([head(role), Cell(who or " "), Cell("(서명)"), Cell(" ")] for role, who in paper.signing)],
        )
    return out.to_bytes()
