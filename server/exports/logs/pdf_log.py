"""The inspection log as PDF: a cover with totals and one line a sweep, or the sheets of single sweeps.

Input is rows or pages, the period and the time of making, output the bytes of a PDF set by Typst in Nanum Gothic:
PDF/A-2a, tagged, with the maps in words for screen readers.  A sweep's first sheet is the form that an office files,
the next ones are what the equipment says.  Texts reach the template as JSON strings, so no text of a report can be
markup; characters that the font lacks are spelled out, and PDF/A is never written with a missing glyph.  Same input,
same bytes.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from server.exports.columns import decision_words, occasion_words
from server.exports.logs.quarter_report import LAW
from server.exports.place_parts import floor_words, sex_words, stalls_words
from server.exports.printed.map import Tree
from server.exports.printed.sweep import printed_sweep, short
from server.exports.results import equipment_word, measures_words, not_judged
from server.exports.sheets.fonts import FONT_FOLDERS, find_typeface
from server.exports.sheets.proof import proof_line, proof_qr
from server.exports.sheets.typeset import printable, set_pdf
from server.interface.fields import IMPORTED_AS, INSPECTED_WITH
from server.interface.words import (
    EQUIPMENT,
    KST,
    MODES,
    NOT_RECORDED,
    PERSONS,
    SOURCES,
    demo_notice,
    kst,
)
from server.projections.log_records import Document, ExportError, LogRow, Period, Printing, SweepPage
from server.store.counting import REAL
from sweep.phrases import Phrase
from sweep.report import LocalText

TITLE = "불법촬영기기 점검일지"
MEASURED = tuple(code for code in EQUIPMENT if code != "not_measured")
"""Results of a measurement: what persons inspected otherwise has a line of its own."""
MAX_SWEEPS = 50  # measured: 7 to 9 MiB of memory and 0.1 s a sweep beside 140 MiB, of export_memory_mib
MAX_LINES = 5_000  # measured: a month of the largest district has 2,000, 3 ms and 0.1 MiB each


def write(out: BinaryIO, document: Document) -> None:
    """The summary of a period, with the sheets of its sweeps where they are asked for, or one sweep alone."""
    period, generated, printing = document.period, document.generated, document.printing
    if document.pages is None:
        out.write(render_list(tuple(document.rows), period, generated, printing=printing))
    elif document.is_alone:
        out.write(render_sheet(document.pages[0], generated, printing=printing))
    else:
        out.write(render_pdf(document.pages, period, generated, printing=printing))


def render_pdf(
    pages: Sequence[SweepPage],
    period: Period,
    generated: datetime,
    *,
    printing: Printing | None = None,
    font_folders: Sequence[Path] = FONT_FOLDERS,
) -> bytes:
    """Cover, list and the sheets of each sweep; `generated` is an aware time and the only clock.

    Raises ExportError for more than `MAX_SWEEPS` sweeps, FontsMissingError without Nanum Gothic.
    """
    if len(pages) > MAX_SWEEPS:
        raise ExportError(Phrase("document_too_many_sweeps", count=len(pages), most=MAX_SWEEPS))
    printing = printing or Printing()
    log = printed_log([page.row for page in pages], period, generated, printing)
    log["sweeps"] = [printed_sweep(page, number, printing) for number, page in enumerate(pages, start=1)]
    return _set(log, generated, font_folders)


def render_list(
    rows: Sequence[LogRow],
    period: Period,
    generated: datetime,
    *,
    printing: Printing | None = None,
    font_folders: Sequence[Path] = FONT_FOLDERS,
) -> bytes:
    """Cover and list alone: the summary of a period. Raises as `render_pdf`, for more than `MAX_LINES` rows."""
    if len(rows) > MAX_LINES:
        raise ExportError(Phrase("document_too_many_sweeps", count=len(rows), most=MAX_LINES))
    return _set(printed_log(rows, period, generated, printing or Printing()), generated, font_folders)


def render_sheet(
    page: SweepPage,
    generated: datetime,
    *,
    printing: Printing | None = None,
    font_folders: Sequence[Path] = FONT_FOLDERS,
) -> bytes:
    """One sweep alone: its form, then what the equipment says. Raises FontsMissingError without Nanum Gothic."""
    day = page.row.header.counted_start.astimezone(KST).date()
    printing = printing or Printing()
    log = printed_log([page.row], Period(day, day), generated, printing)
    log["sweeps"], log["has_cover"] = [printed_sweep(page, 1, printing)], False
    return _set(log, generated, font_folders)


def _set(log: Tree, generated: datetime, font_folders: Sequence[Path]) -> bytes:
    """The tree as PDF."""
    typeface = find_typeface(font_folders)
    return set_pdf("inspection_log.typ", printable(log, typeface), generated, typeface, standard="a-2a")


def printed_log(rows: Sequence[LogRow], period: Period, generated: datetime, printing: Printing) -> Tree:
    """What stands on the cover and in the list, as dicts, lists, strings and numbers; no sheet of a sweep."""
    digest = record_digest(rows)
    proof = proof_line("records", digest, printing.proof)
    return {
        "title": TITLE,
        "period": f"{period.first} ~ {period.last}",
        "generated": kst(generated),
        "organisation": printing.organisation,
        "document_no": printing.document_no,
        "approval": list(printing.approval),
        "has_names": bool(printing.names),
        "requested_by": printing.requested_by or NOT_RECORDED,
        "reason": printing.reason or NOT_RECORDED,
        "persons_words": [{"code": code, "word": words.ko} for code, words in PERSONS.items()],
        "equipment_words": [{"code": code, "word": words.ko} for code, words in EQUIPMENT.items() if code in MEASURED],
        "totals": totals_of(rows),
        "lines": [printed_line(row, number, printing) for number, row in enumerate(rows, start=1)],
        "has_demo": any(row.is_demo for row in rows),
        "has_cover": True,
        "law": LAW,
        "cover_mark": _cover_mark(rows),
        "digest": digest,
        "proof": {"line": proof, "qr": proof_qr(proof)},
        "seal": printing.seal,
        "sweeps": [],
    }


def _cover_mark(rows: Sequence[LogRow]) -> str:
    """Watermark of the cover: the kind of record when all are of one kind that is no measurement."""
    kinds = {row.header.source for row in rows}
    if kinds <= {REAL}:
        return ""
    if len(kinds) == 1:
        return SOURCES[kinds.pop()].ko
    return "실제 점검 아님 포함" if REAL in kinds else "실제 점검 아님"


def record_digest(rows: Sequence[LogRow]) -> str:
    """SHA-256 over the record hashes of the rows, sorted, each followed by a newline: what this paper stands on."""
    hashes = sorted(row.entry_hash for row in rows if row.entry_hash is not None)
    return hashlib.sha256("".join(f"{value}\n" for value in hashes).encode()).hexdigest()


def totals_of(rows: Sequence[LogRow]) -> list[Tree]:
    """Counts by kind of record and result; a replay or simulation, or what persons inspected with other instruments, is
    never added to the measurements.
    """
    totals = []
    for source, words, word, of_source in _kinds_of(rows):
        equipment = Counter[str](row.equipment_result for row in of_source)
        persons = Counter[str](row.persons for row in of_source)
        totals.append(
            {
                "word": word,
                "english": words.en,
                "is_demo": source != REAL,
                "persons": [persons[code] for code in PERSONS],
                "equipment": [equipment[code] for code in MEASURED],
                "total": len(of_source),
                "candidates": sum(len(row.places_to_inspect) for row in of_source),
                "zones": sum(row.zones_total for row in of_source),
                "not_judged": sum(map(not_judged, of_source)),
            }
        )
    return totals


def _kinds_of(rows: Sequence[LogRow]) -> Iterator[tuple[str, LocalText, str, Sequence[LogRow]]]:
    """Source, its words, what is printed, and the rows: always the measurements, and what else there is."""
    for source, words in SOURCES.items():
        of_source = [row for row in rows if row.header.source == source]
        if source != REAL:
            if of_source:
                yield source, words, demo_notice(of_source[0].header.source), of_source
            continue
        without_probe = (*INSPECTED_WITH, *IMPORTED_AS)
        yield source, words, "실측 점검", [row for row in of_source if row.header.mode not in without_probe]
        for mode in without_probe:
            of_mode = [row for row in of_source if row.header.mode == mode]
            if of_mode:
                what = "" if mode in IMPORTED_AS else " 점검"
                yield source, MODES[mode], f"{MODES[mode].ko}{what}(측정기록 없음)", of_mode


def printed_line(row: LogRow, number: int, printing: Printing) -> Tree:
    """One line of the list; `number` counts from 1."""
    where = (sex_words(row.place.sex), floor_words(row.place.floor), stalls_words(row.stalls or row.place.stalls))
    return {
        "number": number,
        "when": kst(row.header.counted_start)[: 16 if row.has_time else 10],
        "facility": short(row.place.facility_name.ko),
        "facility_number": row.place.facility_number or NOT_RECORDED,
        "room": short(row.place.room_name.ko),
        "where": " · ".join(part for part in where if part),
        "occasion": [occasion_words(row), MODES[row.header.mode].ko, *(["사후 입력"] if row.typed_from else [])],
        "inspectors": printing.who_of(row),
        "companions": ", ".join(row.hand.companions),
        "persons": PERSONS[row.persons].ko,
        "persons_code": row.persons,
        "equipment": equipment_word(row),
        "equipment_code": row.equipment_result,
        "candidates": f"{len(row.places_to_inspect)}",
        "dispositions": decision_words(row),
        "measures": measures_words(row) or NOT_RECORDED,
        "confirmed_by": row.hand.confirmed_by or NOT_RECORDED,
        "reach": row.reach,
        "not_judged": f"{not_judged(row)}/{row.zones_total}",
        "source": SOURCES[row.header.source].ko,
        "is_demo": row.is_demo,
    }
