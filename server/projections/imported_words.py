"""What an office's own list says of a past inspection: its header and its words in the log, and where its original is.

Input are an imported inspection and the last citation of its original; output are records and lines for people.  No
name of an inspector is in them: names stand beside documents alone (server/people/original_names.py).
"""

from __future__ import annotations

from datetime import UTC, datetime, time

from server.interface.told import either
from server.interface.views.sweeps import ImportedView
from server.interface.words import IMPORTED, KST
from server.projections.log_records import Original, SweepHeader
from server.projections.sweep_record import SweepRecord
from sweep.phrases import Language, Phrase
from sweep.report import ClockReading
from sweep.report.imported_records import InspectionCited, InspectionImported


def imported_header(record: SweepRecord, said: InspectionImported) -> SweepHeader:
    """What is known of it: the day and time of the list, and nobody who was there."""
    row = record.inspection_row
    if row is None or row.room_id is None:
        raise ValueError(Phrase("sweep_without_line"))
    at = time() if said.at is None else time.fromisoformat(said.at)
    when = datetime.combine(said.day, at, KST).astimezone(UTC)
    return SweepHeader(
        sweep_id=said.sweep_id,
        room_id=row.room_id,
        source=row.source,
        mode="imported" if record.citation is None else "cited",
        inspectors=(),
        probe_id="",
        started=ClockReading(utc=when, synchronised=False, max_error_ms=None),
        ended=None,
        declared_empty=None,
        received=record.received,
    )


def original_of(said: InspectionImported, cited: InspectionCited | None) -> Original:
    """The words of its list."""
    return Original(
        method=said.method_words,
        result=said.result_words,
        persons=said.persons,
        has_time=said.at is not None,
        document=said.document or "",
        cited="" if cited is None else cited.document,
    )


def document_words(original: Original, language: Language = "ko") -> str:
    """Where its original is, and whether anybody looked there."""
    if original.cited:
        return either(language, f"원본 {original.cited} 확인함", f"original {original.cited} seen")
    number = original.document or either(language, "없음", "none")
    return either(
        language, f"원본 확인 전(목록의 문서번호 {number})", f"original not seen yet (number in the list: {number})"
    )


def reason_words(original: Original, language: Language = "ko") -> str:
    """On what its result stands."""
    said = either(language, "목록에 적힌 결과", "Result in the list")
    return f"{said}: {original.result} · {document_words(original, language)}"


def imported_view(record: SweepRecord, *, has_names: bool) -> ImportedView | None:
    """The same for the page; None for everything else."""
    row, said = record.inspection_row, record.imported
    if row is None or said is None:
        return None
    cited = record.citation
    return ImportedView(
        said=said,
        words=IMPORTED,
        entry_hash=row.entry_hash,
        imported_by=row.subject or "",
        has_names=has_names,
        cited=None if cited is None else cited[1].document,
        cited_by=None if cited is None else cited[0].subject,
        cited_at=None if cited is None else cited[1].cited.utc,
    )
